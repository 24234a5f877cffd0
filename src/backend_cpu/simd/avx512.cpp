// SPDX-License-Identifier: Apache-2.0
#define FLASHRNN_ISA ::flashrnn::cpu::Isa::kAvx512
#define FLASHRNN_ISA_NAMESPACE isa_avx512
#define FLASHRNN_ISA_ARCH xsimd::avx512bw
#include "backend_cpu/simd/builtin_cells.hpp"
#include "backend_cpu/simd/isa_table.hpp"

namespace flashrnn::cpu {

static constexpr IsaKernels kTable = FLASHRNN_ISA_NAMESPACE::make_isa_table();
const IsaKernels* const kAvx512Kernels = &kTable;
const CellKernels* const kAvx512Cells = FLASHRNN_ISA_NAMESPACE::kBuiltinCells;

}  // namespace flashrnn::cpu

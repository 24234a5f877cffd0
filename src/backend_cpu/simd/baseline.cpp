// SPDX-License-Identifier: Apache-2.0
#define FLASHRNN_ISA ::flashrnn::cpu::Isa::kBaseline
#define FLASHRNN_ISA_NAMESPACE isa_baseline
#define FLASHRNN_ISA_ARCH xsimd::sse2
#include "backend_cpu/simd/builtin_cells.hpp"
#include "backend_cpu/simd/isa_table.hpp"

namespace flashrnn::cpu {

static constexpr IsaKernels kTable = FLASHRNN_ISA_NAMESPACE::make_isa_table();
const IsaKernels* const kBaselineKernels = &kTable;
const CellKernels* const kBaselineCells = FLASHRNN_ISA_NAMESPACE::kBuiltinCells;

}  // namespace flashrnn::cpu

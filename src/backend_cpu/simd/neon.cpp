// SPDX-License-Identifier: Apache-2.0
#define FLASHRNN_ISA ::flashrnn::cpu::Isa::kNeon
#define FLASHRNN_ISA_NAMESPACE isa_neon
#define FLASHRNN_ISA_ARCH xsimd::neon64
#include "backend_cpu/simd/builtin_cells.hpp"
#include "backend_cpu/simd/isa_table.hpp"

namespace flashrnn::cpu {

static constexpr IsaKernels kTable = FLASHRNN_ISA_NAMESPACE::make_isa_table();
const IsaKernels* const kNeonKernels = &kTable;
const CellKernels* const kNeonCells = FLASHRNN_ISA_NAMESPACE::kBuiltinCells;

}  // namespace flashrnn::cpu

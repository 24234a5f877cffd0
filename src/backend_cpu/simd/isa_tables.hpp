// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/kernel_args.hpp"

namespace flashrnn::cpu {

/// The kernels of `isa`; null when this build has none. Whether the processor runs them: isa_usable().
const IsaKernels* isa_kernels(Isa isa);

/// One table per translation unit of an instruction set.
extern const IsaKernels* const kBaselineKernels;
extern const IsaKernels* const kNeonKernels;
extern const IsaKernels* const kAvx2Kernels;
extern const IsaKernels* const kAvx512Kernels;
extern const IsaKernels* const kAvx512Bf16Kernels;

/// The built-in cells in the order lstm, gru, gru_reset_before, elman, elman_relu, slstm.
inline constexpr int kBuiltinCellCount = 6;
extern const CellKernels* const kBaselineCells;
extern const CellKernels* const kNeonCells;
extern const CellKernels* const kAvx2Cells;
extern const CellKernels* const kAvx512Cells;

}  // namespace flashrnn::cpu

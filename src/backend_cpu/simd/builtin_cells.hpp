// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/isa_tables.hpp"
#include "backend_cpu/simd/pointwise.hpp"
#include "common/cell/elman.hpp"
#include "common/cell/gru.hpp"
#include "common/cell/lstm.hpp"
#include "common/cell/slstm.hpp"

namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

/// In the order that isa_tables.hpp gives.
inline constexpr CellKernels kBuiltinCells[kBuiltinCellCount] = {
    make_cell_kernels<cell::Lstm>(),  make_cell_kernels<cell::Gru>(),       make_cell_kernels<cell::GruResetBefore>(),
    make_cell_kernels<cell::Elman>(), make_cell_kernels<cell::ElmanRelu>(), make_cell_kernels<cell::Slstm>()};

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE

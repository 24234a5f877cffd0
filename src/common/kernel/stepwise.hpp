// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// One launch for each step: a tiled product, its operands through a ring in shared memory, the cell in its epilogue.
/// Tile fields: warp_k_tiles is a warp's share of one stage; nothing of R stays. Backward, `gates` of Needs is 1: the
/// columns are units. The numbers are those of stepwise.constrint.
namespace flashrnn::kernel::stepwise {

constexpr std::int64_t owned_tiles(const Tile& t) { return ceil_div(t.row_tiles * t.warp_unit_tiles, t.k_warps); }

constexpr std::int64_t registers(const Instruction& i, const Needs& n, const Tile& t) {
  return kFixedRegisters + 2 * i.a_registers + 4 * i.b_registers +
         n.gates * t.warp_unit_tiles * t.row_tiles * i.c_registers + owned_tiles(t) * n.states * i.c_registers;
}

constexpr std::int64_t shared_bytes(const Instruction& i, const Needs& n, const Tile& t) {
  const std::int64_t rows = t.row_tiles * i.rows;
  const std::int64_t columns = n.gates * t.block_unit_tiles * i.units;
  const std::int64_t row_bytes = t.k_warps * t.warp_k_tiles * i.k * n.element_bytes + kRowPadding;
  const std::int64_t partial =
      4 * (t.k_warps - 1) * t.unit_warps * t.row_tiles * n.gates * t.warp_unit_tiles * i.c_registers * i.lanes;
  return kBarrierBytes + t.stages * row_bytes * (rows + columns) + partial;
}

}  // namespace flashrnn::kernel::stepwise

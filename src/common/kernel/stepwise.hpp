// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// What the stepwise kernels take. One launch for each step: a tiled product, both operands through a ring in shared
/// memory, the cell behind it. Of a Tile, group_blocks, block_heads, register_k and shared_k are without meaning, and
/// warp_k_tiles is a warp's share of one stage. Backward, `gates` of Needs is 1: a row of R transposed is a unit. The
/// numbers are those of stepwise.constrint.
namespace flashrnn::kernel::stepwise {

/// Between the rows of sums, against bank conflicts, in floats.
inline constexpr device::Int64 kSumPadding = 4;

/// What the compiler keeps beside operands and sums: the addresses of the copies most of all.
inline constexpr device::Int64 kStepwiseRegisters = 60;

/// Of so many cells of a thread what they need is loaded before the product, of more cell by cell behind it.
inline constexpr device::Int64 kMostEarlyCells = 4;

/// Cells of a thread.
constexpr device::Int64 thread_cells(const Instruction& i, const Needs& n, const Tile& t) {
  const device::Int64 cells = t.row_tiles * i.rows * t.block_unit_tiles * unit_tile(i, n.gates);
  return ceil_div(cells, i.lanes * t.unit_warps * t.k_warps);
}

/// Gates of the larger product of a step, whole matrix tiles of them.
constexpr device::Int64 tile_gates(const Instruction& i, const Needs& n) {
  const device::Int64 most = max_of(n.gates - n.second_stage_gates, n.second_stage_gates);
  const device::Int64 of_tile = gates_per_tile(i, n.gates);
  return ceil_div(most, of_tile) * of_tile;
}

/// Registers of a thread: an estimate from above.
constexpr device::Int64 registers(const Instruction& i, const Needs& n, const Tile& t) {
  const device::Int64 tiles = tile_gates(i, n) / gates_per_tile(i, n.gates) * t.warp_unit_tiles;
  return kStepwiseRegisters + i.r_registers + t.row_tiles * i.h_registers + tiles * t.row_tiles * i.sum_registers;
}

constexpr device::Int64 shared_bytes(const Instruction& i, const Needs& n, const Tile& t) {
  const device::Int64 rows = t.row_tiles * i.rows;
  const device::Int64 columns = tile_gates(i, n) * t.block_unit_tiles * unit_tile(i, n.gates);
  const device::Int64 depth_bytes = t.k_warps * t.warp_k_tiles * i.k * n.element_bytes;
  return max_of(t.stages * (depth_bytes + kRowPadding) * (columns + rows),
                4 * t.k_warps * rows * (columns + kSumPadding));
}

}  // namespace flashrnn::kernel::stepwise

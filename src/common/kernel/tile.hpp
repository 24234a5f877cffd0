// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile.hpp"

/// How a kernel cuts its work, and what that takes. The planner chooses a Tile; the kernel is instantiated with it and
/// asserts that its shared-memory struct and registers are what the functions here say. The same figures stand as
/// constraints in the .constrint files beside this one.
namespace flashrnn::kernel {

/// One matrix instruction of a warp: [gate_rows, k] x [k, rows]. R (forward) or R transposed (backward) is its first
/// operand, h or the gates' gradients of some rows of the batch its second.
struct Instruction {
  device::Int64 gate_rows = 16;  ///< M: gates x units
  device::Int64 rows = 8;        ///< N: rows of the batch
  device::Int64 k = 16;
  /// 32-bit registers of a lane for R's operand, h's operand and the sum.
  device::Int64 r_registers = 4;
  device::Int64 h_registers = 2;
  device::Int64 sum_registers = 4;
  device::Int64 lanes = 32;
  /// A lane that holds row r of a sum holds row r + gate_rows / 2 of it too. Then a tile can be two gates of the same
  /// units, one in each half, and a lane still has all gates of its cells.
  bool holds_both_halves = true;

  bool operator==(const Instruction&) const = default;
};

/// The instruction that a matrix tile of common/device stands for.
template <device::MatrixTile T>
constexpr Instruction instruction_of() {
  constexpr int kInputBytes = sizeof(typename T::Input);
  Instruction i;
  i.gate_rows = T::kM;
  i.rows = T::kN;
  i.k = T::kK;
  i.r_registers = (T::kA * kInputBytes + 3) / 4;
  i.h_registers = (T::kB * kInputBytes + 3) / 4;
  i.sum_registers = T::kC;
  i.lanes = T::kLanes;
  for (int lane = 0; lane < T::kLanes && i.holds_both_halves; ++lane) {
    for (int x = 0; x < T::kC && i.holds_both_halves; ++x) {
      bool other = false;
      for (int y = 0; y < T::kC; ++y) {
        other = other || (T::c(lane, y).row == (T::c(lane, x).row + T::kM / 2) % T::kM &&
                          T::c(lane, y).column == T::c(lane, x).column);
      }
      i.holds_both_halves = other;
    }
  }
  return i;
}

/// Gates side by side in one tile of a cell with so many recurrent gates. Of an odd number the last half stays empty:
/// small unit tiles, which give more warps less to do each, are worth more than that.
constexpr device::Int64 gates_per_tile(const Instruction& i, device::Int64 gates) {
  return i.holds_both_halves && gates >= 2 ? 2 : 1;
}
/// Matrix tiles of a unit tile.
constexpr device::Int64 tiles_of_unit_tile(const Instruction& i, device::Int64 gates) {
  return (gates + gates_per_tile(i, gates) - 1) / gates_per_tile(i, gates);
}
/// Units of a unit tile: of one group of units that a warp has all gates of.
constexpr device::Int64 unit_tile(const Instruction& i, device::Int64 gates) {
  return i.gate_rows / gates_per_tile(i, gates);
}

/// What of the cell and the types decides a kernel's resources.
struct Needs {
  device::Int64 gates = 4;        ///< recurrent
  device::Int64 input_gates = 4;  ///< of Wx
  device::Int64 bias_gates = 4;
  device::Int64 states = 2;
  device::Int64 saved = 5;  ///< values that forward keeps for backward
  device::Int64 element_bytes = 2;
  device::Int64 second_stage_gates = 0;  ///< of `gates`, those that multiply something else than h

  bool operator==(const Needs&) const = default;
};

/// A unit tile is `unit_tile` units: forward those that a matrix tile (two gates each, or one) covers, with all their
/// gates. Row tiles and k tiles are the instruction's. A group of blocks shares one head (or block_heads small ones)
/// and row_tiles of the batch. Forward: R as [gates of the block's units, K = D]. Backward: R transposed, as [all D
/// units, K = gates of the block's units].
struct Tile {
  device::Int64 row_tiles = 1;
  device::Int64 block_heads = 1;
  device::Int64 group_blocks = 1;
  device::Int64 block_unit_tiles = 1;  ///< that a block owns
  device::Int64 unit_warps = 1;        ///< warps side by side over units
  device::Int64 k_warps = 1;           ///< warps that each add up a part of K
  /// Of a warp: forward unit tiles with every gate, backward matrix tiles of all D units.
  device::Int64 warp_unit_tiles = 1;
  device::Int64 warp_k_tiles = 1;
  /// Of a warp's k tiles of R: in registers, then in shared memory, the rest read from the second-level cache each
  /// step.
  device::Int64 register_k = 1;
  device::Int64 shared_k = 0;
  device::Int64 stages = 4;  ///< of the ring that brings Wx, or the reserve: up to 8

  bool operator==(const Tile&) const = default;
};

/// Against bank conflicts, and the alignment of 16-byte copies: added to every row in shared memory.
inline constexpr device::Int64 kRowPadding = 16;
/// Barriers of the ring and of the exchange.
inline constexpr device::Int64 kBarrierBytes = 128;
/// Addresses, counters, and what the compiler keeps between instructions.
inline constexpr device::Int64 kFixedRegisters = 42;

constexpr device::Int64 threads(const Instruction& i, const Tile& t) {
  return i.lanes * t.unit_warps * t.k_warps * t.block_heads;
}
constexpr device::Int64 ceil_div(device::Int64 a, device::Int64 b) { return (a + b - 1) / b; }
constexpr device::Int64 max_of(device::Int64 a, device::Int64 b) { return a > b ? a : b; }

}  // namespace flashrnn::kernel

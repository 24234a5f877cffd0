// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/config.hpp"

/// What FusedForward takes of a device, as functions of plain values: the planner and the host use them, and the
/// kernel's shared-memory struct is made of them.
///
/// Blocks of the grid: group = block / group_blocks; a group walks row_tiles row tiles of the batch and block_heads
/// heads: group = row_group head_groups + head_group. The blocks of a group share out the head's units: rank =
/// block % group_blocks has block_unit_tiles unit tiles. All of [0, P) has to be covered, by units and by k tiles.
namespace flashrnn::kernel::fused_forward {

using device::Int64;
using device::Uint32;

/// Of a kernel: what decides its resources.
struct Shape {
  Instruction instruction;
  Tile tile;
  Exchange exchange = Exchange::kBlock;
  Uint32 flags = kRuntimeFlags;  ///< compile-time flags; kRuntimeFlags takes the most
  Int64 gates = 4;               ///< recurrent
  Int64 first_stage_gates = 4;
  Int64 input_gates = 4;
  Int64 states = 2;
  Int64 saved = 5;
  Int64 element_bytes = 2;
};

/// Whether the kernel has to be able to do it.
constexpr bool may(const Shape& s, Flag flag) { return s.flags == kRuntimeFlags || (s.flags & flag) != 0; }

constexpr Int64 tile_gates(const Shape& s) { return gates_per_tile(s.instruction, s.gates); }
constexpr Int64 units_of_tile(const Shape& s) { return unit_tile(s.instruction, s.gates); }
/// Matrix tiles of a unit tile: all its gates. The last may be half empty.
constexpr Int64 tiles(const Shape& s) { return ceil_div(s.gates, tile_gates(s)); }
constexpr Int64 piece(const Shape& s) { return 16 / s.element_bytes; }  // elements that move at once
constexpr Int64 rows(const Shape& s) { return s.tile.row_tiles * s.instruction.rows; }
constexpr Int64 warps_of_head(const Shape& s) { return s.tile.unit_warps * s.tile.k_warps; }
constexpr Int64 warps(const Shape& s) { return s.tile.block_heads * warps_of_head(s); }
constexpr Int64 block_threads(const Shape& s) { return warps(s) * s.instruction.lanes; }
/// That a block has of each of its heads.
constexpr Int64 block_units(const Shape& s) { return s.tile.block_unit_tiles * units_of_tile(s); }
constexpr Int64 warp_units(const Shape& s) { return s.tile.warp_unit_tiles * units_of_tile(s); }
constexpr Int64 groups(const Shape& s, Int64 batch, Int64 heads) {
  return ceil_div(batch, rows(s)) * ceil_div(heads, s.tile.block_heads);
}
constexpr Int64 blocks(const Shape& s, Int64 batch, Int64 heads) {
  return groups(s, batch, heads) * s.tile.group_blocks;
}

/// In a cluster no step has a barrier of the block: each warp brings its own Wx and writes its own outputs.
constexpr bool warps_alone(const Shape& s) { return s.exchange == Exchange::kCluster; }
/// Whether the two k warps of a unit tile each have every second row of the batch. mma.sync: cell j of a lane is of an
/// even row where j is even.
constexpr bool splits_rows(const Shape& s) {
  const Instruction& i = s.instruction;
  return warps_alone(s) && s.tile.k_warps == 2 && i.holds_both_halves && i.lanes == 32 && i.rows == 8 &&
         i.sum_registers == 4;
}
/// What moves together: the rows and units of a block, or of a warp.
constexpr Int64 moved_rows(const Shape& s) { return rows(s) / (splits_rows(s) ? 2 : 1); }
constexpr Int64 moved_units(const Shape& s) {
  return warps_alone(s) ? warp_units(s) : s.tile.block_heads * block_units(s);
}
constexpr Int64 movers(const Shape& s) { return warps_alone(s) ? warps(s) : 1; }
/// An odd number of pieces: 8 rows lie in different banks.
constexpr Int64 moved_row_elements(const Shape& s) { return (moved_units(s) / piece(s) | 1) * piece(s); }

/// Units of h in shared memory: all that the k tiles read and all that the group's blocks have.
constexpr Int64 h_units(const Shape& s) {
  return ceil_div(max_of(s.tile.k_warps * s.tile.warp_k_tiles * s.instruction.k, s.tile.group_blocks * block_units(s)),
                  piece(s)) *
         piece(s);
}
/// Of one h of all rows: [rows][units], padded, in a block; [units / piece][rows][piece] where it is exchanged.
constexpr Int64 h_elements(const Shape& s) {
  return s.exchange == Exchange::kBlock ? rows(s) * (h_units(s) / piece(s) | 1) * piece(s) : rows(s) * h_units(s);
}

// Values of each cell that go through shared memory on their way out, in this order: h for the exchange, h and the
// other states of the sequence, what the reserve keeps beside h.
constexpr Int64 staged_exchange(const Shape& s) { return warps_alone(s) ? 1 : 0; }
/// Without resets the h that the next step reads is the one that goes out.
constexpr bool stages_h(const Shape& s) { return may(s, kResets) && (may(s, kSequenceH) || may(s, kSequenceAll)); }
constexpr Int64 staged_sequence(const Shape& s) {
  return (stages_h(s) ? 1 : 0) + (may(s, kSequenceAll) ? s.states - 1 : 0);
}
constexpr bool keeps_gates(const Shape& s) {
  return may(s, kTraining) && (s.flags == kRuntimeFlags || (s.flags & kRecompute) == 0);
}
constexpr Int64 staged_kept(const Shape& s) { return keeps_gates(s) ? s.saved + (may(s, kForwardClip) ? 1 : 0) : 0; }
constexpr Int64 staged_values(const Shape& s) { return staged_exchange(s) + staged_sequence(s) + staged_kept(s); }

// Elements of the arrays in shared memory, in the order of the struct. Each takes 16 bytes at least.
constexpr Int64 h_array(const Shape& s) { return 2 * s.tile.block_heads * h_elements(s); }
/// What the second stage of a cell multiplies.
constexpr Int64 operand_array(const Shape& s) {
  return s.first_stage_gates < s.gates ? s.tile.block_heads * h_elements(s) : 0;
}
constexpr Int64 ring_array(const Shape& s) {
  return movers(s) * s.tile.stages * s.input_gates * moved_rows(s) * moved_row_elements(s);
}
/// Those of a block are read while the next step's are written.
constexpr Int64 staging_array(const Shape& s) {
  return movers(s) * (warps_alone(s) ? 1 : 2) * staged_values(s) * moved_rows(s) * moved_row_elements(s);
}
/// Cells of a lane after the sums of its k_warps are added up.
constexpr Int64 owned_cells(const Shape& s) {
  return ceil_div(s.tile.row_tiles * s.tile.warp_unit_tiles * s.instruction.sum_registers / tile_gates(s),
                  s.tile.k_warps);
}
/// Of one stage: the most gates of any.
constexpr Int64 partial_floats(const Shape& s) {
  const Int64 k = s.tile.k_warps;
  return k == 1 ? 0
                : 2 * s.tile.block_heads * s.tile.unit_warps * k * (k - 1) * owned_cells(s) * s.gates *
                      s.instruction.lanes;
}
constexpr Int64 r_words(const Shape& s) {
  return warps(s) * s.tile.shared_k * s.tile.warp_unit_tiles * tiles(s) * s.instruction.r_registers *
         s.instruction.lanes;
}

constexpr Int64 array_bytes(Int64 bytes) { return max_of(16, ceil_div(bytes, 16) * 16); }
/// Of a block, dynamic: sizeof(Shared).
constexpr Int64 block_shared_bytes(const Shape& s) {
  return 16 + array_bytes(h_array(s) * s.element_bytes) + array_bytes(operand_array(s) * s.element_bytes) +
         array_bytes(ring_array(s) * s.element_bytes) + array_bytes(staging_array(s) * s.element_bytes) +
         array_bytes(4 * partial_floats(s)) + array_bytes(4 * r_words(s));
}

/// ForwardParameters::exchange and ::barriers of a launch, with Exchange::kGrid. The words are zero at the start.
constexpr Int64 exchange_elements(const Shape& s, Int64 batch, Int64 heads) {
  return s.exchange == Exchange::kGrid ? 2 * groups(s, batch, heads) * h_elements(s) : 0;
}
/// A word for each block of a group, and whole cache lines: groups do not wait for each other.
constexpr Int64 words_of_group(const Shape& s) { return ceil_div(s.tile.group_blocks, 32) * 32; }
constexpr Int64 barrier_words(const Shape& s, Int64 batch, Int64 heads) {
  return s.exchange == Exchange::kGrid ? words_of_group(s) * groups(s, batch, heads) : 0;
}

/// Of each cell of a lane, for what the reserve keeps.
constexpr Int64 kept_registers(const Shape& s) { return keeps_gates(s) ? s.saved : 0; }
/// Where tiles of R are read again in each step: their addresses.
inline constexpr Int64 kStreamedRegisters = 16;

/// Registers of a thread: an estimate from above.
constexpr Int64 register_estimate(const Shape& s) {
  const Int64 unit_tiles = s.tile.warp_unit_tiles * tiles(s);
  const Int64 cells = owned_cells(s);
  return kFixedRegisters + 2 * s.instruction.r_registers + 4 * s.instruction.h_registers +
         unit_tiles * (s.tile.row_tiles * s.instruction.sum_registers + s.tile.register_k * s.instruction.r_registers) +
         cells * (s.states + s.input_gates + kept_registers(s)) +
         (s.tile.shared_k > 0 ? 2 * unit_tiles * s.instruction.r_registers : 0) +
         (s.tile.register_k + s.tile.shared_k < s.tile.warp_k_tiles
              ? kStreamedRegisters + unit_tiles * s.instruction.r_registers
              : 0);
}

/// What a kernel of this tile can do. The rest is the kernel's static_asserts.
constexpr bool possible(const Shape& s) {
  const Tile& t = s.tile;
  const bool second_stage = s.first_stage_gates < s.gates;
  return t.block_unit_tiles == t.unit_warps * t.warp_unit_tiles && t.register_k + t.shared_k <= t.warp_k_tiles &&
         t.stages >= 2 && (s.exchange == Exchange::kBlock ? t.group_blocks == 1 : t.block_heads == 1) &&
         (!warps_alone(s) || t.k_warps == 1 || splits_rows(s)) && (!second_stage || s.exchange == Exchange::kBlock) &&
         (!second_stage || s.first_stage_gates % tile_gates(s) == 0) && warp_units(s) % piece(s) == 0;
}

/// The shape of a Config.
template <class C>
constexpr Shape shape_of() {
  using Cell = typename C::Cell;
  Shape s;
  s.instruction = instruction_of<typename C::MatrixTile>();
  s.tile = C::kTile;
  s.exchange = C::kExchange;
  s.flags = C::kFlags;
  s.gates = Cell::kRecurrentGates;
  s.first_stage_gates = C::Kernel::first_stage_gates();
  s.input_gates = Cell::kInputGates;
  s.states = Cell::kStates;
  s.saved = C::Kernel::kSaved;
  s.element_bytes = sizeof(typename C::Element);
  return s;
}

}  // namespace flashrnn::kernel::fused_forward

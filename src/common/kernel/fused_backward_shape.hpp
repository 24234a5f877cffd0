// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/config.hpp"

/// What FusedBackward takes of a device, as functions of its Tile: the planner and the host use them, the kernel
/// asserts them. A unit tile is gate_rows units here (a matrix tile has one gate a row), a row tile `rows` rows of the
/// batch.
///
/// A group of group_blocks blocks walks one head and row_tiles row tiles; blocks group group_blocks + rank of the grid.
/// Groups are numbered head by head: group = row_group * heads + head.
namespace flashrnn::kernel {

/// What decides it beside Instruction and Tile. `flags` may be kRuntimeFlags, which takes the most.
struct FusedBackwardNeeds {
  device::Int64 gates = 4;  ///< recurrent
  device::Int64 slots = 4;  ///< pre-activations, Gb
  device::Int64 states = 2;
  device::Int64 saved = 5;
  bool reads_h = true;  ///< whether the cell's backward reads the h that entered the step
  bool two_stages = false;
  /// Slots that a recurrent gate is added to, counted once: 3 of GRU's 4.
  device::Int64 recurrent_slots = 4;
  device::Int64 element_bytes = 2;
  device::Uint32 flags = kRuntimeFlags;
};

struct FusedBackwardShape {
  bool fast = false;               ///< 16-bit mma.sync: ldmatrix and asynchronous copies
  device::Int64 threads = 0;       ///< of a block
  device::Int64 rows = 0;          ///< of the batch that a group walks
  device::Int64 units = 0;         ///< that a block owns
  device::Int64 output_tiles = 0;  ///< unit tiles of the product: all of the head
  device::Int64 k_tiles = 0;       ///< of the product: the gates of the block's units
  device::Int64 ring_values = 0;   ///< 16-bit values of a unit and row in the ring; only the fast form has one
  // Of a block's shared memory, in the order of the struct.
  device::Int64 gates_bytes = 0;
  device::Int64 ring_bytes = 0;
  device::Int64 inbox_bytes = 0;
  device::Int64 r_bytes = 0;
  device::Int64 shared_bytes = 0;  ///< all of it
  // Of a group in global memory, with Exchange::kGrid.
  device::Int64 exchange_floats = 0;
  device::Int64 barrier_words = 0;
};

constexpr device::Int64 at_least_16(device::Int64 bytes) { return max_of(16, ceil_div(bytes, 16) * 16); }

/// Mbarriers (two), and each row's walk.
constexpr device::Int64 fused_backward_fixed_bytes(device::Int64 rows) { return 16 + rows * 24; }

/// Between the records of the ring: they begin in different banks.
inline constexpr device::Int64 kRingRowBytes = 16;

/// Dstates per token that the ring holds.
constexpr device::Int64 sequence_states(device::Uint32 flags, device::Int64 states) {
  if (flags == kRuntimeFlags || (flags & kSequenceAll) != 0) return states;
  return (flags & kSequenceH) != 0 ? 1 : 0;
}

constexpr FusedBackwardShape fused_backward_shape(const Instruction& i, const FusedBackwardNeeds& n, const Tile& t,
                                                  Exchange exchange) {
  const bool clip = n.flags == kRuntimeFlags || (n.flags & kForwardClip) != 0;
  FusedBackwardShape s;
  s.fast = i == Instruction{} && n.element_bytes == 2 && !n.two_stages;
  s.threads = i.lanes * t.unit_warps * t.k_warps;
  s.rows = t.row_tiles * i.rows;
  s.units = t.block_unit_tiles * i.gate_rows;
  s.output_tiles = t.group_blocks * t.block_unit_tiles;
  s.k_tiles = n.gates * s.units / i.k;
  const device::Int64 entries = n.gates + n.slots - n.recurrent_slots;
  s.gates_bytes = 2 * entries * s.units * s.rows * n.element_bytes;
  if (s.fast) {
    s.ring_values = (n.reads_h ? 1 : 0) + n.saved + (clip ? 1 : 0) + sequence_states(n.flags, n.states);
    s.ring_bytes = t.stages * s.rows * (s.units * (2 * s.ring_values + 4 * (n.states - 1)) + kRingRowBytes);
  }
  const device::Int64 tile_bytes = t.row_tiles * i.lanes * i.sum_registers * 4;
  if (exchange == Exchange::kBlock) {
    s.inbox_bytes = t.k_warps > 1 ? t.k_warps * t.unit_warps * t.warp_unit_tiles * tile_bytes : 0;
  } else if (exchange == Exchange::kCluster) {
    s.inbox_bytes = 2 * t.group_blocks * t.block_unit_tiles * tile_bytes;
  } else {
    s.exchange_floats = 2 * t.group_blocks * t.group_blocks * t.block_unit_tiles * tile_bytes / 4;
    s.barrier_words = 1;
  }
  s.r_bytes = t.shared_k * t.unit_warps * t.k_warps * t.warp_unit_tiles * 4 * i.r_registers * i.lanes;
  s.gates_bytes = at_least_16(s.gates_bytes);
  s.ring_bytes = at_least_16(s.ring_bytes);
  s.inbox_bytes = at_least_16(s.inbox_bytes);
  s.r_bytes = at_least_16(s.r_bytes);
  s.shared_bytes =
      ceil_div(fused_backward_fixed_bytes(s.rows) + s.gates_bytes + s.ring_bytes + s.inbox_bytes + s.r_bytes, 16) * 16;
  return s;
}

/// Groups of the grid: each has group_blocks blocks.
constexpr device::Int64 fused_backward_groups(const FusedBackwardShape& s, device::Int64 batch, device::Int64 heads) {
  return heads * ceil_div(batch, s.rows);
}

/// Whether the kernel can be instantiated with this tile. (Whether it fits a device is another question.)
constexpr bool fused_backward_takes(const Instruction& i, const FusedBackwardNeeds& n, const Tile& t,
                                    Exchange exchange) {
  const FusedBackwardShape s = fused_backward_shape(i, n, t, exchange);
  const bool product = i.gate_rows % i.k == 0 && t.k_warps * t.warp_k_tiles == s.k_tiles &&
                       t.unit_warps * t.warp_unit_tiles >= s.output_tiles &&
                       t.register_k + t.shared_k <= t.warp_k_tiles;
  const bool cells = (t.warp_unit_tiles * t.row_tiles * (i.sum_registers / 2)) % t.k_warps == 0;
  return product && t.block_heads == 1 && t.stages >= 2 && i.sum_registers % 2 == 0 &&
         (exchange == Exchange::kBlock ? t.group_blocks == 1 && cells : t.k_warps == 1);
}

}  // namespace flashrnn::kernel

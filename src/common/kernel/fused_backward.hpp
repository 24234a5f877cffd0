// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// Fused backward: t runs downwards, R is transposed. A block multiplies the gate gradients of its own units with their
/// rows of R, which gives a part of dh for every unit of the head; each block adds up what the others have for its own
/// (reduce-scatter). The numbers are those of fused.constrint and fused_backward.constrint.
namespace flashrnn::kernel::fused_backward {

/// fp32 copies of [rows, D] in shared memory where parts of dh arrive: in a block they are added up in place, in a
/// cluster one is filled while the other is read, over the grid they are in global memory.
inline constexpr std::int64_t kInboxCopiesBlock = 1;
inline constexpr std::int64_t kInboxCopiesCluster = 2;
inline constexpr std::int64_t kInboxCopiesGrid = 0;

constexpr std::int64_t owned_tiles(const Tile& t) {
  return ceil_div(t.row_tiles * t.block_unit_tiles, t.unit_warps * t.k_warps);
}

constexpr std::int64_t registers(const Instruction& i, const Needs& n, const Tile& t) {
  const std::int64_t packed = ceil_div(i.c_registers * n.element_bytes, 4);
  return kFixedRegisters + 2 * i.a_registers + 4 * i.b_registers +
         t.warp_unit_tiles * (t.row_tiles * i.c_registers + t.register_k * i.b_registers) +
         owned_tiles(t) * (n.states * i.c_registers + n.reserve_values * packed);
}

/// Of one head of a block, in the order of the struct that lies in shared memory.
struct SharedBytes {
  std::int64_t gates = 0;    ///< [rows][K] and padding: gradients of the gates
  std::int64_t reserve = 0;  ///< [stages][rows][reserve_values][units] and padding
  std::int64_t inbox = 0;    ///< [copies][rows][D] fp32
  std::int64_t r = 0;
  std::int64_t partial = 0;
  constexpr std::int64_t sum() const { return gates + reserve + inbox + r + partial; }
};

constexpr SharedBytes shared_bytes_of_head(const Instruction& i, const Needs& n, const Tile& t,
                                           std::int64_t inbox_copies) {
  const std::int64_t rows = t.row_tiles * i.rows;
  const std::int64_t units = t.block_unit_tiles * i.units;
  SharedBytes bytes;
  bytes.gates = rows * (t.k_warps * t.warp_k_tiles * i.k * n.element_bytes + kRowPadding);
  bytes.reserve = t.stages * rows * n.reserve_values * (units * n.element_bytes + kRowPadding);
  bytes.inbox = 4 * inbox_copies * rows * t.group_blocks * units;
  bytes.r = t.shared_k * t.unit_warps * t.k_warps * t.warp_unit_tiles * i.k * i.units * n.element_bytes;
  bytes.partial = 4 * (t.k_warps - 1) * t.unit_warps * t.row_tiles * t.warp_unit_tiles * i.c_registers * i.lanes;
  return bytes;
}

constexpr std::int64_t shared_bytes(const Instruction& i, const Needs& n, const Tile& t, std::int64_t inbox_copies) {
  return kBarrierBytes + t.block_heads * shared_bytes_of_head(i, n, t, inbox_copies).sum();
}

}  // namespace flashrnn::kernel::fused_backward

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// Fused forward: R stays on chip for all steps. In a block, unit_warps x k_warps warps; a warp has all gates of its
/// units and its share of K. The numbers are those of fused.constrint and fused_forward.constrint.
namespace flashrnn::kernel::fused_forward {

/// Row tiles of cells that one warp computes after the sums of its k_warps are added up.
constexpr std::int64_t owned_tiles(const Tile& t) { return ceil_div(t.row_tiles * t.warp_unit_tiles, t.k_warps); }

constexpr std::int64_t registers(const Instruction& i, const Needs& n, const Tile& t) {
  const std::int64_t tiles = n.gates * t.warp_unit_tiles;
  const std::int64_t packed = ceil_div(i.c_registers * n.element_bytes, 4);
  return kFixedRegisters + 2 * i.a_registers + 4 * i.b_registers +
         tiles * (t.row_tiles * i.c_registers + t.register_k * i.b_registers) +
         owned_tiles(t) * ((n.states - 1) * i.c_registers + n.input_gates * packed);
}

/// Of one head of a block, in the order of the struct that lies in shared memory.
struct SharedBytes {
  std::int64_t h = 0;        ///< [2][rows][K] and padding: this step's h is written while the last one's is read
  std::int64_t wx = 0;       ///< [stages][rows][input_gates][units] and padding
  std::int64_t reserve = 0;  ///< [rows][reserve_values][units] and padding, on the way to global memory
  std::int64_t bias = 0;     ///< [bias_gates][units] fp32
  std::int64_t r = 0;        ///< fragments of R
  std::int64_t partial = 0;  ///< sums of all k_warps but the first
  constexpr std::int64_t sum() const { return h + wx + reserve + bias + r + partial; }
};

constexpr SharedBytes shared_bytes_of_head(const Instruction& i, const Needs& n, const Tile& t) {
  const std::int64_t rows = t.row_tiles * i.rows;
  const std::int64_t units = t.block_unit_tiles * i.units;
  const std::int64_t tiles = n.gates * t.warp_unit_tiles;
  const std::int64_t unit_row = units * n.element_bytes + kRowPadding;
  SharedBytes bytes;
  bytes.h = 2 * rows * (t.k_warps * t.warp_k_tiles * i.k * n.element_bytes + kRowPadding);
  bytes.wx = t.stages * rows * n.input_gates * unit_row;
  bytes.reserve = rows * n.reserve_values * unit_row;
  bytes.bias = 4 * n.bias_gates * units;
  bytes.r = t.shared_k * t.unit_warps * t.k_warps * tiles * i.k * i.units * n.element_bytes;
  bytes.partial = 4 * (t.k_warps - 1) * t.unit_warps * t.row_tiles * tiles * i.c_registers * i.lanes;
  return bytes;
}

constexpr std::int64_t shared_bytes(const Instruction& i, const Needs& n, const Tile& t) {
  return kBarrierBytes + t.block_heads * shared_bytes_of_head(i, n, t).sum();
}

}  // namespace flashrnn::kernel::fused_forward

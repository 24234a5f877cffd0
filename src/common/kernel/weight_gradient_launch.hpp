// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/weight_gradient.hpp"

/// How the host launches WeightGradient and WeightGradientSum.
namespace flashrnn::kernel::weight_gradient {

struct Problem {
  Int64 tokens = 0;  ///< the most there can be
  Int64 heads = 1;
  Int64 padded_dim = 16;
  Gates gates;
  Int64 element_bytes = 2;
};

struct Machine {
  Int64 multiprocessors = 1;
  Int64 block_shared_bytes = 48 * 1024;           ///< the most of one block
  Int64 multiprocessor_shared_bytes = 48 * 1024;  ///< of all blocks of a multiprocessor
  Int64 multiprocessor_registers = 65536;         ///< 32 bits each
};

struct Launch {
  Tile tile;  ///< of both kernels
  Int64 blocks = 1;
  Int64 threads = 32;
  Int64 shared_bytes = 0;
  Int64 workspace_bytes = 0;
  Int64 sum_blocks = 1;
  Int64 sum_threads = 256;
};

inline constexpr Int64 kSumThreads = 256;
/// A warp of the sum kernel takes so many elements a lane of one tile, kSumElements at once. Large tiles come in larger
/// portions, since there are enough of them.
inline constexpr Int64 kSumElements = 4;
constexpr Int64 sum_portion(Int64 matrix_floats) { return matrix_floats >= 16384 ? 4 * kSumElements : kSumElements; }

/// A warp's tile of 64 x 64 (or 96) reads little enough of shared memory for each product. Whole heads up to this are
/// one tile.
inline constexpr Int64 kWarpSide = 64;
inline constexpr Int64 kMostBlockWarps = 8;

/// Heads of at most kWarpSide units: all rows of a head are one tile, several heads fill a block.
constexpr Tile whole_head_tile(const Instruction& i, const Problem& p, Int64 rows) {
  Tile t;
  const Int64 warp_rows = rows < kWarpSide ? rows : kWarpSide;
  t.warp_unit_tiles = ceil_div(warp_rows, i.gate_rows);
  t.unit_warps = ceil_div(rows, t.warp_unit_tiles * i.gate_rows);
  t.unit_warps = t.unit_warps < kMostBlockWarps ? t.unit_warps : kMostBlockWarps;
  t.row_tiles = ceil_div(p.padded_dim, i.rows);
  t.k_warps = 1;
  t.block_heads = 4 / t.unit_warps < 1 ? 1 : 4 / t.unit_warps;
  t.block_heads = t.block_heads < p.heads ? t.block_heads : p.heads;
  return t;
}

/// Parts of one head: `row_warps` x 2 warps, each kWarpSide x warp_columns.
constexpr Tile part_of_head_tile(const Instruction& i, Int64 rows, Int64 warp_columns) {
  Tile t;
  t.warp_unit_tiles = ceil_div(kWarpSide, i.gate_rows);
  const Int64 row_warps = ceil_div(rows, t.warp_unit_tiles * i.gate_rows);
  t.unit_warps = row_warps < 4 ? row_warps : 4;
  t.row_tiles = ceil_div(warp_columns, i.rows);
  t.k_warps = 2;
  t.block_heads = 1;
  return t;
}

constexpr Tiling tiling_of(const Instruction& i, const Tile& t, const Problem& p) {
  return tiling_of(i, t, p.gates, static_cast<Int32>(p.heads), static_cast<Int32>(p.padded_dim));
}

/// Clocks of a multiprocessor for one token of all tiles of a head: the longer of products (about 1250 fma a clock with
/// mma.sync on an H200) and reading the second-level cache (18 bytes a clock, docs/performance/h200_log.md). Only the
/// relation of the two counts.
constexpr Int64 cost(const Instruction& i, const Problem& p, const Tile& t) {
  const Tiling a = tiling_of(i, t, p);
  const Int64 products = Int64{1000} * a.rows * a.columns / 1250;
  const Int64 reads = 1000 * p.element_bytes * (a.rows + a.columns) / 18;
  return a.group_tiles() * max_of(products, reads);
}

constexpr Int64 registers(const Instruction& i, const Tile& t) {
  constexpr Int64 kAddresses = 48;
  return t.warp_unit_tiles * (t.row_tiles + 1) * i.sum_registers + t.warp_unit_tiles * i.r_registers +
         2 * i.h_registers + kAddresses;
}

/// The ring, as deep as it pays.
constexpr Tile ring_of(const Instruction& i, const Problem& p, Tile t) {
  const bool large = t.k_warps > 1;
  const Int64 tokens = (p.padded_dim <= 32 ? 16 : large ? 64 : 32) * 2 / p.element_bytes;
  t.warp_k_tiles = ceil_div(tokens, i.k);
  t.stages = large ? 3 : 4;
  return t;
}

/// And as it fits.
constexpr Tile with_stages(const Instruction& i, const Problem& p, const Machine& m, Tile t) {
  t = ring_of(i, p, t);
  while (shared_bytes(i, t, p.element_bytes) > m.block_shared_bytes && t.warp_k_tiles > 1) t.warp_k_tiles /= 2;
  while (shared_bytes(i, t, p.element_bytes) > m.block_shared_bytes && t.stages > 2) --t.stages;
  return t;
}

constexpr Tile tile_of(const Instruction& i, const Problem& p, const Machine& m) {
  const Int64 rows = max_of(p.gates.rows_of(0), p.gates.rows_of(1)) * p.padded_dim;
  if (p.padded_dim <= kWarpSide) return with_stages(i, p, m, whole_head_tile(i, p, rows));
  const Tile narrow = part_of_head_tile(i, rows, kWarpSide);
  const Tile wide = part_of_head_tile(i, rows, kWarpSide + kWarpSide / 2);
  // The wide tile takes all registers that a thread can have. They are enough with 16-bit elements where its whole ring
  // fits; with shorter stages, or wider elements, compilers spill.
  const bool fits = shared_bytes(i, ring_of(i, p, wide), p.element_bytes) <= m.block_shared_bytes;
  const bool wider = p.element_bytes == 2 && fits && cost(i, p, wide) < cost(i, p, narrow);
  return with_stages(i, p, m, wider ? wide : narrow);
}

/// The launch with a given tile. No device waits for another block: any number of blocks is right.
constexpr Launch launch_with(const Instruction& i, const Problem& p, const Machine& m, const Tile& t) {
  Launch l;
  l.tile = t;
  l.threads = threads(i, t);
  l.shared_bytes = shared_bytes(i, t, p.element_bytes);
  const Tiling a = tiling_of(i, t, p);
  const Int64 by_shared = m.multiprocessor_shared_bytes / max_of(l.shared_bytes, 1);
  const Int64 by_registers = m.multiprocessor_registers / (l.threads * registers(i, t));
  Int64 resident = by_shared < by_registers ? by_shared : by_registers;
  resident = resident < 1 ? 1 : resident > 4 ? 4 : resident;
  // A piece costs its writing and reading again, so it should stand for some tokens.
  constexpr Int64 kPieceTokens = 256;
  const Int64 pieces = max_of(a.tiles() * ceil_div(p.tokens, kPieceTokens), 1);
  l.blocks = m.multiprocessors * resident;
  l.blocks = l.blocks < pieces ? l.blocks : pieces;
  l.workspace_bytes = (l.blocks + a.tiles()) * piece_floats(i, t) * 4;
  const Int64 matrix_warps =
      Int64{a.tiles()} * ceil_div(matrix_floats(i, t), sum_portion(matrix_floats(i, t)) * i.lanes);
  const Int64 bias_warps = Int64{a.groups} * a.group_row_tiles() * ceil_div(a.block_heads * a.rows, i.lanes);
  l.sum_threads = kSumThreads;
  l.sum_blocks = ceil_div((matrix_warps + bias_warps) * i.lanes, kSumThreads);
  constexpr Int64 kMostSumBlocks = 65535;
  l.sum_blocks = l.sum_blocks < kMostSumBlocks ? l.sum_blocks : kMostSumBlocks;
  return l;
}

constexpr Launch launch_of(const Instruction& i, const Problem& p, const Machine& m) {
  return launch_with(i, p, m, tile_of(i, p, m));
}

}  // namespace flashrnn::kernel::weight_gradient

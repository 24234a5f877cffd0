// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// dR and db: a product over all tokens. Rows of the result are gates x units, columns are p, K is the tokens. One
/// block tile covers block_heads heads, or a part of one; in a head,
///   rows:    unit_warps warps, each warp_unit_tiles matrix tiles;
///   columns: k_warps warps, each row_tiles matrix tiles;
///   tokens:  warp_k_tiles k tiles a stage, `stages` in the ring.
/// (The fields are those of kernel::Tile; here no warps add up parts of K.) Which share of all work a block does
/// follows from its number: all tiles x all chunks of tokens, one after the other, are cut into equal pieces. So every
/// device is filled whatever the sizes. A block's share of one tile is a *piece*: it goes to the workspace as fp32, and
/// WeightGradientSum adds the pieces of a tile in the order of tokens. Nothing depends on which block is quicker.
namespace flashrnn::kernel::weight_gradient {

using device::Int32;
using device::Int64;

/// Elements added to every row in shared memory: rows then start in different banks, for 16-byte pieces of 16-bit
/// elements as for single 32-bit ones.
inline constexpr int kPadding = 8;

/// The rows of a head, in gates. Gates of one stage multiply the same operand, so a tile never has gates of both. The
/// slots that no gate feeds (GRU's input part of n) have no dR, but a db: they follow the gates of the first stage. No
/// arrays: one that is indexed with what is known late would lie in memory.
struct Gates {
  Int32 recurrent = 4;
  Int32 biases = 4;
  Int32 first_stage = 4;  ///< recurrent gates of the first stage, the others are the second's
  Int32 extra = 0;        ///< slots without a recurrent gate
  /// Of [the first stage's gates, extra slots, the second stage's gates]: the slot, 4 bits each; and whether its db is
  /// summed here (the first gate of a slot does that), a bit each.
  device::Uint64 slots = 0;
  device::Uint32 with_bias = 0;

  /// Rows of a stage: all, and those of gates alone.
  constexpr Int32 rows_of(int stage) const { return stage == 0 ? first_stage + extra : recurrent - first_stage; }
  constexpr Int32 product_rows_of(int stage) const { return stage == 0 ? first_stage : recurrent - first_stage; }
  /// Of row `index` of a stage.
  constexpr Int32 slot_of(int stage, Int32 index) const {
    return static_cast<Int32>(slots >> 4 * position(stage, index) & 15U);
  }
  constexpr bool has_bias(int stage, Int32 index) const { return (with_bias >> position(stage, index) & 1U) != 0; }

 private:
  constexpr Int32 position(int stage, Int32 index) const { return stage == 0 ? index : first_stage + extra + index; }
};

template <class Slots>
constexpr Gates gates_of(Int32 recurrent, Int32 first_stage, Int32 biases, const Slots& recurrent_slot) {
  Gates g;
  g.recurrent = recurrent;
  g.biases = biases;
  g.first_stage = first_stage;
  device::Uint32 fed = 0;
  for (Int32 gate = 0; gate < recurrent; ++gate) fed |= 1U << recurrent_slot(gate);
  Int32 at = 0;
  device::Uint32 summed = 0;
  const auto add = [&](Int32 slot) {
    g.slots |= static_cast<device::Uint64>(slot) << 4 * at;
    if ((summed >> slot & 1U) == 0) g.with_bias |= 1U << at;
    summed |= 1U << slot;
    ++at;
  };
  for (Int32 gate = 0; gate < first_stage; ++gate) add(recurrent_slot(gate));
  for (Int32 slot = 0; slot < biases; ++slot) {
    if ((fed >> slot & 1U) != 0) continue;
    add(slot);
    ++g.extra;
  }
  for (Int32 gate = first_stage; gate < recurrent; ++gate) add(recurrent_slot(gate));
  return g;
}

/// Rows, columns of one head and tokens of a block tile.
constexpr Int64 tile_rows(const Instruction& i, const Tile& t) {
  return t.unit_warps * t.warp_unit_tiles * i.gate_rows;
}
constexpr Int64 tile_columns(const Instruction& i, const Tile& t) { return t.k_warps * t.row_tiles * i.rows; }
constexpr Int64 tile_tokens(const Instruction& i, const Tile& t) { return t.warp_k_tiles * i.k; }

constexpr Int64 shared_bytes(const Instruction& i, const Tile& t, Int64 element_bytes) {
  const Int64 row = t.block_heads * (tile_rows(i, t) + tile_columns(i, t)) + 2 * kPadding;
  return t.stages * tile_tokens(i, t) * row * element_bytes;
}

/// A piece in the workspace: [heads][rows][columns], then [heads][k_warps][rows] for db, fp32.
constexpr Int64 matrix_floats(const Instruction& i, const Tile& t) {
  return t.block_heads * tile_rows(i, t) * tile_columns(i, t);
}
constexpr Int64 piece_floats(const Instruction& i, const Tile& t) {
  return matrix_floats(i, t) + t.block_heads * t.k_warps * tile_rows(i, t);
}

/// A block tile of the result.
struct Place {
  Int32 head = 0;  ///< the first of the tile
  Int32 stage = 0;
  Int32 row = 0;           ///< first row in the stage: gate x P + unit
  Int32 column = 0;        ///< first p
  Int32 column_tile = 0;   ///< among `column_tiles`,
  Int32 column_tiles = 1;  ///< those with the same rows; each sums db over its share of the tokens
};

/// How the result is cut into block tiles.
struct Tiling {
  Int32 rows = 1;     ///< of a tile
  Int32 columns = 1;  ///< of a tile
  Int32 block_heads = 1;
  Int32 groups = 1;         ///< of heads
  Int32 column_tiles = 1;   ///< of rows that have a dR
  Int32 product_tiles = 0;  ///< row tiles with a dR of the first stage,
  Int32 second_tiles = 0;   ///< and of the second
  Int32 extra_tiles = 0;    ///< row tiles with a db only: one column tile
  constexpr Int32 group_tiles() const { return (product_tiles + second_tiles) * column_tiles + extra_tiles; }
  constexpr Int32 tiles() const { return groups * group_tiles(); }
  constexpr Int32 group_row_tiles() const { return product_tiles + second_tiles + extra_tiles; }

  /// The first tile of row tile `r` of a group; the others of its columns follow it.
  constexpr Int32 tile_of_row(Int32 r) const {
    const Int32 second = r - product_tiles - extra_tiles;
    if (r < product_tiles) return r * column_tiles;
    if (second < 0) return product_tiles * column_tiles + (r - product_tiles);
    return product_tiles * column_tiles + extra_tiles + second * column_tiles;
  }
  constexpr Place place(Int32 tile) const {
    Place p;
    p.head = tile / group_tiles() * block_heads;
    Int32 rest = tile % group_tiles();
    const Int32 first = product_tiles * column_tiles;
    if (rest >= first && rest < first + extra_tiles) {
      p.row = (product_tiles + rest - first) * rows;
      return p;
    }
    if (rest >= first) {
      p.stage = 1;
      rest -= first + extra_tiles;
    }
    p.row = rest / column_tiles * rows;
    p.column_tiles = column_tiles;
    p.column_tile = rest % column_tiles;
    p.column = p.column_tile * columns;
    return p;
  }
};

constexpr Tiling tiling_of(const Instruction& i, const Tile& t, const Gates& gates, Int32 heads, Int32 padded_dim) {
  const auto up = [](Int32 a, Int32 b) { return (a + b - 1) / b; };
  Tiling a;
  a.rows = static_cast<Int32>(tile_rows(i, t));
  a.columns = static_cast<Int32>(tile_columns(i, t));
  a.block_heads = static_cast<Int32>(t.block_heads);
  a.groups = up(heads, a.block_heads);
  a.column_tiles = up(padded_dim, a.columns);
  a.product_tiles = up(gates.product_rows_of(0) * padded_dim, a.rows);
  a.second_tiles = up(gates.rows_of(1) * padded_dim, a.rows);
  a.extra_tiles = up(gates.rows_of(0) * padded_dim, a.rows) - a.product_tiles;
  return a;
}

/// Who does what: `tiles` x `chunks` units in a row, a tile's chunks one after the other, dealt to blocks in equal
/// shares.
struct Shares {
  Int64 chunks = 0;
  Int64 units = 0;
  Int64 blocks = 0;  ///< that have work: each has at least one unit

  constexpr Int64 first_of(Int64 block) const { return block * units / blocks; }
  constexpr Int64 block_of(Int64 unit) const { return ((unit + 1) * blocks - 1) / units; }
  /// Where a block's piece of a tile lies. Either number grows from piece to piece, so all places differ, and the last
  /// is below blocks + tiles.
  static constexpr Int64 piece(Int64 block, Int64 tile) { return block + tile; }
};

constexpr Shares shares_of(Int64 tiles, Int64 tokens, Int64 chunk_tokens, Int64 blocks) {
  Shares s;
  s.chunks = ceil_div(tokens, chunk_tokens);
  s.units = tiles * s.chunks;
  s.blocks = blocks < s.units ? blocks : s.units;
  return s;
}

}  // namespace flashrnn::kernel::weight_gradient

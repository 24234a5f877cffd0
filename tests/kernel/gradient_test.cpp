// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "common/cell/math.hpp"
#include "tests/kernel/gradient_support.hpp"

namespace flashrnn::kernel::test {
namespace {

using simt::Simt32;
using simt::Simt64;

template <class Cell, class Element, class MatrixTile, Tile kTile>
using Gradient = Config<Cell, Element, float, cell::ExactMath, MatrixTile, kTile, Exchange::kBlock, kRuntimeFlags, 0>;

/// Fields by their meaning here.
constexpr Tile tile(Int64 heads, Int64 row_warps, Int64 row_tiles, Int64 column_warps, Int64 column_tiles,
                    Int64 k_tiles, Int64 stages) {
  Tile t;
  t.block_heads = heads;
  t.unit_warps = row_warps;
  t.warp_unit_tiles = row_tiles;
  t.k_warps = column_warps;
  t.row_tiles = column_tiles;
  t.warp_k_tiles = k_tiles;
  t.stages = stages;
  return t;
}

/// The whole of four heads in a block, a warp each.
using SmallHeads = Gradient<cell::Lstm, Bf16, device::MmaSyncM16N8K16<Bf16>, tile(4, 1, 4, 1, 2, 1, 4)>;

TEST(WeightGradient, SmallHeads) {
  expect_gradient<Simt32, SmallHeads>({.tokens = 1, .heads = 1, .head_dim = 1});
  expect_gradient<Simt32, SmallHeads>({.tokens = 15, .heads = 3, .head_dim = 7, .blocks = 2});
  expect_gradient<Simt32, SmallHeads>({.tokens = 16, .heads = 4, .head_dim = 16, .blocks = 1});
  expect_gradient<Simt32, SmallHeads>({.tokens = 331, .heads = 5, .head_dim = 15, .blocks = 7});
}

TEST(WeightGradient, MoreBlocksThanWork) {
  expect_gradient<Simt32, SmallHeads>({.tokens = 17, .heads = 5, .head_dim = 16, .blocks = 9});
}

TEST(WeightGradient, PackedTokensThatAreThereCount) {
  expect_gradient<Simt32, SmallHeads>({.tokens = 64, .heads = 2, .head_dim = 16, .blocks = 3, .packed_tokens = 41});
  expect_gradient<Simt32, SmallHeads>({.tokens = 64, .heads = 5, .head_dim = 16, .blocks = 4, .packed_tokens = 1});
  expect_gradient<Simt32, SmallHeads>({.tokens = 64, .heads = 5, .head_dim = 16, .blocks = 4, .packed_tokens = 0});
  expect_gradient<Simt32, SmallHeads>(
      {.tokens = 9, .heads = 5, .head_dim = 16, .blocks = 4, .packed_tokens = 0, .accumulate = true});
}

TEST(WeightGradient, OnlyOneIsWanted) {
  expect_gradient<Simt32, SmallHeads>({.tokens = 20, .heads = 2, .head_dim = 9, .blocks = 2, .with_dr = false});
  expect_gradient<Simt32, SmallHeads>({.tokens = 20, .heads = 2, .head_dim = 9, .blocks = 2, .with_dbias = false});
}

TEST(WeightGradient, SlotsFirst) {
  expect_gradient<Simt32, SmallHeads>({.tokens = 40, .heads = 5, .head_dim = 16, .blocks = 3, .slots_first = true});
}

/// Parts of a head: row tiles, column tiles, and rows that have a db only (GRU's input part of n).
using Parts = Gradient<cell::Gru, Fp16, device::MmaSyncM16N8K16<Fp16>, tile(1, 2, 1, 2, 3, 2, 3)>;

TEST(WeightGradient, PartsOfAHead) {
  expect_gradient<Simt32, Parts>({.tokens = 1, .heads = 1, .head_dim = 1});
  expect_gradient<Simt32, Parts>({.tokens = 31, .heads = 1, .head_dim = 47, .blocks = 3});
  expect_gradient<Simt32, Parts>({.tokens = 97, .heads = 2, .head_dim = 61, .blocks = 17, .accumulate = true});
  expect_gradient<Simt32, Parts>({.tokens = 200, .heads = 1, .head_dim = 64, .blocks = 5, .packed_tokens = 129});
}

/// Two stages: the last gate multiplies another operand.
using TwoStages = Gradient<cell::GruResetBefore, Bf16, device::MmaSyncM16N8K16<Bf16>, tile(2, 2, 2, 1, 3, 2, 2)>;

TEST(WeightGradient, TwoStages) {
  expect_gradient<Simt32, TwoStages>({.tokens = 40, .heads = 3, .head_dim = 20, .blocks = 5});
  expect_gradient<Simt32, TwoStages>({.tokens = 33, .heads = 1, .head_dim = 33, .blocks = 4, .accumulate = true});
}

using Tf32 = Gradient<cell::GruResetBefore, float, device::MmaSyncM16N8K8Tf32, tile(1, 2, 2, 2, 1, 4, 3)>;

TEST(WeightGradient, Tf32) { expect_gradient<Simt32, Tf32>({.tokens = 45, .heads = 2, .head_dim = 17, .blocks = 4}); }

/// Lanes read runs of four, of two and single elements.
using Fma32 = Gradient<cell::Elman, float, device::FmaTile<float, 32, 4, 4, 1, 4>, tile(2, 1, 1, 1, 4, 4, 2)>;
using Fma64 = Gradient<cell::Gru, Bf16, device::FmaTile<Bf16, 64, 8, 2, 4, 2>, tile(1, 1, 2, 2, 1, 4, 3)>;
using Mfma = Gradient<cell::Lstm, Bf16, device::Mfma16x16x16<Bf16>, tile(2, 1, 2, 1, 1, 2, 2)>;

TEST(WeightGradient, PlainFma) {
  expect_gradient<Simt32, Fma32>({.tokens = 30, .heads = 3, .head_dim = 31, .blocks = 3});
  expect_gradient<Simt64, Fma64>({.tokens = 29, .heads = 2, .head_dim = 19, .blocks = 3, .accumulate = true});
}

TEST(WeightGradient, Mfma) { expect_gradient<Simt64, Mfma>({.tokens = 50, .heads = 3, .head_dim = 13, .blocks = 3}); }

/// The tiles that are launched: parts of a head narrow and wide, and heads whose columns do not fill the threads.
template <class Cell, Int64 kPadded, Int64 kHeads>
constexpr Tile planned() {
  weight_gradient::Problem p;
  p.tokens = 1000;
  p.heads = kHeads;
  p.padded_dim = kPadded;
  p.gates = weight_gradient::gates_of(Cell::kRecurrentGates, Cell::kRecurrentGates, Cell::kBiases,
                                      [](int gate) { return Cell::recurrent_slot(gate); });
  weight_gradient::Machine m;
  m.block_shared_bytes = 227 * 1024;
  return weight_gradient::tile_of(instruction_of<device::MmaSyncM16N8K16<Bf16>>(), p, m);
}
constexpr Tile kNarrow = planned<cell::Gru, 112, 1>();
constexpr Tile kWide = planned<cell::Elman, 192, 1>();
constexpr Tile kIdleThreads = planned<cell::Elman, 48, 9>();
constexpr Tile kThreeWarps = planned<cell::Lstm, 48, 1>();
template <class Cell, Tile kTile>
using Planned = Gradient<Cell, Bf16, device::MmaSyncM16N8K16<Bf16>, kTile>;

TEST(WeightGradient, PlannedTiles) {
  expect_gradient<Simt32, Planned<cell::Gru, kNarrow>>({.tokens = 70, .heads = 1, .head_dim = 100, .blocks = 5});
  expect_gradient<Simt32, Planned<cell::Elman, kWide>>({.tokens = 130, .heads = 1, .head_dim = 177, .blocks = 3});
  expect_gradient<Simt32, Planned<cell::Elman, kIdleThreads>>({.tokens = 99, .heads = 9, .head_dim = 35, .blocks = 5});
  expect_gradient<Simt32, Planned<cell::Lstm, kThreeWarps>>({.tokens = 77, .heads = 2, .head_dim = 48, .blocks = 3});
}

/// Values that round: as good as a sum in fp32, and the same bits in every order of lanes.
TEST(WeightGradient, SameBitsInEveryOrder) {
  GradientProblem<Parts> problem({.tokens = 150, .heads = 1, .head_dim = 50, .blocks = 6, .integers = false});
  const GradientResult first = run_gradient<Simt32, Parts>(problem, 1);
  expect_close(first.dr, problem.dr, 2e-5);
  expect_close(first.dbias, problem.dbias, 2e-5);
  for (const std::uint64_t seed : {2U, 3U, 4U}) EXPECT_EQ((run_gradient<Simt32, Parts>(problem, seed)), first);
}

/// Every chunk of every tile is one block's, and no two pieces share a place.
TEST(WeightGradient, SharesCoverAllWork) {
  for (const Int64 tiles : {1, 2, 7, 48}) {
    for (const Int64 tokens : {0, 1, 31, 32, 33, 1000}) {
      for (const Int64 blocks : {1, 3, 132, 2000}) {
        const weight_gradient::Shares s = weight_gradient::shares_of(tiles, tokens, 32, blocks);
        Int64 unit = 0;
        std::set<Int64> places;
        std::size_t pieces = 0;
        for (Int64 block = 0; block < s.blocks; ++block) {
          ASSERT_EQ(s.first_of(block), unit);
          for (Int64 last_tile = -1; unit < s.first_of(block + 1); ++unit) {
            ASSERT_EQ(s.block_of(unit), block);
            if (unit / s.chunks == last_tile) continue;
            last_tile = unit / s.chunks;
            places.insert(s.piece(block, last_tile));
            ++pieces;
          }
        }
        ASSERT_EQ(unit, tiles * s.chunks);
        ASSERT_EQ(places.size(), pieces);
        ASSERT_TRUE(places.empty() || *places.rbegin() < blocks + tiles);
      }
    }
  }
}

weight_gradient::Gates lstm_gates() {
  return weight_gradient::gates_of(4, 4, 4, [](int gate) { return gate; });
}

template <class MatrixTile>
void expect_launches_fit() {
  constexpr Instruction kInstruction = instruction_of<MatrixTile>();
  for (const Int64 shared : {48 * 1024, 64 * 1024, 99 * 1024, 163 * 1024, 227 * 1024}) {
    for (Int64 padded = 16; padded <= 2048; padded += padded < 256 ? 16 : 208) {
      for (const Int64 heads : {1, 2, 48}) {
        weight_gradient::Machine machine{132, shared, shared + 1024, 65536};
        weight_gradient::Problem problem{16384, heads, padded, lstm_gates(), sizeof(float)};
        if constexpr (sizeof(typename MatrixTile::Input) == 2) problem.element_bytes = 2;
        const weight_gradient::Launch l = weight_gradient::launch_of(kInstruction, problem, machine);
        SCOPED_TRACE(testing::Message() << "shared " << shared << " padded " << padded << " heads " << heads);
        ASSERT_LE(l.shared_bytes, shared);
        ASSERT_LE(l.threads, 512);
        ASSERT_GE(l.tile.stages, 2);
        // A thread for every 16 bytes of a row of either operand.
        const Int64 row = l.tile.block_heads * std::max(weight_gradient::tile_rows(kInstruction, l.tile),
                                                        weight_gradient::tile_columns(kInstruction, l.tile));
        ASSERT_LE(row * problem.element_bytes / 16, l.threads);
        ASSERT_LE(weight_gradient::registers(kInstruction, l.tile), 290);
      }
    }
  }
}

TEST(WeightGradient, LaunchesFit) {
  expect_launches_fit<device::MmaSyncM16N8K16<Bf16>>();
  expect_launches_fit<device::MmaSyncM16N8K8Tf32>();
  expect_launches_fit<device::Mfma16x16x16<Bf16>>();
  expect_launches_fit<device::FmaTile<float, 32, 4, 4, 1, 4>>();
  expect_launches_fit<device::FmaTile<float, 64, 8, 2, 1, 4>>();
}

}  // namespace
}  // namespace flashrnn::kernel::test

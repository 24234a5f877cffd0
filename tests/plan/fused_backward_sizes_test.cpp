// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "common/kernel/fused_backward_kernel.hpp"
#include "tests/plan/kernel_sizes.hpp"

namespace flashrnn::plan::sizes {
namespace {

/// What is not here follows: k tiles of the gates of the block's units, unit tiles of a warp.
struct Instance {
  Exchange exchange;
  device::Uint32 flags;
  int row_tiles, group_blocks, block_unit_tiles, unit_warps, k_warps, shared_k, stages;
};
constexpr device::Uint32 kPlain = kernel::kSequenceH | kernel::kTraining;

constexpr std::array kInstances = {
    Instance{Exchange::kBlock, kPlain, 1, 1, 1, 1, 2, 0, 8},
    Instance{Exchange::kBlock, kernel::kRuntimeFlags, 2, 1, 4, 2, 4, 1, 4},
    Instance{Exchange::kBlock, kPlain | kernel::kForwardClip, 1, 1, 2, 2, 1, 2, 3},
    Instance{Exchange::kCluster, kPlain, 1, 16, 3, 8, 1, 3, 4},
    Instance{Exchange::kCluster, kernel::kRuntimeFlags, 4, 4, 1, 4, 1, 0, 2},
    Instance{Exchange::kCluster, kernel::kTraining | kernel::kSequenceAll, 1, 8, 1, 4, 1, 1, 8},
    Instance{Exchange::kGrid, kPlain, 1, 64, 1, 8, 1, 0, 8},
    Instance{Exchange::kGrid, kernel::kRuntimeFlags, 2, 4, 2, 8, 1, 1, 2},
};

template <class CellType, class MatrixTile>
constexpr Tile tile_of(const Instance& x) {
  Tile tile;
  tile.row_tiles = x.row_tiles;
  tile.group_blocks = x.group_blocks;
  tile.block_unit_tiles = x.block_unit_tiles;
  tile.unit_warps = x.unit_warps;
  tile.k_warps = x.k_warps;
  tile.warp_unit_tiles = (x.group_blocks * x.block_unit_tiles + x.unit_warps - 1) / x.unit_warps;
  tile.warp_k_tiles = CellType::kRecurrentGates * x.block_unit_tiles * MatrixTile::kM / MatrixTile::kK / x.k_warps;
  tile.shared_k = x.shared_k < tile.warp_k_tiles ? x.shared_k : 0;
  tile.register_k = tile.warp_k_tiles - tile.shared_k;
  tile.stages = x.stages;
  return tile;
}

struct OfTiles {
  int* count;

  template <class CellType, class Element, class MatrixTile>
  void operator()() const {
    tiles<CellType, Element, MatrixTile>(std::make_index_sequence<kInstances.size()>());
  }
  template <class CellType, class Element, class MatrixTile, std::size_t... I>
  void tiles(std::index_sequence<I...>) const {
    (one<CellType, Element, MatrixTile, I>(), ...);
  }
  template <class CellType, class Element, class MatrixTile, std::size_t I>
  void one() const {
    constexpr Instance kOne = kInstances[I];
    constexpr Tile kTile = tile_of<CellType, MatrixTile>(kOne);
    using C = Config<CellType, Element, MatrixTile, kTile, kOne.exchange, kOne.flags>;
    if constexpr (kernel::fused_backward_takes(kernel::instruction_of<MatrixTile>(), kernel::fused_backward_needs<C>(),
                                               kTile, kOne.exchange)) {
      expect_sizes<kernel::FusedBackward<Simt32, C>, C>(form_of(kOne.exchange), Pass::kBackward);
      ++*count;
    }
  }
};

TEST(KernelSizes, FusedBackward) {
  int count = 0;
  for_cells_and_products(OfTiles{&count});
  EXPECT_GE(count, 100);
}

/// What the planner knows of the built-in cells beside the counts that the C API has.
template <class CellType>
void expect_counts() {
  const CellCounts counts = builtin_cell(CellType::kName);
  using Kernel = cell::CellKernel<CellType>;
  EXPECT_EQ(counts.input_gates, CellType::kInputGates) << counts.name;
  EXPECT_EQ(counts.recurrent_gates, CellType::kRecurrentGates) << counts.name;
  EXPECT_EQ(counts.bias_gates, CellType::kBiases) << counts.name;
  EXPECT_EQ(counts.states, CellType::kStates) << counts.name;
  EXPECT_EQ(counts.second_stage_gates, CellType::kRecurrentGates - Kernel::first_stage_gates()) << counts.name;
  EXPECT_EQ(counts.saved, Kernel::kSaved) << counts.name;
  EXPECT_EQ(counts.recurrent_slots, kernel::recurrent_slots<CellType>()) << counts.name;
  EXPECT_EQ(counts.backward_reads_h, kernel::backward_reads_h<CellType>()) << counts.name;
}
TEST(KernelSizes, CountsOfTheBuiltInCells) {
  expect_counts<cell::Lstm>();
  expect_counts<cell::Gru>();
  expect_counts<cell::GruResetBefore>();
  expect_counts<cell::Elman>();
  expect_counts<cell::Slstm>();
}

}  // namespace
}  // namespace flashrnn::plan::sizes

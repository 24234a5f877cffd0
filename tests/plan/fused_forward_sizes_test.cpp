// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "common/kernel/fused_forward_kernel.hpp"
#include "tests/plan/kernel_sizes.hpp"

namespace flashrnn::plan::sizes {
namespace {

struct Instance {
  Exchange exchange;
  device::Uint32 flags;
  Tile tile;
};
constexpr device::Uint32 kInference = kernel::kSequenceH;
constexpr device::Uint32 kTraining = kernel::kSequenceH | kernel::kTraining;
constexpr device::Uint32 kMany = kTraining | kernel::kSequenceAll | kernel::kResets | kernel::kForwardClip;

/// row_tiles, block_heads, group_blocks, block_unit_tiles, unit_warps, k_warps, warp_unit_tiles, warp_k_tiles,
/// register_k, shared_k, stages.
constexpr std::array kInstances = {
    Instance{Exchange::kBlock, kInference, {1, 1, 1, 2, 2, 1, 1, 1, 1, 0, 8}},
    Instance{Exchange::kBlock, kTraining, {2, 2, 1, 4, 2, 2, 2, 3, 1, 1, 4}},
    Instance{Exchange::kBlock, kernel::kRuntimeFlags, {1, 1, 1, 3, 3, 4, 1, 2, 2, 0, 2}},
    Instance{Exchange::kCluster, kInference, {1, 1, 16, 6, 6, 2, 1, 24, 9, 15, 3}},
    Instance{Exchange::kCluster, kTraining, {2, 1, 8, 4, 2, 2, 2, 8, 8, 0, 8}},
    Instance{Exchange::kCluster, kMany, {1, 1, 4, 2, 2, 1, 1, 8, 6, 1, 6}},
    Instance{Exchange::kGrid, kTraining, {1, 1, 48, 2, 2, 4, 1, 12, 12, 0, 8}},
    Instance{Exchange::kGrid, kernel::kRuntimeFlags, {4, 1, 8, 2, 1, 1, 2, 16, 3, 4, 2}},
};

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
    using C = Config<CellType, Element, MatrixTile, kOne.tile, kOne.exchange, kOne.flags>;
    if constexpr (kernel::fused_forward::possible(kernel::fused_forward::shape_of<C>())) {
      expect_sizes<kernel::FusedForward<Simt32, C>, C>(form_of(kOne.exchange), Pass::kForward);
      ++*count;
    }
  }
};

TEST(KernelSizes, FusedForward) {
  int count = 0;
  for_cells_and_products(OfTiles{&count});
  EXPECT_GE(count, 100);
}

}  // namespace
}  // namespace flashrnn::plan::sizes

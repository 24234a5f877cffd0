// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "common/device/tile_mfma.hpp"
#include "common/device/tile_wmma.hpp"
#include "common/kernel/recompute_kernel.hpp"
#include "common/kernel/stepwise_backward_kernel.hpp"
#include "common/kernel/stepwise_forward_kernel.hpp"
#include "tests/plan/kernel_sizes.hpp"

namespace flashrnn::plan::sizes {
namespace {

/// Of the fields of a tile those that the stepwise kernels have.
constexpr Tile stepwise_tile(int row_tiles, int unit_warps, int k_warps, int warp_unit_tiles, int warp_k_tiles,
                             int stages) {
  Tile tile;
  tile.row_tiles = row_tiles;
  tile.block_unit_tiles = unit_warps * warp_unit_tiles;
  tile.unit_warps = unit_warps;
  tile.k_warps = k_warps;
  tile.warp_unit_tiles = warp_unit_tiles;
  tile.warp_k_tiles = warp_k_tiles;
  tile.register_k = 0;
  tile.stages = stages;
  return tile;
}
constexpr std::array kTiles = {stepwise_tile(1, 1, 2, 1, 1, 2), stepwise_tile(2, 8, 1, 1, 4, 4),
                               stepwise_tile(4, 2, 4, 2, 2, 3)};

struct OfTiles {
  int* count;

  template <class CellType, class Element, class MatrixTile>
  void operator()() const {
    tiles<CellType, Element, MatrixTile>(std::make_index_sequence<kTiles.size()>());
  }
  template <class CellType, class Element, class MatrixTile, std::size_t... I>
  void tiles(std::index_sequence<I...>) const {
    (one<CellType, Element, MatrixTile, I>(), ...);
  }
  template <class CellType, class Element, class MatrixTile, std::size_t I>
  void one() const {
    using C = Config<CellType, Element, MatrixTile, kTiles[I], Exchange::kBlock, kernel::kRuntimeFlags>;
    expect_sizes<kernel::StepwiseForward<Simt32, C>, C>(Form::kStepwise, Pass::kForward);
    expect_sizes<kernel::StepwiseBackward<Simt32, C>, C>(Form::kStepwise, Pass::kBackward);
    // Recompute has the tile of a forward plan.
    expect_sizes<kernel::Recompute<Simt32, C>, C>(Form::kStepwise, Pass::kForward);
    *count += 3;
  }
};

TEST(KernelSizes, Stepwise) {
  int count = 0;
  for_cells_and_products(OfTiles{&count});
  EXPECT_GE(count, 100);
}

/// What each GPU of the database multiplies with is a matrix tile of common/device, and its registers are that tile's.
TEST(KernelSizes, InstructionsAreMatrixTiles) {
  using kernel::instruction_of;
  for (const hw::Device& device : hw::Database::shared().devices()) {
    if (device.kind != hw::Kind::kGpu || device.is_family) continue;
    for (const ElementType element : {ElementType::kBf16, ElementType::kFp16, ElementType::kFp32}) {
      GpuFigures f;
      std::string why;
      ASSERT_TRUE(resolve_figures(device, element, true, f, why)) << why;
      const bool wide = f.lanes == 64;
      kernel::Instruction expected = instruction_of<FmaFloat>();
      if (f.instruction.starts_with("mma.m16n8k16")) {
        expected = instruction_of<device::MmaSyncM16N8K16<Bf16>>();
      } else if (f.instruction.starts_with("mma.m16n8k8.tf32")) {
        expected = instruction_of<device::MmaSyncM16N8K8Tf32>();
      } else if (f.instruction.starts_with("v_mfma")) {
        expected = instruction_of<device::Mfma16x16x16<Bf16>>();
      } else if (f.instruction.starts_with("v_wmma")) {
        expected =
            wide ? instruction_of<device::Wmma16x16x16<Bf16, 64>>() : instruction_of<device::Wmma16x16x16<Bf16, 32>>();
      } else if (element == ElementType::kFp32) {
        expected = wide ? instruction_of<device::FmaTile<float, 64, 8, 2, 1, 4>>() : instruction_of<FmaFloat>();
      } else {
        expected = wide ? instruction_of<device::FmaTile<Bf16, 64, 8, 2, 1, 4>>() : instruction_of<FmaBf16>();
      }
      EXPECT_EQ(f.matrix, expected) << device.name << " " << f.instruction;
    }
  }
}

}  // namespace
}  // namespace flashrnn::plan::sizes

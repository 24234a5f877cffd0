// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/stepwise_tiles.hpp"

namespace flashrnn::kernel::test {
namespace {

template <class>
class StepwiseTiles : public testing::Test {};
using Tiles =
    testing::Types<On<Simt32, cell::Elman, Fp16, float, device::Wmma16x16x16<Fp16, 32>, kSmall>,
                   On<Simt64, cell::Lstm, Bf16, Bf16, device::Mfma32x32x8<Bf16>, kSmall>,
                   On<Simt64, cell::GruResetBefore, Fp16, float, device::Mfma16x16x16<Fp16>, kLarge>,
                   On<Simt64, cell::Gru, float, float, device::FmaTile<float, 64, 8, 2, 2, 4>, kLarge, cell::FastMath>>;
TYPED_TEST_SUITE(StepwiseTiles, Tiles);

TYPED_TEST(StepwiseTiles, Options) { expect_options<TypeParam>(); }
TYPED_TEST(StepwiseTiles, Shapes) { expect_shapes<TypeParam>(); }

/// A tile of the size that the planner takes for a GPU, over several blocks in every direction.
TEST(StepwiseFullTile, Chain) {
  constexpr Tile kFull = {.row_tiles = 4,
                          .block_unit_tiles = 8,
                          .unit_warps = 4,
                          .k_warps = 2,
                          .warp_unit_tiles = 2,
                          .warp_k_tiles = 2,
                          .stages = 3};
  using Full = On<Simt32, cell::Lstm, Bf16, float, device::MmaSyncM16N8K16<Bf16>, kFull>;
  verify::Case test = case_of<Full::C>("full", 35, 3, 2, 150);
  test.lengths = test.resets = true;
  expect_case<StepwisePipeline, Simt32, Full::C>(test);
  test.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  expect_case<StepwisePipeline, Simt32, Full::C>(test);
}

}  // namespace
}  // namespace flashrnn::kernel::test

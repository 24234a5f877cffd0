// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_forward_support.hpp"

/// FusedForward as it is compiled for one problem: flags and head size are constants, and guards fall away.
namespace flashrnn::kernel::test {
namespace {

constexpr Tile kBlock = {.block_unit_tiles = 4, .unit_warps = 4, .warp_k_tiles = 2, .register_k = 2, .stages = 8};
constexpr Tile kCluster = {.group_blocks = 2,
                           .block_unit_tiles = 2,
                           .unit_warps = 2,
                           .k_warps = 2,
                           .warp_k_tiles = 1,
                           .register_k = 1,
                           .stages = 8};

template <Tile kTile, Exchange kExchange, Uint32 kFlags>
using Fixed = Config<cell::Lstm, Bf16, float, cell::FastMath, MmaBf16, kTile, kExchange, kFlags, 32>;

/// Rows that fill their tile and rows that do not, more and fewer steps than the ring has stages.
template <class C>
void expect_shapes(void (*change)(verify::Case&)) {
  std::uint64_t seed = 1;
  for (const std::int64_t batch : {3, 8, 17}) {
    for (const std::int64_t time : {1, 2, 11}) {
      verify::Case test = case_of<C>("fixed", batch, time, 2, 32);
      test.seed = seed++;
      test.training = false;
      change(test);
      expect_forward<Simt32, C>(test);
      test.placement = verify::Placement::kPadded;
      expect_forward<Simt32, C>(test);
    }
  }
}

template <Tile kTile, Exchange kExchange>
void expect_inference() {
  expect_shapes<Fixed<kTile, kExchange, kSequenceH>>([](auto& c) { c.output_sequence = FLASHRNN_SEQUENCE_H; });
}
TEST(FusedForwardFixed, BlockInference) { expect_inference<kBlock, Exchange::kBlock>(); }
TEST(FusedForwardFixed, ClusterInference) { expect_inference<kCluster, Exchange::kCluster>(); }

template <Tile kTile, Exchange kExchange>
void expect_training() {
  using C = Fixed<kTile, kExchange, kSequenceAll | kTraining | kResets | kReverse>;
  for (const std::int64_t batch : {5, 8}) {
    verify::Case test = case_of<C>("fixed", batch, 40, 2, 32);
    test.resets = test.reverse = true;
    Scene<Simt32, C> scene(test);
    ASSERT_TRUE(FusedForwardPipeline::forward(scene, test));
    expect_reserve<Simt32, C>(test);
  }
}
TEST(FusedForwardFixed, BlockTraining) { expect_training<kBlock, Exchange::kBlock>(); }
TEST(FusedForwardFixed, ClusterTraining) { expect_training<kCluster, Exchange::kCluster>(); }

}  // namespace
}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_forward_support.hpp"

/// FusedForward whose blocks exchange h: through a cluster's shared memory, or through global memory.
namespace flashrnn::kernel::test {
namespace {

constexpr Tile kTwoBlocks = {.group_blocks = 2,
                             .block_unit_tiles = 2,
                             .unit_warps = 2,
                             .k_warps = 2,
                             .warp_k_tiles = 1,
                             .register_k = 1,
                             .stages = 4};
constexpr Tile kFourBlocks = {.group_blocks = 4,
                              .block_unit_tiles = 2,
                              .unit_warps = 2,
                              .k_warps = 2,
                              .warp_k_tiles = 2,
                              .register_k = 1,
                              .shared_k = 1,
                              .stages = 3};
constexpr Tile kThreeBlocks = {
    .group_blocks = 3, .block_unit_tiles = 2, .unit_warps = 2, .warp_k_tiles = 3, .register_k = 1};
constexpr Tile kOneBlock = {.row_tiles = 2,
                            .block_unit_tiles = 2,
                            .unit_warps = 2,
                            .k_warps = 1,
                            .warp_k_tiles = 1,
                            .register_k = 1,
                            .stages = 2};

TEST(FusedForwardCluster, LstmOfFour) {
  expect_options<Simt32, Any<cell::Lstm, MmaBf16, kFourBlocks, Exchange::kCluster>>(3, 7, 2, 56);
}
TEST(FusedForwardCluster, GruOfTwo) {
  expect_options<Simt32, Any<cell::Gru, MmaFp16, kTwoBlocks, Exchange::kCluster>>(9, 6, 2, 27);
}
TEST(FusedForwardCluster, SlstmOfOne) {
  expect_options<Simt32, Any<cell::Slstm, MmaBf16, kOneBlock, Exchange::kCluster>>(18, 5, 1, 16);
}
TEST(FusedForwardGrid, LstmOfThree) {
  expect_options<Simt32, Any<cell::Lstm, MmaBf16, kThreeBlocks, Exchange::kGrid>>(9, 6, 2, 44);
}
TEST(FusedForwardGrid, GruOfTwo) {
  expect_options<Simt32, Any<cell::Gru, MmaBf16, kTwoBlocks, Exchange::kGrid>>(4, 7, 1, 32);
}

}  // namespace
}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_forward_support.hpp"

/// FusedForward in a block: every cell, 16-bit elements by mma.sync.
namespace flashrnn::kernel::test {
namespace {

constexpr Tile kFatWarps = {.block_unit_tiles = 4,
                            .unit_warps = 2,
                            .warp_unit_tiles = 2,
                            .warp_k_tiles = 2,
                            .register_k = 1,
                            .shared_k = 1,
                            .stages = 3};
TEST(FusedForwardBlock, Lstm) {
  expect_options<Simt32, Any<cell::Lstm, MmaBf16, kFatWarps, Exchange::kBlock>>(3, 7, 2, 24);
}

constexpr Tile kManyRows = {
    .row_tiles = 2, .block_unit_tiles = 2, .unit_warps = 2, .warp_k_tiles = 1, .register_k = 1, .stages = 2};
TEST(FusedForwardBlock, Slstm) {
  expect_options<Simt32, Any<cell::Slstm, MmaFp16, kManyRows, Exchange::kBlock>>(18, 6, 1, 16);
}

constexpr Tile kSharedHead = {.block_heads = 2,
                              .block_unit_tiles = 4,
                              .unit_warps = 2,
                              .k_warps = 2,
                              .warp_unit_tiles = 2,
                              .warp_k_tiles = 1,
                              .register_k = 1};
TEST(FusedForwardBlock, Gru) {
  expect_options<Simt32, Any<cell::Gru, MmaBf16, kSharedHead, Exchange::kBlock>>(2, 6, 3, 32);
}

constexpr Tile kStreamed = {.block_unit_tiles = 6,
                            .unit_warps = 3,
                            .k_warps = 2,
                            .warp_unit_tiles = 2,
                            .warp_k_tiles = 2,
                            .register_k = 0,
                            .shared_k = 1};
TEST(FusedForwardBlock, GruResetBefore) {
  expect_options<Simt32, Any<cell::GruResetBefore, MmaBf16, kStreamed, Exchange::kBlock>>(5, 6, 2, 41);
}

constexpr Tile kFourK = {.block_heads = 2,
                         .block_unit_tiles = 2,
                         .unit_warps = 1,
                         .k_warps = 4,
                         .warp_unit_tiles = 2,
                         .warp_k_tiles = 1,
                         .register_k = 1,
                         .stages = 5};
TEST(FusedForwardBlock, Elman) {
  expect_options<Simt32, Any<cell::Elman, MmaBf16, kFourK, Exchange::kBlock>>(9, 5, 2, 17);
}

}  // namespace
}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_forward_support.hpp"

/// FusedForward with other matrix tiles and elements: true fp32, tf32, waves of 64 lanes.
namespace flashrnn::kernel::test {
namespace {

template <class Element, int Lanes>
using Fma = device::FmaTile<Element, Lanes, Lanes / 8, 128 / Lanes, 1, 4>;

constexpr Tile kSmall = {
    .block_unit_tiles = 2, .unit_warps = 2, .k_warps = 2, .warp_k_tiles = 4, .register_k = 2, .shared_k = 1};

TEST(FusedForwardFma, Lstm) {
  expect_options<Simt32, Any<cell::Lstm, Fma<float, 32>, kSmall, Exchange::kBlock>>(3, 6, 2, 21);
}

constexpr Tile kTwoBlocks = {
    .group_blocks = 2, .block_unit_tiles = 1, .unit_warps = 1, .k_warps = 2, .warp_k_tiles = 4, .register_k = 4};
constexpr Tile kTwoOfCluster = {
    .group_blocks = 2, .block_unit_tiles = 1, .unit_warps = 1, .warp_k_tiles = 8, .register_k = 8};
TEST(FusedForwardFma, SlstmInCluster) {
  expect_options<Simt32, Any<cell::Slstm, Fma<float, 32>, kTwoOfCluster, Exchange::kCluster>>(9, 5, 1, 32);
}

constexpr Tile kTf32 = {.block_unit_tiles = 2, .unit_warps = 2, .warp_k_tiles = 2, .register_k = 2};
/// Small integers through linear activations: every bit is known, and tf32 has the bits for them.
TEST(FusedForwardTf32, Exact) {
  using C = Config<cell::Gru, float, float, cell::LinearMath, device::MmaSyncM16N8K8Tf32, kTf32, Exchange::kBlock,
                   kRuntimeFlags, 0>;
  for (const std::int64_t dim : {5, 16}) {
    verify::Case test = case_of<C>("exact", 9, 6, 2, dim);
    test.math = FLASHRNN_MATH_LINEAR;
    test.numbers = verify::Numbers::kIntegers;
    test.forward_clip = 3.0;
    test.resets = test.lengths = true;
    expect_forward<Simt32, C>(test);
  }
}

TEST(FusedForward64, ElmanFma) {
  expect_options<Simt64, Any<cell::ElmanRelu, Fma<float, 64>, kTwoBlocks, Exchange::kGrid>>(9, 5, 1, 28);
}

constexpr Tile kMfma = {.block_unit_tiles = 2, .unit_warps = 2, .warp_k_tiles = 2, .register_k = 1, .shared_k = 1};
TEST(FusedForward64, LstmMfma) {
  expect_options<Simt64, Any<cell::Lstm, device::Mfma16x16x16<Bf16>, kMfma, Exchange::kBlock>>(17, 5, 2, 30);
}

}  // namespace
}  // namespace flashrnn::kernel::test

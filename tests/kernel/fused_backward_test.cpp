// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_backward_support.hpp"

/// FusedBackward with a head in one block, on mma.sync.
namespace flashrnn::kernel::test {
namespace {

/// A cell whose backward does without h.
struct LstmWithoutH : cell::Lstm {
  static constexpr bool kBackwardReadsH = false;
};

TEST(FusedBackwardBlock, Lstm) {
  using C = Fast<LstmWithoutH, tile(1, 1, 1, 1, 2, 1, 2, 2, 0, 4)>;
  expect_random<simt::Simt32, C>("random", {3, 8, 16}, 40);
  expect_options<simt::Simt32, C>("block", 3, 7, 2, 16);
  expect_options<simt::Simt32, C>("block", 3, 7, 2, 13);
  expect_sizes<simt::Simt32, C>("block", {1, 8, 15});
}
TEST(FusedBackwardBlock, Specialised) {
  using C = Specialised<LstmWithoutH, tile(1, 1, 2, 2, 2, 1, 4, 4, 0, 8), Exchange::kBlock, 32>;
  expect_specialised<simt::Simt32, C>("specialised");
}
TEST(FusedBackwardBlock, LstmOfTwoRowTilesAndRInThreePlaces) {
  using C = Fast<cell::Lstm, tile(2, 1, 2, 1, 2, 2, 4, 1, 1, 3)>;
  expect_sizes<simt::Simt32, C>("block", {31, 32});
}
TEST(FusedBackwardBlock, Gru) {
  using C = Fast<cell::Gru, tile(1, 1, 2, 2, 1, 1, 6, 6, 0, 8), Exchange::kBlock, device::Fp16>;
  expect_options<simt::Simt32, C>("block", 3, 7, 1, 32);
  expect_sizes<simt::Simt32, C>("block", {20, 24});
}
TEST(FusedBackwardBlock, Slstm) {
  using C = Fast<cell::Slstm, tile(1, 1, 1, 1, 1, 1, 4, 4, 0, 4)>;
  expect_options<simt::Simt32, C>("block", 2, 7, 1, 16);
}
TEST(FusedBackwardBlock, Elman) {
  using C = Fast<cell::Elman, tile(1, 1, 1, 1, 1, 1, 1, 1, 0, 2)>;
  expect_sizes<simt::Simt32, C>("block", {7, 16});
}

}  // namespace
}  // namespace flashrnn::kernel::test

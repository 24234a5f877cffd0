// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/fused_backward_support.hpp"

/// FusedBackward where blocks share a head: through a cluster and through global memory.
namespace flashrnn::kernel::test {
namespace {

TEST(FusedBackwardCluster, Lstm) {
  using C = Fast<cell::Lstm, tile(1, 4, 1, 2, 1, 2, 4, 3, 1, 4), Exchange::kCluster>;
  expect_options<simt::Simt32, C>("cluster", 3, 6, 2, 64);
  expect_sizes<simt::Simt32, C>("cluster", {50});
}
TEST(FusedBackwardCluster, Specialised) {
  using C = Specialised<cell::Lstm, tile(1, 4, 1, 1, 1, 4, 4, 4, 0, 8), Exchange::kCluster, 64>;
  expect_specialised<simt::Simt32, C>("specialised");
}
TEST(FusedBackwardCluster, Gru) {
  using C = Fast<cell::Gru, tile(2, 2, 1, 2, 1, 1, 3, 3, 0, 8), Exchange::kCluster, device::Fp16>;
  expect_random<simt::Simt32, C>("random", {32, 21}, 12);
}
TEST(FusedBackwardCluster, SlstmOfOneBlock) {
  using C = Fast<cell::Slstm, tile(1, 1, 2, 2, 1, 1, 8, 0, 8, 2), Exchange::kCluster>;
  expect_sizes<simt::Simt32, C>("cluster", {32});
}
TEST(FusedBackwardGrid, Lstm) {
  using C = Fast<cell::Lstm, tile(1, 3, 1, 1, 1, 3, 4, 4, 0, 4), Exchange::kGrid>;
  expect_options<simt::Simt32, C>("grid", 3, 6, 2, 48);
}
TEST(FusedBackwardGrid, Gru) {
  using C = Fast<cell::Gru, tile(1, 2, 1, 4, 1, 1, 3, 3, 0, 4), Exchange::kGrid>;
  expect_sizes<simt::Simt32, C>("grid", {18, 32});
}

}  // namespace
}  // namespace flashrnn::kernel::test

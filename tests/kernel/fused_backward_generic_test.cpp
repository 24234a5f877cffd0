// SPDX-License-Identifier: Apache-2.0
#include "common/device/tile_fma.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/device/tile_wmma.hpp"
#include "tests/kernel/fused_backward_support.hpp"

/// FusedBackward on tiles without a form of their own: true fp32, tf32, AMD's, and cells of two stages.
namespace flashrnn::kernel::test {
namespace {

template <class Cell, class T, Tile kTile, Exchange kExchange = Exchange::kBlock, class Element = float>
using Generic = Config<Cell, Element, float, cell::ExactMath, T, kTile, kExchange, kRuntimeFlags, 0>;

/// As the planner has it: 16 x 8.
template <class Element, int kLanes>
using Fma = device::FmaTile<Element, kLanes, kLanes / 8, 128 / kLanes, 1, 4>;

TEST(FusedBackwardGeneric, LstmFma) {
  using C = Generic<cell::Lstm, Fma<float, 32>, tile(1, 1, 1, 1, 2, 1, 8, 6, 1, 4)>;
  expect_options<simt::Simt32, C>("fma", 3, 6, 2, 13);
  expect_random<simt::Simt32, C>("random", {6, 16}, 12);
}
TEST(FusedBackwardGeneric, GruResetBefore) {
  using C = Generic<cell::GruResetBefore, Fma<float, 32>, tile(1, 1, 1, 1, 2, 1, 6, 6, 0, 4)>;
  expect_options<simt::Simt32, C>("fma", 3, 6, 1, 11);
  using M = Generic<cell::GruResetBefore, Mma<device::Bf16>, tile(1, 2, 1, 2, 1, 1, 3, 3, 0, 4), Exchange::kCluster,
                    device::Bf16>;
  expect_sizes<simt::Simt32, M>("mma_cluster", {32});
}
TEST(FusedBackwardGeneric, LstmTf32InACluster) {
  using C = Generic<cell::Lstm, device::MmaSyncM16N8K8Tf32, tile(1, 2, 1, 1, 1, 2, 8, 4, 4, 4), Exchange::kCluster>;
  verify::Case test = case_of<C>("tf32", 3, 5, 2, 24);
  test.matmul = FLASHRNN_MATMUL_TF32;
  expect_case<BackwardPipeline, simt::Simt32, C>(test);
}
TEST(FusedBackwardGeneric, ElmanOf64Lanes) {
  using C = Generic<cell::Elman, Fma<float, 64>, tile(1, 1, 2, 2, 1, 1, 8, 8, 0, 4)>;
  expect_options<simt::Simt64, C>("fma", 3, 6, 2, 20);
}
TEST(FusedBackwardGeneric, ElmanReluWmma) {
  using C = Generic<cell::ElmanRelu, device::Wmma16x16x16<device::Fp16, 32>, tile(1, 1, 2, 1, 1, 2, 2, 1, 1, 4),
                    Exchange::kBlock, device::Fp16>;
  expect_sizes<simt::Simt32, C>("wmma", {32});
}
TEST(FusedBackwardGeneric, GruMfmaOverTheGrid) {
  using C = Generic<cell::Gru, device::Mfma16x16x16<device::Bf16>, tile(1, 2, 1, 1, 1, 2, 3, 2, 1, 4), Exchange::kGrid,
                    device::Bf16>;
  expect_sizes<simt::Simt64, C>("mfma", {32, 17});
}

}  // namespace
}  // namespace flashrnn::kernel::test

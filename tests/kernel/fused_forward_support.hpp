// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "common/device/tile_fma.hpp"
#include "common/kernel/fused_forward_kernel.hpp"
#include "tests/kernel/plain_forward.hpp"
#include "tests/kernel/support.hpp"

namespace flashrnn::kernel::test {

/// One launch of FusedForward.
struct FusedForwardPipeline {
  template <class D, class C>
  static bool forward(Scene<D, C>& scene, const verify::Case& test) {
    using K = FusedForward<D, C>;
    constexpr fused_forward::Shape kShape = fused_forward::shape_of<C>();
    auto p = scene.forward_parameters();
    if (C::kExchange == Exchange::kGrid) {
      p.exchange = scene.template workspace<typename C::Element>(
          "exchange", fused_forward::exchange_elements(kShape, test.batch, test.heads));
      p.barriers = scene.template workspace<Uint32>("barriers",
                                                    fused_forward::barrier_words(kShape, test.batch, test.heads), true);
    }
    const int cluster = C::kExchange == Exchange::kCluster ? static_cast<int>(C::kTile.group_blocks) : 1;
    return scene.template launch<K>("fused_forward", p, fused_forward::blocks(kShape, test.batch, test.heads), cluster,
                                    C::kExchange == Exchange::kGrid);
  }
  template <class D, class C>
  static bool backward(Scene<D, C>&, const verify::Case&) {
    return true;
  }
};

/// What the fused kernel keeps for backward is what the plain one keeps, but for roundings. With kRecompute that is its
/// value 0 alone.
template <class D, class C>
void expect_reserve(const verify::Case& test) {
  verify::Case with_gates = test;
  with_gates.reserve_mode = FLASHRNN_RESERVE_GATES;
  Scene<D, C> fused(test);
  Scene<D, C> plain(with_gates);
  ASSERT_TRUE(FusedForwardPipeline::forward(fused, test));
  ASSERT_TRUE((plain.template launch<PlainForward<D, C>>("plain_forward", plain.forward_parameters(), 1)));
  const double allowed = sizeof(typename C::Element) == 4 ? 1e-4 : 0.04;
  for (std::size_t i = 0; i < fused.kept().size(); ++i) {
    const auto padded = static_cast<std::size_t>(fused.padded());
    const auto fused_values = padded * static_cast<std::size_t>(fused.kept_values());
    const auto plain_values = padded * static_cast<std::size_t>(plain.kept_values());
    const double got = decode(fused.kept()[i]);
    const double expected = decode(plain.kept()[i / fused_values * plain_values + i % fused_values]);
    if (std::isnan(expected) && std::isnan(got)) continue;
    ASSERT_NEAR(got, expected, allowed * (1.0 + std::fabs(expected))) << test.name << ": kept value " << i;
  }
}

/// Outputs against the reference, without and with a reserve, and the reserve.
template <class D, class C>
void expect_forward(verify::Case test) {
  const bool training = test.training;
  test.training = false;
  expect_case<FusedForwardPipeline, D, C>(test);
  if (!training) return;
  test.training = true;
  expect_reserve<D, C>(test);
}

/// Every option, alone and together.
template <class D, class C>
void expect_options(std::int64_t batch, std::int64_t time, std::int64_t heads, std::int64_t head_dim) {
  for (const verify::Case& test : option_cases(case_of<C>("fused", batch, time, heads, head_dim))) {
    expect_forward<D, C>(test);
  }
}

/// Flags at run time, any head size.
template <class Cell, class MatrixTile, Tile kTile, Exchange kExchange, class Element = typename MatrixTile::Input>
using Any = Config<Cell, Element, float, cell::ExactMath, MatrixTile, kTile, kExchange, kRuntimeFlags, 0>;

using MmaBf16 = device::MmaSyncM16N8K16<Bf16>;
using MmaFp16 = device::MmaSyncM16N8K16<Fp16>;

}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <random>
#include <vector>

#include "common/kernel/fused_backward_kernel.hpp"
#include "tests/kernel/plain_forward.hpp"
#include "tests/kernel/support.hpp"

/// How FusedBackward is tested: after a plain forward, on the emulated device.
namespace flashrnn::kernel::test {

struct BackwardPipeline {
  template <class D, class C>
  static bool forward(Scene<D, C>& scene, const verify::Case&) {
    return scene.template launch<PlainForward<D, C>>("plain_forward", scene.forward_parameters(), 1);
  }
  template <class D, class C>
  static bool backward(Scene<D, C>& scene, const verify::Case& test) {
    if (!launch(scene, test)) return false;
    if (!test.repeat) return true;
    // In another order of lanes: the same bits.
    const auto first = scene.gradients();
    if (!launch(scene, test)) return false;
    EXPECT_EQ(std::memcmp(first.data(), scene.gradients().data(), first.size() * sizeof(first[0])), 0) << test.name;
    if ((test.omit & verify::kOmitDWx) != 0) return true;
    // Without a place for the gradients of its own: the same dwx.
    const auto dwx = scene.result().gradients.dWx;
    if (!launch(scene, test, false)) return false;
    EXPECT_EQ(scene.result().gradients.dWx, dwx) << test.name;
    return launch(scene, test);
  }

 private:
  template <class D, class C>
  static bool launch(Scene<D, C>& scene, const verify::Case& test, bool with_gradients = true) {
    using K = FusedBackward<D, C>;
    auto p = scene.backward_parameters(scene.reserve());
    if (!with_gradients) p.gradients = {};
    constexpr FusedBackwardShape kShape = K::N::kShape;
    const Int64 groups = fused_backward_groups(kShape, test.batch, test.heads);
    if (C::kExchange == Exchange::kGrid) {
      p.exchange = scene.template workspace<float>("exchange", groups * kShape.exchange_floats);
      p.barriers = scene.template workspace<Uint32>("barriers", groups * kShape.barrier_words, true);
    }
    const int cluster = C::kExchange == Exchange::kCluster ? static_cast<int>(C::kTile.group_blocks) : 1;
    return scene.template launch<K>("fused_backward", p, groups * C::kTile.group_blocks, cluster,
                                    C::kExchange == Exchange::kGrid);
  }
};

template <class E>
using Mma = device::MmaSyncM16N8K16<E>;

/// In the order of the struct.
constexpr Tile tile(int row_tiles, int group_blocks, int block_unit_tiles, int unit_warps, int k_warps,
                    int warp_unit_tiles, int warp_k_tiles, int register_k, int shared_k, int stages) {
  Tile t;
  t.row_tiles = row_tiles;
  t.group_blocks = group_blocks;
  t.block_unit_tiles = block_unit_tiles;
  t.unit_warps = unit_warps;
  t.k_warps = k_warps;
  t.warp_unit_tiles = warp_unit_tiles;
  t.warp_k_tiles = warp_k_tiles;
  t.register_k = register_k;
  t.shared_k = shared_k;
  t.stages = stages;
  return t;
}

template <class Cell, Tile kTile, Exchange kExchange = Exchange::kBlock, class Element = device::Bf16>
using Fast = Config<Cell, Element, float, cell::ExactMath, Mma<Element>, kTile, kExchange, kRuntimeFlags, 0>;

/// The options on one shape.
template <class D, class C>
void expect_options(const char* name, std::int64_t batch, std::int64_t time, std::int64_t heads,
                    std::int64_t head_dim) {
  for (const verify::Case& test : option_cases(case_of<C>(name, batch, time, heads, head_dim))) {
    if (!test.training || test.reserve_mode != FLASHRNN_RESERVE_GATES) continue;
    expect_case<BackwardPipeline, D, C>(test);
  }
}

/// Sizes that fill tiles and such that do not, plain and with everything together.
template <class D, class C>
void expect_sizes(const char* name, const std::vector<std::int64_t>& dims) {
  std::uint64_t seed = 1;
  for (const std::int64_t dim : dims) {
    for (const std::int64_t batch : {1, 9}) {
      verify::Case test = case_of<C>(name, batch, 5, 2, dim);
      test.seed = ++seed;
      expect_case<BackwardPipeline, D, C>(test);
      test.lengths = test.resets = test.reverse = true;
      test.gradient_clip = 0.5;
      test.gradient_sequence = FLASHRNN_SEQUENCE_H;
      test.name += "/all";
      expect_case<BackwardPipeline, D, C>(test);
    }
  }
}

/// Options in random company.
template <class D, class C>
void expect_random(const char* name, const std::vector<std::int64_t>& dims, int count) {
  std::minstd_rand random(7);
  const auto chance = [&] { return random() % 3 == 0; };
  for (int i = 0; i < count; ++i) {
    verify::Case test =
        case_of<C>(name, static_cast<std::int64_t>(1 + random() % 10), static_cast<std::int64_t>(1 + random() % 9),
                   static_cast<std::int64_t>(1 + random() % 2), dims[random() % dims.size()]);
    test.seed = random();
    test.packed = chance();
    test.lengths = !test.packed && chance();
    test.resets = chance();
    test.reset_states = chance();
    test.reverse = chance();
    test.gradient_cut = chance();
    test.dfinal = !chance();
    test.repeat = true;
    if (chance()) test.forward_clip = 0.4;
    if (chance()) test.gradient_clip = 0.5;
    if (chance()) test.gradient_sequence = FLASHRNN_SEQUENCE_H;
    if (chance()) test.gradient_sequence = FLASHRNN_SEQUENCE_NONE;
    if (chance()) test.placement = verify::Placement::kTimeMajor;
    if (chance()) test.omit |= verify::kOmitDWx;
    if (chance()) test.omit |= verify::kOmitDInitial | verify::kOmitDReset;
    expect_case<BackwardPipeline, D, C>(test);
  }
}

/// As a kernel is compiled for one problem: D and flags are constants.
template <class Cell, Tile kTile, Exchange kExchange, int kDim>
using Specialised = Config<Cell, device::Bf16, float, cell::ExactMath, Mma<device::Bf16>, kTile, kExchange,
                           kTraining | kSequenceH, kDim>;
template <class D, class C>
void expect_specialised(const char* name) {
  for (const std::int64_t batch : {3, 8, 17}) {
    verify::Case test = case_of<C>(name, batch, 9, 2, C::kHeadDim);
    test.gradient_sequence = FLASHRNN_SEQUENCE_H;
    expect_case<BackwardPipeline, D, C>(test);
    test.placement = verify::Placement::kTimeMajor;
    test.name += "/time_major";
    expect_case<BackwardPipeline, D, C>(test);
  }
}

}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_fma.hpp"
#include "common/device/tile_wmma.hpp"
#include "tests/kernel/stepwise_pipeline.hpp"

/// Types and matrix instructions: what the devices differ in.
namespace flashrnn::kernel::test {

inline constexpr Tile kSmall = {.row_tiles = 1,
                                .block_unit_tiles = 2,
                                .unit_warps = 2,
                                .k_warps = 2,
                                .warp_unit_tiles = 1,
                                .warp_k_tiles = 1,
                                .stages = 2};
inline constexpr Tile kLarge = {.row_tiles = 3,
                                .block_unit_tiles = 2,
                                .unit_warps = 1,
                                .k_warps = 1,
                                .warp_unit_tiles = 2,
                                .warp_k_tiles = 2,
                                .stages = 4};

template <class DeviceType, class Cell, class Element, class StateElement, class MatrixTile, Tile kTile,
          class Math = cell::ExactMath>
struct On {
  using Device = DeviceType;
  using C = Config<Cell, Element, StateElement, Math, MatrixTile, kTile, Exchange::kBlock, kRuntimeFlags, 0>;
};

/// Every option, and shapes around the tiles.
template <class TypeParam>
void expect_options() {
  for (const verify::Case& test : option_cases(case_of<typename TypeParam::C>("stepwise", 9, 4, 1, 17))) {
    expect_case<StepwisePipeline, typename TypeParam::Device, typename TypeParam::C>(test);
  }
}

template <class TypeParam>
void expect_shapes() {
  std::uint64_t seed = 1;
  for (const std::int64_t dim : {1, 16, 33, 70}) {
    for (const std::int64_t batch : {1, 3, 17}) {
      verify::Case test = case_of<typename TypeParam::C>("stepwise", batch, 3, seed % 3 == 0 ? 3 : 1, dim);
      test.seed = seed++;
      if (batch == 3) test.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
      expect_case<StepwisePipeline, typename TypeParam::Device, typename TypeParam::C>(test);
    }
  }
}

}  // namespace flashrnn::kernel::test

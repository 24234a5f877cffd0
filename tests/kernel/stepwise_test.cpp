// SPDX-License-Identifier: Apache-2.0
#include "common/device/tile_fma.hpp"
#include "tests/kernel/stepwise_pipeline.hpp"

/// Every cell in true fp32, with every option and shapes around the tiles.
namespace flashrnn::kernel::test {
namespace {

constexpr Tile kTile = {.row_tiles = 1,
                        .block_unit_tiles = 2,
                        .unit_warps = 2,
                        .k_warps = 2,
                        .warp_unit_tiles = 1,
                        .warp_k_tiles = 4,
                        .stages = 2};

template <class Cell>
using Strict = Config<Cell, float, float, cell::ExactMath, device::FmaTile<float, 32, 8, 2, 2, 1>, kTile,
                      Exchange::kBlock, kRuntimeFlags, 0>;

template <class Cell>
class StepwiseCells : public testing::Test {};
using AllCells = testing::Types<cell::Lstm, cell::Gru, cell::GruResetBefore, cell::Elman, cell::ElmanRelu, cell::Slstm>;
TYPED_TEST_SUITE(StepwiseCells, AllCells);

TYPED_TEST(StepwiseCells, Options) {
  for (const verify::Case& test : option_cases(case_of<Strict<TypeParam>>("stepwise", 9, 4, 2, 17))) {
    expect_case<StepwisePipeline, Simt32, Strict<TypeParam>>(test);
  }
}

TYPED_TEST(StepwiseCells, Shapes) {
  std::uint64_t seed = 1;
  for (const std::int64_t dim : {1, 7, 16, 33, 50}) {
    for (const std::int64_t batch : {1, 3, 9}) {
      verify::Case test = case_of<Strict<TypeParam>>("stepwise", batch, 3, seed % 2 == 0 ? 1 : 3, dim);
      test.seed = seed++;
      test.lengths = batch == 3;
      expect_case<StepwisePipeline, Simt32, Strict<TypeParam>>(test);
    }
  }
}

/// As a user writes it: no backward of its own. Two stages, so that both are derived.
struct DerivedGruResetBefore {
  static constexpr const char* kName = "gru_reset_before";
  static constexpr int kInputGates = 3;
  static constexpr int kRecurrentGates = 3;
  static constexpr int kBiases = 3;
  static constexpr int kStates = 1;
  static constexpr int kFirstStageGates = 2;
  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }
  template <class M, class V>
  static V operand(const V (&a)[3], const V (&prev)[1]) {
    return M::sigmoid(a[0]) * prev[0];
  }
  template <class M, class V>
  static void forward(const V (&a)[3], const V (&prev)[1], V (&next)[1]) {
    const V n = M::tanh(a[2]);
    next[0] = M::sigmoid(a[1]) * (prev[0] - n) + n;
  }
};

TEST(StepwiseDerived, Options) {
  for (const verify::Case& test : option_cases(case_of<Strict<DerivedGruResetBefore>>("derived", 3, 4, 1, 17))) {
    expect_case<StepwisePipeline, Simt32, Strict<DerivedGruResetBefore>>(test);
  }
}

}  // namespace
}  // namespace flashrnn::kernel::test

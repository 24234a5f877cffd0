// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/stepwise_tiles.hpp"

namespace flashrnn::kernel::test {
namespace {

template <class>
class StepwiseMma : public testing::Test {};
using Tiles = testing::Types<On<Simt32, cell::Lstm, Bf16, float, device::MmaSyncM16N8K16<Bf16>, kSmall>,
                             On<Simt32, cell::Gru, Fp16, Fp16, device::MmaSyncM16N8K16<Fp16>, kLarge>,
                             On<Simt32, cell::GruResetBefore, Bf16, Bf16, device::MmaSyncM16N8K16<Bf16>, kSmall>,
                             On<Simt32, cell::Slstm, Bf16, float, device::MmaSyncM16N8K16<Bf16>, kLarge>>;
TYPED_TEST_SUITE(StepwiseMma, Tiles);

TYPED_TEST(StepwiseMma, Options) { expect_options<TypeParam>(); }
TYPED_TEST(StepwiseMma, Shapes) { expect_shapes<TypeParam>(); }

/// Small integers through linear activations: every bit is known. Tf32 has the bits for them.
TEST(StepwiseExact, Tf32) {
  using C = Config<cell::Lstm, float, float, cell::LinearMath, device::MmaSyncM16N8K8Tf32, kLarge, Exchange::kBlock,
                   kRuntimeFlags, 0>;
  for (const std::int64_t dim : {5, 33}) {
    verify::Case test = case_of<C>("exact", 9, 6, 2, dim);
    test.math = FLASHRNN_MATH_LINEAR;
    test.numbers = verify::Numbers::kIntegers;
    test.forward_clip = 3.0;
    test.gradient_clip = 2.0;
    test.resets = test.lengths = true;
    expect_case<StepwisePipeline, Simt32, C>(test);
  }
}

/// A sequence in chunks of one step, its states carried on in fp32 in one place, has the bits of the whole.
TEST(StepwiseChunks, StepsAreTheSequence) {
  using C = On<Simt32, cell::GruResetBefore, Bf16, float, device::MmaSyncM16N8K16<Bf16>, kSmall>::C;
  verify::Case test = case_of<C>("steps", 5, 4, 2, 20);
  test.training = false;
  test.resets = true;
  Scene<Simt32, C> whole(test);
  ASSERT_TRUE(StepwisePipeline::forward(whole, test));
  test.alias_final = true;
  Scene<Simt32, C> steps(test);
  const auto all = steps.forward_parameters();
  for (std::int64_t t = 0; t < test.time; ++t) {
    auto one = all;
    one.extents.steps = 1;
    one.extents.resets = all.extents.resets + t;
    one.wx.data = all.wx.data + t * all.wx.stride_t;
    one.states.data = all.states.data + t * all.states.stride_t;
    ASSERT_TRUE(StepwisePipeline::run_forward(steps, one));
  }
  EXPECT_EQ(steps.result().forward.states, whole.result().forward.states);
  EXPECT_EQ(steps.result().forward.final_states, whole.result().forward.final_states);
}

}  // namespace
}  // namespace flashrnn::kernel::test

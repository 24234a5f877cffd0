// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/gpu/fake_device.hpp"

/// Devices that refuse kernels.
namespace flashrnn::gpu::testing {
namespace {

/// One whose fused plans are the cheapest.
Problem small_problem() {
  Problem problem = lstm_problem();
  problem.head_dim = 64;
  problem.time = 512;
  problem.tokens = problem.batch * problem.time;
  problem.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  return problem;
}

bool is_fused(KernelKind kind) { return kind == KernelKind::kFusedForward || kind == KernelKind::kFusedBackward; }

int count(const FakeDevice& device, KernelKind kind) {
  return static_cast<int>(std::count_if(device.loaded.begin(), device.loaded.end(),
                                        [&](const KernelSpec& spec) { return spec.kind == kind; }));
}

TEST(Fallback, StepwiseComesLast) {
  Made made;
  made.device->on_load = [](const KernelSpec& spec) {
    return is_fused(spec.kind) ? Status::unsupported("too much of it") : Status();
  };
  const Problem problem = small_problem();
  const Status status = made.make(problem);
  ASSERT_TRUE(status.ok()) << status.message();
  ASSERT_FALSE(made.log.empty());
  EXPECT_NE(made.log.back().find("too much of it"), std::string::npos) << made.log.back();
  EXPECT_NE(made.log.back().find("stepwise"), std::string::npos) << made.log.back();
  EXPECT_EQ(made.plan->describe().find("block"), made.plan->describe().find("block_")) << made.plan->describe();
  ASSERT_TRUE(made.plan->forward(forward_args(problem, *made.plan)).ok());
  EXPECT_EQ(made.device->launches.size(), 513U);
  ASSERT_TRUE(made.plan->backward(backward_args(problem, *made.plan)).ok());
}

TEST(Fallback, TheOtherPassKeepsItsForm) {
  Made made;
  made.device->on_load = [](const KernelSpec& spec) {
    return spec.kind == KernelKind::kFusedBackward ? Status(FLASHRNN_DEVICE_ERROR, "no") : Status();
  };
  ASSERT_TRUE(made.make(small_problem()).ok());
  EXPECT_EQ(count(*made.device, KernelKind::kFusedForward), 1);
  EXPECT_EQ(count(*made.device, KernelKind::kStepwiseBackward), 1);
}

TEST(Fallback, AnErrorOfWhatHasNoOtherFormIsThePlans) {
  for (const KernelKind kind : {KernelKind::kPackWeights, KernelKind::kStepwiseForward, KernelKind::kRecompute,
                                KernelKind::kWeightGradient, KernelKind::kWeightGradientSum}) {
    SCOPED_TRACE(template_of(kind));
    Made made;
    made.device->on_load = [&](const KernelSpec& spec) {
      return spec.kind == kind ? Status(FLASHRNN_DEVICE_ERROR, "does not compile") : Status();
    };
    const Status status = made.make(small_problem());
    EXPECT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
    EXPECT_EQ(status.message(), "does not compile");
    EXPECT_EQ(made.plan, nullptr);
  }
}

TEST(Fallback, ShortMemoryIsNoReasonForAnotherForm) {
  Made made;
  made.device->on_load = [](const KernelSpec& spec) -> Status {
    if (is_fused(spec.kind)) throw std::bad_alloc();
    return {};
  };
  EXPECT_EQ(made.make(small_problem()).code(), FLASHRNN_OUT_OF_MEMORY);
}

TEST(Fallback, AForcedFormHasNoOther) {
  Made made;
  made.device->on_load = [](const KernelSpec& spec) {
    return is_fused(spec.kind) ? Status::unsupported("too much of it") : Status();
  };
  EXPECT_EQ(made.make(small_problem(), {plan::Form::kBlock, plan::Form::kBlock}).code(), FLASHRNN_UNSUPPORTED);
}

TEST(Fallback, EachKernelIsLoadedOnce) {
  Made made;
  ASSERT_TRUE(made.make(small_problem(), stepwise()).ok());
  for (std::size_t i = 0; i < made.device->loaded.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(to_string(made.device->loaded[i]), to_string(made.device->loaded[j]));
  }
}

}  // namespace
}  // namespace flashrnn::gpu::testing

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "common/gpu/call.hpp"
#include "common/kernel/gradient_parameters.hpp"
#include "tests/gpu/fake_device.hpp"

namespace flashrnn::gpu::testing {
namespace {

using kernel::StepwiseStage;
using StepForward = kernel::StepwiseForwardParameters<kernel::Plain, void, void>;
using StepBackward = kernel::StepwiseBackwardParameters<kernel::Plain, void, void>;
using Recompute = kernel::RecomputeParameters<kernel::Plain, void>;
using Gradient = kernel::WeightGradientParameters<kernel::Plain, void>;

/// "pack load step0 operand1 ..." of what was launched.
std::string story(const FakeDevice& device) {
  std::string text;
  const auto add = [&](const std::string& word) { text += (text.empty() ? "" : " ") + word; };
  const auto stage_text = [](StepwiseStage stage, std::int64_t step) {
    return stage == StepwiseStage::kLoad      ? std::string("load")
           : stage == StepwiseStage::kFinish  ? std::string("finish")
           : stage == StepwiseStage::kOperand ? "operand" + std::to_string(step)
                                              : "step" + std::to_string(step);
  };
  for (const Launch& launch : device.launches) {
    switch (launch.kind) {
      case KernelKind::kPackWeights:
        add("pack");
        break;
      case KernelKind::kFusedForward:
      case KernelKind::kFusedBackward:
        add("fused");
        break;
      case KernelKind::kStepwiseForward:
        add(stage_text(launch.as<StepForward>().stage, launch.as<StepForward>().step));
        break;
      case KernelKind::kStepwiseBackward:
        add(stage_text(launch.as<StepBackward>().stage, launch.as<StepBackward>().step));
        break;
      case KernelKind::kRecompute:
        add(launch.as<Recompute>().stage == StepwiseStage::kOperand ? "recompute_operand" : "recompute");
        break;
      case KernelKind::kWeightGradient:
        add("gradient");
        break;
      case KernelKind::kWeightGradientSum:
        add("sum");
        break;
    }
  }
  return text;
}

struct Calls {
  explicit Calls(const Problem& problem, const PlanOptions& options = stepwise()) : problem(problem) {
    const Status status = made.make(problem, options);
    EXPECT_TRUE(status.ok()) << status.message();
  }
  std::string forward(const std::function<void(flashrnn_forward_args&)>& change = {}) {
    made.device->launches.clear();
    flashrnn_forward_args args = forward_args(problem, *made.plan);
    if (change) change(args);
    return told(made.plan->forward(args));
  }
  std::string backward(const std::function<void(flashrnn_backward_args&)>& change = {}) {
    made.device->launches.clear();
    flashrnn_backward_args args = backward_args(problem, *made.plan);
    if (change) change(args);
    return told(made.plan->backward(args));
  }
  std::string step(const std::function<void(flashrnn_step_args&)>& change = {}) {
    made.device->launches.clear();
    flashrnn_step_args args = step_args(*made.plan);
    if (change) change(args);
    return told(made.plan->step(args));
  }
  const Launch& last() { return made.device->launches.back(); }

  Problem problem;
  Made made;

 private:
  /// What this call launched. Earlier launches are forgotten.
  std::string told(const Status& status) {
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(made.device->begun_calls, made.device->ended_calls);
    for (const Launch& launch : made.device->launches) EXPECT_NE(launch.stream, nullptr);
    return story(*made.device);
  }
};

TEST(Launches, Stepwise) {
  Calls run(lstm_problem());
  EXPECT_EQ(run.forward(), "load step0 step1 step2");
  EXPECT_EQ(run.backward(), "step2 step1 step0 finish gradient sum");
  EXPECT_EQ(run.step(), "load step0");
}

TEST(Launches, TwoStages) {
  Calls run(problem_of("gru_reset_before"));
  EXPECT_EQ(run.forward(), "load operand0 step0 operand1 step1 operand2 step2");
  EXPECT_EQ(run.backward(), "step2 operand2 step1 operand1 step0 operand0 finish gradient sum");
  EXPECT_EQ(run.step(), "load operand0 step0");
}

TEST(Launches, RecomputeComesFirst) {
  Problem problem = lstm_problem();
  problem.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  Calls run(problem);
  EXPECT_EQ(run.backward(), "recompute step2 step1 step0 finish gradient sum");
  const auto recompute = run.made.device->launches[0].as<Recompute>();
  const auto walk = run.made.device->launches[1].as<StepBackward>();
  EXPECT_NE(recompute.extents.flags & kernel::kRecompute, 0U);
  EXPECT_EQ(walk.backward.extents.flags & kernel::kRecompute, 0U);
  EXPECT_EQ(walk.backward.reserve.kept, recompute.kept);
  EXPECT_NE(recompute.kept, recompute.reserve.kept);
  EXPECT_EQ(recompute.gradients, nullptr);
  // h as forward kept it.
  EXPECT_EQ(run.last().as<Gradient>().kept, recompute.reserve.kept);
  EXPECT_EQ(run.last().as<Gradient>().kept_values, 1);

  problem.cell = problem_of("gru_reset_before").cell;
  Calls two(problem);
  EXPECT_EQ(two.backward().substr(0, 40), "recompute_operand recompute step2 operan");
  EXPECT_NE(two.made.device->launches[0].as<Recompute>().gradients, nullptr);
}

TEST(Launches, WeightsArePackedWhereTheCallBringsR) {
  Calls run(lstm_problem());
  const auto unpacked = [](auto& args) {
    args.packed_weights = nullptr;
    args.R = reinterpret_cast<void*>(std::uintptr_t{1} << 32U);
  };
  EXPECT_EQ(run.forward(unpacked), "pack load step0 step1 step2");
  EXPECT_EQ(run.made.device->launches[0].as<PackParameters>().packed_r_transposed, nullptr);
  const auto packed = run.made.device->launches[0].as<PackParameters>();
  EXPECT_EQ(run.made.device->launches[1].as<StepForward>().forward.weights.r, packed.packed_r);
  EXPECT_EQ(packed.b, nullptr);
  EXPECT_EQ(packed.padded_dim, 32);
  EXPECT_EQ(run.backward(unpacked), "pack step2 step1 step0 finish gradient sum");
  EXPECT_EQ(run.step(unpacked), "pack load step0");
  ASSERT_TRUE(run.made.plan->pack(pack_args()).ok());
  EXPECT_EQ(run.last().kind, KernelKind::kPackWeights);
  EXPECT_NE(run.last().as<PackParameters>().packed_r_transposed, nullptr);
}

TEST(Launches, OnlyWhatIsWanted) {
  Problem problem = lstm_problem();
  problem.use_resets = true;
  Calls run(problem);
  EXPECT_EQ(run.backward([](flashrnn_backward_args& a) { a.dR = a.db = nullptr; }), "step2 step1 step0 finish");
  EXPECT_EQ(run.backward([](flashrnn_backward_args& a) {
    a.dinitial_states.data = a.dreset_states.data = nullptr;
    a.db = nullptr;
  }),
            "step2 step1 step0 gradient sum");
  EXPECT_EQ(run.last().as<Gradient>().dbias, nullptr);
  EXPECT_EQ(run.backward([](flashrnn_backward_args& a) {
    a.dWx.data = a.dinitial_states.data = a.dreset_states.data = nullptr;
    a.dR = a.db = nullptr;
  }),
            "");
}

TEST(Launches, AbsentTensorsAreNull) {
  Calls run(lstm_problem());
  run.forward([](flashrnn_forward_args& a) {
    a.initial_states.data = nullptr;
    a.final_states.data = nullptr;
  });
  const ForwardParameters f = run.last().as<StepForward>().forward;
  EXPECT_EQ(f.initial_states.data, nullptr);
  EXPECT_EQ(f.final_states.data, nullptr);
  // The plan has neither lengths nor resets, so what the call gives is not looked at.
  EXPECT_EQ(f.extents.lengths, nullptr);
  EXPECT_EQ(f.extents.resets, nullptr);
  EXPECT_EQ(f.barriers, nullptr);
}

TEST(Launches, OptionsBecomeFlags) {
  Problem problem = lstm_problem();
  problem.use_lengths = problem.use_resets = problem.reverse = problem.gradient_cut = true;
  problem.forward_clip = 0.5F;
  problem.gradient_sequence = FLASHRNN_SEQUENCE_ALL;
  Calls run(problem);
  run.forward();
  const Extents e = run.last().as<StepForward>().forward.extents;
  EXPECT_EQ(e.flags, kernel::kLengths | kernel::kResets | kernel::kReverse | kernel::kGradientCut |
                         kernel::kForwardClip | kernel::kTraining | kernel::kSequenceH);
  EXPECT_EQ(e.forward_clip, 0.5F);
  EXPECT_NE(e.lengths, nullptr);
  EXPECT_EQ(e.resets_stride_b, problem.time);
  EXPECT_EQ(e.padded_dim, 32);
  run.backward();
  EXPECT_NE(run.made.device->launches.end()[-2].as<Gradient>().extents.flags & kernel::kSequenceAll, 0U);
}

TEST(Launches, AStepHasOneTokenOfEachRow) {
  Problem problem = lstm_problem();
  problem.use_lengths = problem.reverse = true;
  Calls run(problem);
  run.step();
  ForwardParameters f = run.last().as<StepForward>().forward;
  EXPECT_EQ(f.extents.steps, 1);
  EXPECT_EQ(f.extents.tokens, problem.batch);
  EXPECT_EQ(f.extents.flags, kernel::kResets | kernel::kSequenceH);
  EXPECT_EQ(f.extents.resets_stride_b, 1);
  EXPECT_EQ(f.initial_states.data, f.final_states.data);
  EXPECT_EQ(f.reserve.kept, nullptr);
  run.step([](flashrnn_step_args& a) {
    a.resets = nullptr;
    a.output.data = nullptr;
  });
  f = run.last().as<StepForward>().forward;
  EXPECT_EQ(f.extents.flags, 0U);
  EXPECT_EQ(f.states.data, nullptr);
}

TEST(Launches, AlignmentIsThatOfEveryRow) {
  Calls run(lstm_problem());
  const auto aligned = [&](const std::function<void(flashrnn_forward_args&)>& change = {}) {
    run.forward(change);
    return run.last().as<StepForward>().forward.aligned;
  };
  EXPECT_EQ(aligned(), 1);
  EXPECT_EQ(aligned([](auto& a) { a.Wx.data = static_cast<const std::byte*>(a.Wx.data) + 2; }), 0);
  EXPECT_EQ(aligned([](auto& a) { a.Wx.stride_t += 1; }), 0);
  EXPECT_EQ(aligned([](auto& a) { a.states.stride_b += 4; }), 0);
  EXPECT_EQ(aligned([](auto& a) { a.states.stride_b += 8; }), 1);
  // A dimension of extent 1 has no second row.
  EXPECT_EQ(aligned([](auto& a) { a.states.stride_s += 1; }), 1);
  Problem odd = lstm_problem();
  odd.head_dim = 23;
  Calls other(odd);
  other.forward();
  EXPECT_EQ(other.last().as<StepForward>().forward.aligned, 0);
}

TEST(Launches, AForwardOfOneStepIsAStep) {
  Problem problem = lstm_problem();
  problem.time = 1;
  problem.tokens = problem.batch;
  Calls run(problem, {});
  run.forward();
  const LaunchShape forward = run.last().shape;
  run.step();
  EXPECT_EQ(run.last().shape, forward);
  EXPECT_EQ(run.last().kind, KernelKind::kStepwiseForward);
}

TEST(Launches, ChunksTakeThePlanOfTheWhole) {
  for (const std::int64_t head_dim : {32, 128, 768}) {
    std::set<std::string> plans;
    for (const std::int64_t time : {2, 7, 100, 50000}) {
      Problem problem = lstm_problem();
      problem.head_dim = head_dim;
      problem.time = time;
      problem.tokens = problem.batch * time;
      Made made;
      ASSERT_TRUE(made.make(problem).ok());
      plans.insert(made.plan->describe());
    }
    EXPECT_EQ(plans.size(), 1U) << *plans.begin() << "\n" << *plans.rbegin();
  }
}

TEST(Launches, TheFirstErrorEndsTheCall) {
  Calls run(lstm_problem());
  int count = 0;
  run.made.device->on_launch = [&](KernelKind) {
    return ++count < 3 ? Status() : Status(FLASHRNN_DEVICE_ERROR, "the device fell asleep");
  };
  const Status status = run.made.plan->forward(forward_args(run.problem, *run.made.plan));
  EXPECT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
  EXPECT_EQ(run.made.device->launches.size(), 3U);
  EXPECT_EQ(run.made.device->begun_calls, run.made.device->ended_calls);
}

TEST(Launches, FusedFormsAreOneLaunch) {
  Problem problem = lstm_problem();
  problem.head_dim = 64;
  problem.time = 100;
  problem.tokens = 500;
  for (const plan::Form form : {plan::Form::kBlock, plan::Form::kCluster, plan::Form::kGrid}) {
    Made made;
    const Status status = made.make(problem, {form, form});
    if (!status.ok()) continue;  // the planner may have no such plan for so small a head
    SCOPED_TRACE(plan::to_string(form));
    ASSERT_TRUE(made.plan->forward(forward_args(problem, *made.plan)).ok());
    EXPECT_EQ(story(*made.device), "fused");
    const auto f = made.device->launches[0].as<ForwardParameters>();
    const LaunchShape shape = made.device->launches[0].shape;
    EXPECT_EQ(shape.cluster > 1, form == plan::Form::kCluster);
    EXPECT_EQ(shape.cooperative, form == plan::Form::kGrid);
    EXPECT_EQ(f.barriers != nullptr, form == plan::Form::kGrid);
    EXPECT_EQ(made.device->cleared > 0, form == plan::Form::kGrid);
    EXPECT_EQ(shape.blocks % shape.cluster, 0);
    ASSERT_TRUE(made.plan->backward(backward_args(problem, *made.plan)).ok());
    EXPECT_EQ(story(*made.device), "fused fused gradient sum");
  }
}

}  // namespace
}  // namespace flashrnn::gpu::testing

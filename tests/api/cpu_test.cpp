// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/calls.hpp"

extern "C" int flashrnn_run_c_tests(void);

/// The C API with the real CPU device behind it.
namespace flashrnn::testing {
namespace {

std::string device_isas() {
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  check(flashrnn_get_device(0, &info));
  return info.isas;
}

/// Floats that differ from one another and stay small.
std::vector<float> numbers(std::size_t count, float scale) {
  std::vector<float> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = scale * static_cast<float>(static_cast<int>(i * 37 % 101) - 50) / 50;
  return out;
}

/// An lstm in fp32 with training: forward, then backward.
struct Training {
  explicit Training(const Plan& plan) : plan(plan) {}

  void operator()() {
    const Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().backward_workspace));
    const Buffer reserve(plan.sizes().reserve);
    flashrnn_forward_args forward = forward_args();
    forward.Wx = dense(Wx.data());
    forward.R = R.data();
    forward.b = b.data();
    forward.states = dense(h.data());
    set_workspace(forward, workspace);
    set_reserve(forward, reserve);
    plan.forward(forward);
    flashrnn_backward_args backward = backward_args();
    backward.R = R.data();
    backward.b = b.data();
    backward.dstates = dense(h.data());
    backward.dWx = dense(dWx.data());
    backward.dR = dR.data();
    set_workspace(backward, workspace);
    set_reserve(backward, reserve);
    plan.backward(backward);
  }

  const Plan& plan;
  std::vector<float> Wx = numbers(kB * kT * 4 * kUnits, 1.0F);
  std::vector<float> R = numbers(4 * kN * kD * kD, 0.5F);
  std::vector<float> b = numbers(4 * kUnits, 0.2F);
  std::vector<float> h = std::vector<float>(kB * kT * kUnits);
  std::vector<float> dWx = std::vector<float>(Wx.size());
  std::vector<float> dR = std::vector<float>(R.size());
};

flashrnn_problem training_problem() {
  flashrnn_problem problem = make_problem("lstm", kB, kT, kN, kD);
  problem.training = 1;
  return problem;
}

TEST(Cpu, CInterface) { EXPECT_EQ(flashrnn_run_c_tests(), 0); }

TEST(Cpu, IsTheFirstDevice) {
  flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
  ASSERT_EQ(flashrnn_get_device(0, &info), FLASHRNN_SUCCESS);
  EXPECT_STREQ(info.name, "cpu");
  EXPECT_STRNE(info.description, "");
  EXPECT_GE(info.compute_units, 1);
  EXPECT_EQ(std::string(info.isas).rfind(info.isa, 0), 0U) << info.isa << " is not the first of " << info.isas;
}

TEST(Cpu, EveryListedIsaOpens) {
  std::istringstream names(device_isas());
  std::string name;
  int count = 0;
  while (names >> name) {
    ++count;
    flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
    options.cpu_isa = name.c_str();
    const Plan plan(Context("cpu", options), training_problem());
    Training run(plan);
    run();
    EXPECT_NE(plan.describe().find(name), std::string::npos) << plan.describe();
  }
  EXPECT_GE(count, 1);
}

TEST(Cpu, RefusesContexts) {
  const auto refused = [](const char* device, const char* isa, flashrnn_status status,
                          const std::vector<std::string>& parts) {
    flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
    options.cpu_isa = isa;
    flashrnn_context* context = nullptr;
    EXPECT_EQ(flashrnn_context_create(device, &options, &context), status);
    EXPECT_EQ(context, nullptr);
    expect_message(parts);
  };
  refused("cpu", "avx9000", FLASHRNN_INVALID_ARGUMENT, {"cpu_isa", "avx9000", device_isas().substr(0, 3)});
  refused("cpu:7", nullptr, FLASHRNN_INVALID_ARGUMENT, {"'cpu:7'", "the name is 'cpu'"});
}

TEST(Cpu, ThreadCountsOpen) {
  for (const std::int32_t threads : {1, 2, 1024}) {
    flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
    options.num_threads = threads;
    const Plan plan(Context("cpu", options), training_problem());
    Training run(plan);
    run();
  }
}

TEST(Cpu, PlansOutliveTheirContext) {
  auto context = std::make_unique<Context>("cpu");
  const Plan plan(*context, training_problem());
  Training before(plan);
  before();
  context.reset();
  Training after(plan);
  after();
  EXPECT_EQ(before.h, after.h);
  EXPECT_EQ(before.dR, after.dR);
  EXPECT_FALSE(plan.describe().empty());
}

TEST(Cpu, OnePlanServesThreadsAtOnce) {
  const Plan plan(Context("cpu"), training_problem());
  Training alone(plan);
  alone();
  std::vector<Training> runs(3, Training(plan));
  std::vector<std::thread> threads;
  for (Training& run : runs) {
    threads.emplace_back([&run] {
      for (int i = 0; i < 20; ++i) run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Training& run : runs) {
    EXPECT_EQ(run.h, alone.h);
    EXPECT_EQ(run.dWx, alone.dWx);
    EXPECT_EQ(run.dR, alone.dR);
  }
}

TEST(Cpu, FailedCallsWriteNothing) {
  const Plan plan(Context("cpu"), training_problem());
  Training run(plan);
  const std::vector<float> before(run.h.size(), 3.0F);
  run.h = before;
  const Buffer workspace(plan.sizes().forward_workspace);
  const Buffer reserve(plan.sizes().reserve);
  ASSERT_GT(reserve.size(), 0U);
  std::memset(reserve.data(), 0x77, reserve.size());
  flashrnn_forward_args args = forward_args();
  args.Wx = dense(run.Wx.data());
  args.R = run.R.data();
  args.states = dense(run.h.data());
  set_workspace(args, workspace);
  args.reserve = reserve.data();
  args.reserve_size = reserve.size() - 1;
  EXPECT_EQ(flashrnn_forward(plan.get(), &args), FLASHRNN_BUFFER_TOO_SMALL);
  expect_message({"reserve_size is " + std::to_string(reserve.size() - 1), std::to_string(reserve.size())});
  EXPECT_EQ(run.h, before);
  const std::string untouched(reserve.size(), 0x77);
  EXPECT_EQ(std::memcmp(reserve.data(), untouched.data(), reserve.size()), 0);
}

/// Sizes that no machine has: the plan may say no, or give the sizes that it would need, but must not try.
TEST(Cpu, HugeProblemsArePlannedOrRefused) {
  const Context context("cpu");
  constexpr std::int64_t kBig = std::int64_t{1} << 28;
  const std::vector<std::vector<std::int64_t>> shapes = {
      {kBig * 1024, 1, 1, 1}, {1, kBig * 1024, 1, 1}, {1, 1, kBig * 1024, 1}, {1, 1, 1, kBig},    {kBig, kBig, 1, 1},
      {kBig, 1, kBig, 1},     {1, 1, 1, kBig + 7},    {kBig, 1, 1, 65536},    {1, kBig, 3, 65521}};
  for (const auto& shape : shapes) {
    for (const std::int32_t training : {0, 1}) {
      for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16}) {
        flashrnn_problem problem = make_problem("slstm", shape[0], shape[1], shape[2], shape[3]);
        problem.training = training;
        problem.dtype = dtype;
        flashrnn_plan* plan = nullptr;
        const flashrnn_status status = flashrnn_plan_create(context.get(), &problem, &plan);
        EXPECT_TRUE(status == FLASHRNN_SUCCESS || status == FLASHRNN_INVALID_ARGUMENT || status == FLASHRNN_UNSUPPORTED)
            << flashrnn_status_name(status) << flashrnn_last_error();
        if (status == FLASHRNN_SUCCESS) {
          flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
          ASSERT_EQ(flashrnn_plan_get_sizes(plan, &sizes), FLASHRNN_SUCCESS);
          const auto elements = static_cast<std::size_t>(problem.heads * problem.head_dim * problem.head_dim);
          EXPECT_GE(sizes.packed_weights, 4 * elements * (dtype == FLASHRNN_F32 ? 4 : 2));
        }
        flashrnn_plan_destroy(plan);
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::testing

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>

#include "flashrnn/flashrnn.h"
#include "tests/cuda/machine.hpp"

/// Forward, backward and step through the C API on a GPU: captured, on two streams, again and again, and with another
/// context current. That the numbers are right is tests/conformance' matter.
namespace flashrnn::cuda::test {
namespace {

constexpr int kBatch = 16;
constexpr int kSteps = 20;
constexpr int kHeads = 3;
constexpr int kGates = 4;
constexpr int kStates = 2;
constexpr int kGlobalCapture = 0;

template <class T = void>
T* pointer(CuDevicePointer address) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

/// bf16 in [-1, 1).
std::vector<std::uint16_t> random_values(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint16_t> values(count);
  for (std::uint16_t& value : values) {
    seed = seed * 1664525U + 1013904223U;
    const float x = static_cast<float>(static_cast<std::int32_t>(seed)) * 0x1p-31F;
    std::uint32_t bits = 0;
    static_assert(sizeof(bits) == sizeof(x));
    __builtin_memcpy(&bits, &x, sizeof(bits));
    value = static_cast<std::uint16_t>(bits >> 16);
  }
  return values;
}

struct Form {
  const char* name;
  int head_dim;
};

class Calls : public OnGpu, public testing::WithParamInterface<Form> {
 protected:
  /// What one run writes.
  struct Outputs {
    CuDevicePointer packed, states, final_states, reserve, workspace, dwx, dr, db, dinitial, step_states, step_output;
  };

  void SetUp() override {
    OnGpu::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    ASSERT_EQ(flashrnn_context_create("cuda:0", nullptr, &context_), FLASHRNN_SUCCESS) << flashrnn_last_error();
    setenv("FLASHRNN_GPU_FORM", GetParam().name, 1);
    flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
    problem.cell = "lstm";
    problem.dtype = FLASHRNN_BF16;
    problem.batch = kBatch;
    problem.time = kSteps;
    problem.heads = kHeads;
    problem.head_dim = GetParam().head_dim;
    problem.training = 1;
    const flashrnn_status made = flashrnn_plan_create(context_, &problem, &plan_);
    unsetenv("FLASHRNN_GPU_FORM");
    if (made == FLASHRNN_UNSUPPORTED) GTEST_SKIP() << flashrnn_last_error();
    ASSERT_EQ(made, FLASHRNN_SUCCESS) << flashrnn_last_error();
    ASSERT_EQ(flashrnn_plan_get_sizes(plan_, &sizes_), FLASHRNN_SUCCESS);
    const auto dim = static_cast<std::size_t>(GetParam().head_dim);
    units_ = kHeads * dim;
    weights_ = kGates * units_ * dim;
    wx_ = upload(random_values(kBatch * kSteps * kGates * units_, 1));
    std::vector<std::uint16_t> r = random_values(weights_, 2);
    for (std::uint16_t& value : r) {
      if ((value & 0x7f80U) > 0x0180U) value = static_cast<std::uint16_t>(value - 0x0180U);  // an eighth
    }
    r_ = upload(r);
    b_ = upload(random_values(kGates * units_, 3));
    dstates_ = upload(random_values(kBatch * kSteps * units_, 4));
  }
  void TearDown() override {
    flashrnn_plan_destroy(plan_);
    flashrnn_context_destroy(context_);
    OnGpu::TearDown();
  }

  Outputs make_outputs() {
    const auto zeros = [&](std::size_t bytes) { return upload(std::vector<std::uint8_t>(bytes + 64)); };
    const std::size_t workspace =
        std::max({sizes_.forward_workspace, sizes_.backward_workspace, sizes_.step_workspace});
    return {zeros(sizes_.packed_weights),
            zeros(kBatch * kSteps * units_ * 2),
            zeros(kStates * kBatch * units_ * 2),
            zeros(sizes_.reserve),
            zeros(workspace),
            zeros(kBatch * kSteps * kGates * units_ * 2),
            zeros(weights_ * 4),
            zeros(kGates * units_ * 4),
            zeros(kStates * kBatch * units_ * 2),
            zeros(kStates * kBatch * units_ * 2),
            zeros(kBatch * units_ * 2)};
  }

  void expect_call(flashrnn_status status) { EXPECT_EQ(status, FLASHRNN_SUCCESS) << flashrnn_last_error(); }

  /// Packs, then forward, backward and one step.
  void run(const Outputs& out, void* stream) {
    flashrnn_pack_args pack = FLASHRNN_PACK_ARGS_INIT;
    pack.R = pointer(r_);
    pack.b = pointer(b_);
    pack.packed = pointer(out.packed);
    pack.packed_size = sizes_.packed_weights;
    pack.stream = stream;
    expect_call(flashrnn_pack_weights(plan_, &pack));

    flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
    forward.Wx.data = pointer(wx_);
    forward.packed_weights = pointer(out.packed);
    forward.packed_weights_size = sizes_.packed_weights;
    forward.states.data = pointer(out.states);
    forward.final_states.data = pointer(out.final_states);
    forward.reserve = pointer(out.reserve);
    forward.reserve_size = sizes_.reserve;
    forward.workspace = pointer(out.workspace);
    forward.workspace_size = sizes_.forward_workspace;
    forward.stream = stream;
    expect_call(flashrnn_forward(plan_, &forward));

    flashrnn_backward_args backward = FLASHRNN_BACKWARD_ARGS_INIT;
    backward.packed_weights = pointer(out.packed);
    backward.packed_weights_size = sizes_.packed_weights;
    backward.dstates.data = pointer(dstates_);
    backward.dWx.data = pointer(out.dwx);
    backward.dR = pointer<float>(out.dr);
    backward.db = pointer<float>(out.db);
    backward.dinitial_states.data = pointer(out.dinitial);
    backward.reserve = pointer(out.reserve);
    backward.reserve_size = sizes_.reserve;
    backward.workspace = pointer(out.workspace);
    backward.workspace_size = sizes_.backward_workspace;
    backward.stream = stream;
    expect_call(flashrnn_backward(plan_, &backward));

    expect_call(clear(out.step_states, kStates * kBatch * units_ * 2, stream));
    flashrnn_step_args step = FLASHRNN_STEP_ARGS_INIT;
    step.Wx.data = pointer(wx_);
    step.packed_weights = pointer(out.packed);
    step.packed_weights_size = sizes_.packed_weights;
    step.states.data = pointer(out.step_states);
    step.output.data = pointer(out.step_output);
    step.workspace = pointer(out.workspace);
    step.workspace_size = sizes_.step_workspace;
    step.stream = stream;
    expect_call(flashrnn_step(plan_, &step));
  }
  flashrnn_status clear(CuDevicePointer to, std::size_t bytes, void* stream) {
    return gpu->clear(pointer(to), bytes, stream).code();
  }

  void expect_same(const Outputs& a, const Outputs& b) {
    const auto compare = [&](const char* name, CuDevicePointer x, CuDevicePointer y, std::size_t bytes) {
      const auto left = download<std::uint8_t>(x, bytes);
      EXPECT_TRUE(left == download<std::uint8_t>(y, bytes)) << name;
      EXPECT_FALSE(left == std::vector<std::uint8_t>(bytes)) << name << " holds zeros";
    };
    compare("states", a.states, b.states, kBatch * kSteps * units_ * 2);
    compare("final_states", a.final_states, b.final_states, kStates * kBatch * units_ * 2);
    compare("dWx", a.dwx, b.dwx, kBatch * kSteps * kGates * units_ * 2);
    compare("dR", a.dr, b.dr, weights_ * 4);
    compare("db", a.db, b.db, kGates * units_ * 4);
    compare("dinitial_states", a.dinitial, b.dinitial, kStates * kBatch * units_ * 2);
    compare("step states", a.step_states, b.step_states, kStates * kBatch * units_ * 2);
    compare("step output", a.step_output, b.step_output, kBatch * units_ * 2);
  }
  void wait(CuStream stream) { expect_success(more.stream_wait(stream), "cuStreamSynchronize"); }

  flashrnn_context* context_ = nullptr;
  flashrnn_plan* plan_ = nullptr;
  flashrnn_sizes sizes_ = FLASHRNN_SIZES_INIT;
  std::size_t units_ = 0, weights_ = 0;
  CuDevicePointer wx_ = 0, r_ = 0, b_ = 0, dstates_ = 0;
};

TEST_P(Calls, RepeatsAreTheSameToTheBit) {
  const Outputs first = make_outputs();
  run(first, nullptr);
  const CuStream stream = make_stream();
  wait(nullptr);
  const Outputs again = make_outputs();
  for (int i = 0; i < 20; ++i) {
    run(again, stream);
    wait(stream);
    expect_same(first, again);
    if (HasFailure()) break;
  }
}

TEST_P(Calls, GraphOfForwardBackwardAndStep) {
  const Outputs direct = make_outputs();
  run(direct, nullptr);
  wait(nullptr);
  const CuStream stream = make_stream();
  const Outputs captured = make_outputs();
  expect_success(more.capture_begin(stream, kGlobalCapture), "cuStreamBeginCapture");
  run(captured, stream);
  void* graph = nullptr;
  void* executable = nullptr;
  expect_success(more.capture_end(stream, &graph), "cuStreamEndCapture");
  ASSERT_NE(graph, nullptr);
  expect_success(more.graph_instantiate(&executable, graph, 0), "cuGraphInstantiate");
  for (int i = 0; i < 3; ++i) {
    expect_success(more.graph_launch(executable, stream), "cuGraphLaunch");
    wait(stream);
    expect_same(direct, captured);
  }
  expect_success(more.executable_destroy(executable), "cuGraphExecDestroy");
  expect_success(more.graph_destroy(graph), "cuGraphDestroy");
}

TEST_P(Calls, TwoStreamsAtOnce) {
  const Outputs direct = make_outputs();
  run(direct, nullptr);
  wait(nullptr);
  const CuStream streams[] = {make_stream(), make_stream()};
  const Outputs outputs[] = {make_outputs(), make_outputs()};
  for (int i = 0; i < 6; ++i) run(outputs[i % 2], streams[i % 2]);
  for (int i = 0; i < 2; ++i) {
    wait(streams[i]);
    expect_same(direct, outputs[i]);
  }
}

TEST_P(Calls, NoContextIsCurrentBeforeAndAfter) {
  const Outputs out = make_outputs();
  CuContext own = nullptr;
  expect_success(driver->functions().context_pop(&own), "cuCtxPopCurrent");
  run(out, nullptr);
  CuContext current = own;
  expect_success(driver->functions().context_current(&current), "cuCtxGetCurrent");
  EXPECT_EQ(current, nullptr);
  expect_success(driver->functions().context_push(own), "cuCtxPushCurrent");
  wait(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Forms, Calls,
                         testing::Values(Form{"block", 64}, Form{"block", 20}, Form{"cluster", 128},
                                         Form{"cluster", 256}, Form{"grid", 256}, Form{"stepwise", 48}),
                         [](const auto& info) {
                           return std::string(info.param.name) + "_D" + std::to_string(info.param.head_dim);
                         });

}  // namespace
}  // namespace flashrnn::cuda::test

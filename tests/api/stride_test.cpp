// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"

namespace flashrnn::testing {
namespace {

constexpr auto kInvalid = FLASHRNN_INVALID_ARGUMENT;
constexpr std::int64_t kMax = INT64_MAX;

void packed(flashrnn_problem& p) { p.layout = FLASHRNN_PACKED; }
void use_resets(flashrnn_problem& p) { p.use_resets = 1; }
void packed_resets(flashrnn_problem& p) { packed(p), use_resets(p); }
void only_h(flashrnn_problem& p) { p.output_sequence = p.gradient_sequence = FLASHRNN_SEQUENCE_H; }
void one_row(flashrnn_problem& p) { p.batch = 1; }

template <typename Tensor>
void expect_strides(const Tensor& t, std::int64_t s, std::int64_t b, std::int64_t time) {
  EXPECT_EQ(t.stride_s, s);
  EXPECT_EQ(t.stride_b, b);
  EXPECT_EQ(t.stride_t, time);
}

TEST(Strides, DenseIsResolved) {
  expect_good(ForwardCall(use_resets));
  expect_strides(fake().forward.Wx, 0, kT * 40, 40);
  expect_strides(fake().forward.states, kB * kT * 10, kT * 10, 10);
  expect_strides(fake().forward.initial_states, kB * 10, 10, 0);
  expect_strides(fake().forward.final_states, kB * 10, 10, 0);
  expect_strides(fake().forward.reset_states, kB * 10, 10, 0);
  EXPECT_EQ(fake().forward.resets_stride_b, kT);
  expect_good(BackwardCall(use_resets));
  expect_strides(fake().backward.Wx, 0, kT * 40, 40);
  expect_strides(fake().backward.dWx, 0, kT * 40, 40);
  expect_strides(fake().backward.dstates, kB * kT * 10, kT * 10, 10);
  expect_strides(fake().backward.dfinal_states, kB * 10, 10, 0);
  expect_strides(fake().backward.dreset_states, kB * 10, 10, 0);
  expect_good(StepCall());
  expect_strides(fake().step.Wx, 0, 40, 0);
  expect_strides(fake().step.states, kB * 10, 10, 0);
  expect_strides(fake().step.output, 0, 10, 0);
}

TEST(Strides, DenseIsResolvedForPackedTokens) {
  ForwardCall call([](auto& p) {
    packed_resets(p);
    p.tokens = 7;
  });
  expect_good(call);
  expect_strides(fake().forward.Wx, 0, 0, 40);
  expect_strides(fake().forward.states, 7 * 10, 0, 10);  // the plan's tokens, not the call's 6
  EXPECT_EQ(fake().forward.resets_stride_b, 0);
}

TEST(Strides, OuterDenseFollowsGivenInner) {
  ForwardCall call(only_h);
  call.args.Wx.data = call.memory.add(kB * kT * 80 * sizeof(float));
  call.args.Wx.stride_t = 80;
  expect_good(call);
  expect_strides(fake().forward.Wx, 0, kT * 80, 80);
}

TEST(Strides, AnyOrderOfDimensions) {
  ForwardCall call;
  call.args.Wx.stride_t = kB * 40;  // [T, B, ...]
  call.args.Wx.stride_b = 40;
  call.args.states.stride_s = 10;  // [T, B, S, ...]
  call.args.states.stride_b = 20;
  call.args.states.stride_t = kB * 20;
  call.args.final_states.stride_s = 10;  // [B, S, ...]
  call.args.final_states.stride_b = 20;
  expect_good(call);
  expect_strides(fake().forward.Wx, 0, 40, kB * 40);
  expect_strides(fake().forward.states, 10, 20, kB * 20);
  expect_strides(fake().forward.final_states, 10, 20, 0);
}

TEST(Strides, InputsMayBeWindows) {
  ForwardCall call;
  call.args.Wx.stride_t = call.args.Wx.stride_b = 40;  // row b starts one token after row b - 1
  expect_good(call);
}

TEST(Strides, ExtentOneDoesNotCount) {
  ForwardCall call([](auto& p) { one_row(p), only_h(p); });
  call.args.Wx.stride_b = kMax;
  call.args.states.stride_s = 1;
  call.args.final_states.stride_b = 3;
  expect_good(call);
  expect_strides(fake().forward.Wx, 0, kT * 40, 40);
  expect_strides(fake().forward.states, kT * 10, kT * 10, 10);
  expect_strides(fake().forward.final_states, 10, 10, 0);
}

TEST(Strides, ForwardRefuses) {
  const std::vector<BadCall<flashrnn_forward_args>> cases = {
      {"Wx t < 0", {}, [](auto& a) { a.Wx.stride_t = -40; }, kInvalid, {"Wx.stride_t is -40", "at least 40"}},
      {"Wx b < 0", {}, [](auto& a) { a.Wx.stride_b = -1; }, kInvalid, {"Wx.stride_b is -1", "0 for dense"}},
      {"Wx s",
       {},
       [](auto& a) { a.Wx.stride_s = 40; },
       kInvalid,
       {"Wx.stride_s is 40", "must be 0", "[B, T, Gx, N, D]"}},
      {"Wx t short", {}, [](auto& a) { a.Wx.stride_t = 39; }, kInvalid, {"Wx.stride_t is 39", "at least 40"}},
      {"Wx b short", {}, [](auto& a) { a.Wx.stride_b = 1; }, kInvalid, {"Wx.stride_b is 1", "at least 40"}},
      {"Wx [T, B] half given",
       {},
       [](auto& a) { a.Wx.stride_b = 40; },
       kInvalid,
       {"Wx.stride_b is 40", "at least 160", "dense"}},
      {"initial_states t",
       {},
       [](auto& a) { a.initial_states.stride_t = 10; },
       kInvalid,
       {"initial_states.stride_t is 10", "must be 0", "[S, B, N, D]"}},
      {"initial_states s",
       {},
       [](auto& a) { a.initial_states.stride_s = 9; },
       kInvalid,
       {"initial_states.stride_s is 9", "at least 10"}},
      {"states t short", {}, [](auto& a) { a.states.stride_t = 9; }, kInvalid, {"states.stride_t is 9", "at least 10"}},
      {"states rows overlap",
       {},
       [](auto& a) { a.states.stride_b = 39; },
       kInvalid,
       {"states.stride_b is 39", "at least 40", "overlap"}},
      {"states of states overlap",
       {},
       [](auto& a) { a.states.stride_s = 119; },
       kInvalid,
       {"states.stride_s is 119", "at least 120"}},
      {"states windows",
       {},
       [](auto& a) { a.states.stride_t = a.states.stride_b = 10; },
       kInvalid,
       {"states.stride_b is 10", "at least 40"}},
      {"final_states overlap",
       {},
       [](auto& a) { a.final_states.stride_s = 29; },
       kInvalid,
       {"final_states.stride_s is 29", "at least 30"}},
      {"Wx t overflow", {}, [](auto& a) { a.Wx.stride_t = kMax / 2; }, kInvalid, {"Wx.stride_t is", "2^63 - 1"}},
      {"Wx b overflow", {}, [](auto& a) { a.Wx.stride_b = kMax; }, kInvalid, {"Wx.stride_b is", "2^63 - 1"}},
      {"bytes overflow",
       {},
       [](auto& a) { a.Wx.stride_b = kMax / 4; },
       kInvalid,
       {"Wx at 0x", "* 4 bytes", "address space"}},
      {"past the address space",
       {},
       [](auto& a) { a.Wx.data = reinterpret_cast<const void*>(UINTPTR_MAX - 63); },
       kInvalid,
       {"Wx at 0x", "480 * 4 bytes", "address space"}},
      {"R past the address space",
       {},
       [](auto& a) { a.R = reinterpret_cast<const void*>(UINTPTR_MAX - 63); },
       kInvalid,
       {"R at 0x", "address space"}},
      {"resets short", use_resets, [](auto& a) { a.resets_stride_b = 3; }, kInvalid, {"resets_stride_b is 3", "T = 4"}},
      {"resets < 0", use_resets, [](auto& a) { a.resets_stride_b = -4; }, kInvalid, {"resets_stride_b is -4", "T = 4"}},
      {"resets overflow",
       use_resets,
       [](auto& a) { a.resets_stride_b = kMax; },
       kInvalid,
       {"resets_stride_b is", "2^63 - 1"}},
      {"resets packed",
       packed_resets,
       [](auto& a) { a.resets_stride_b = 4; },
       kInvalid,
       {"resets_stride_b is 4", "must be 0", "FLASHRNN_PACKED"}},
      {"Wx b packed", packed, [](auto& a) { a.Wx.stride_b = 160; }, kInvalid, {"Wx.stride_b is 160", "[M, Gx, N, D]"}},
      {"states b packed",
       packed,
       [](auto& a) { a.states.stride_b = 40; },
       kInvalid,
       {"states.stride_b is 40", "[S, M"}},
      {"states s packed",
       packed,
       [](auto& a) { a.states.stride_s = 59; },  // the call has 6 tokens of 10
       kInvalid,
       {"states.stride_s is 59", "at least 60"}},
      {"dense s overflow packed",
       packed,
       [](auto& a) { a.states.stride_t = kMax / 6; },
       kInvalid,
       {"states.stride_t is", "2^63 - 1"}},
  };
  for (const auto& bad : cases) expect_bad(bad);
}

TEST(Strides, BackwardRefuses) {
  const std::vector<BadCall<flashrnn_backward_args>> cases = {
      {"dWx", {}, [](auto& a) { a.dWx.stride_b = 159; }, kInvalid, {"dWx.stride_b is 159", "at least 160"}},
      {"dWx < 0", {}, [](auto& a) { a.dWx.stride_t = -1; }, kInvalid, {"dWx.stride_t is -1"}},
      {"dstates", {}, [](auto& a) { a.dstates.stride_t = 5; }, kInvalid, {"dstates.stride_t is 5", "at least 10"}},
      {"dfinal", {}, [](auto& a) { a.dfinal_states.stride_b = 9; }, kInvalid, {"dfinal_states.stride_b is 9"}},
      {"dinitial",
       {},
       [](auto& a) { a.dinitial_states.stride_s = 10; },
       kInvalid,
       {"dinitial_states.stride_s is 10", "at least 30"}},
      {"dreset",
       use_resets,
       [](auto& a) { a.dreset_states.stride_b = 11, a.dreset_states.stride_s = 21; },
       kInvalid,
       {"dreset_states.stride_s is 21", "at least 32"}},
  };
  for (const auto& bad : cases) expect_bad(bad);
}

TEST(Strides, StepRefuses) {
  const std::vector<BadCall<flashrnn_step_args>> cases = {
      {"Wx t", {}, [](auto& a) { a.Wx.stride_t = 40; }, kInvalid, {"Wx.stride_t is 40", "must be 0", "[B, Gx, N, D]"}},
      {"Wx b", {}, [](auto& a) { a.Wx.stride_b = 39; }, kInvalid, {"Wx.stride_b is 39", "at least 40"}},
      {"output s", {}, [](auto& a) { a.output.stride_s = 1; }, kInvalid, {"output.stride_s is 1", "[B, N, D]"}},
      {"output b", {}, [](auto& a) { a.output.stride_b = 9; }, kInvalid, {"output.stride_b is 9", "at least 10"}},
      {"states", {}, [](auto& a) { a.states.stride_s = 5; }, kInvalid, {"states.stride_s is 5", "at least 10"}},
  };
  for (const auto& bad : cases) expect_bad(bad);
}

}  // namespace
}  // namespace flashrnn::testing

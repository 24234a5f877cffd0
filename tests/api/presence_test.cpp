// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"

/// Arguments that are missing, that must be, buffers, flags and alignment.
namespace flashrnn::testing {
namespace {

constexpr auto kInvalid = FLASHRNN_INVALID_ARGUMENT;
constexpr auto kSmall = FLASHRNN_BUFFER_TOO_SMALL;
alignas(64) std::int64_t some_memory[64] = {};

void use_lengths(flashrnn_problem& p) { p.use_lengths = 1; }
void use_resets(flashrnn_problem& p) { p.use_resets = 1; }
void packed(flashrnn_problem& p) { p.layout = FLASHRNN_PACKED; }
void inference(flashrnn_problem& p) { p.training = 0; }
void no_sequence(flashrnn_problem& p) { p.output_sequence = p.gradient_sequence = FLASHRNN_SEQUENCE_NONE; }
void recompute(flashrnn_problem& p) { p.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE; }
void bf16(flashrnn_problem& p) { p.dtype = FLASHRNN_BF16, p.state_dtype = FLASHRNN_F32; }

/// Cases for the fields that forward and backward share.
template <typename Args>
std::vector<BadCall<Args>> token_cases() {
  return {
      {"no lengths", use_lengths, [](auto& a) { a.lengths = nullptr; }, kInvalid, {"lengths is null", "use_lengths 1"}},
      {"lengths unasked",
       {},
       [](auto& a) { a.lengths = some_memory; },
       kInvalid,
       {"lengths is given", "use_lengths 0"}},
      {"no cu_seqlens",
       packed,
       [](auto& a) { a.cu_seqlens = nullptr; },
       kInvalid,
       {"cu_seqlens is null", "FLASHRNN_PACKED"}},
      {"cu_seqlens unasked",
       {},
       [](auto& a) { a.cu_seqlens = some_memory; },
       kInvalid,
       {"cu_seqlens is given", "must be null", "FLASHRNN_PADDED"}},
      {"lengths with PACKED", packed, [](auto& a) { a.lengths = some_memory; }, kInvalid, {"lengths is given"}},
      {"no resets", use_resets, [](auto& a) { a.resets = nullptr; }, kInvalid, {"resets is null", "use_resets 1"}},
      {"resets unasked",
       {},
       [](auto& a) { a.resets = reinterpret_cast<const std::uint8_t*>(some_memory); },
       kInvalid,
       {"resets is given", "use_resets 0"}},
      {"lengths misaligned",
       use_lengths,
       [](auto& a) { a.lengths = moved(a.lengths, 4); },
       kInvalid,
       {"lengths is at 0x", "8 bytes"}},
      {"cu_seqlens misaligned",
       packed,
       [](auto& a) { a.cu_seqlens = moved(a.cu_seqlens, 1); },
       kInvalid,
       {"cu_seqlens is at 0x", "8 bytes"}},
  };
}

/// Cases for what forward, backward and step share.
template <typename Args>
std::vector<BadCall<Args>> weight_cases(const char* workspace, std::size_t workspace_size) {
  const std::string needed = std::to_string(workspace_size);
  const std::string less = std::to_string(workspace_size - 1);
  return {
      {"no weights", {}, [](auto& a) { a.R = a.packed_weights = nullptr; }, kInvalid, {"R is null", "packed_weights"}},
      {"R misaligned", {}, [](auto& a) { a.R = moved(a.R, 2); }, kInvalid, {"R is at 0x", "4 bytes"}},
      {"R misaligned, bf16", bf16, [](auto& a) { a.R = moved(a.R, 1); }, kInvalid, {"R is at 0x", "2 bytes"}},
      {"b misaligned", {}, [](auto& a) { a.b = moved(a.b, 1); }, kInvalid, {"b is at 0x", "4 bytes"}},
      {"packed weights misaligned",
       {},
       [](auto& a) { a.packed_weights = moved(a.packed_weights, 32); },
       kInvalid,
       {"packed_weights is at 0x", "FLASHRNN_BUFFER_ALIGNMENT", "64 bytes"}},
      {"packed weights short",
       {},
       [](auto& a) { a.packed_weights_size = 4095; },
       kSmall,
       {"packed_weights_size is 4095 bytes", "at least 4096"}},
      {"Wx misaligned", {}, [](auto& a) { a.Wx.data = moved(a.Wx.data, 2); }, kInvalid, {"Wx is at 0x", "4 bytes"}},
      {"no workspace",
       {},
       [](auto& a) { a.workspace = nullptr; },
       kInvalid,
       {"workspace is null", needed + " bytes", workspace}},
      {"workspace misaligned",
       {},
       [](auto& a) { a.workspace = moved(a.workspace, 16); },
       kInvalid,
       {"workspace is at 0x", "64 bytes"}},
      {"workspace short",
       {},
       [=](auto& a) { a.workspace_size = workspace_size - 1; },
       kSmall,
       {"workspace_size is " + less + " bytes", "at least " + needed, workspace}},
      {"workspace size 0", {}, [](auto& a) { a.workspace_size = 0; }, kSmall, {"workspace_size is 0 bytes", needed}},
  };
}

template <typename Args>
void run_all(const std::vector<BadCall<Args>>& cases) {
  for (const auto& bad : cases) expect_bad(bad);
}

TEST(Presence, Pack) {
  run_all<flashrnn_pack_args>({
      {"no R", {}, [](auto& a) { a.R = nullptr; }, kInvalid, {"flashrnn_pack_weights: ", "R is null"}},
      {"R misaligned", {}, [](auto& a) { a.R = moved(a.R, 1); }, kInvalid, {"R is at 0x", "4 bytes"}},
      {"b misaligned", {}, [](auto& a) { a.b = moved(a.b, 2); }, kInvalid, {"b is at 0x", "4 bytes"}},
      {"no packed", {}, [](auto& a) { a.packed = nullptr; }, kInvalid, {"packed is null", "4096 bytes"}},
      {"packed misaligned", {}, [](auto& a) { a.packed = moved(a.packed, 8); }, kInvalid, {"packed is at 0x", "64"}},
      {"short", {}, [](auto& a) { a.packed_size = 4032; }, kSmall, {"packed_size is 4032 bytes", "at least 4096"}},
  });
}

TEST(Presence, Forward) {
  run_all(token_cases<flashrnn_forward_args>());
  run_all(weight_cases<flashrnn_forward_args>("forward_workspace", kForwardWorkspace));
  run_all<flashrnn_forward_args>({
      {"no Wx", {}, [](auto& a) { a.Wx.data = nullptr; }, kInvalid, {"flashrnn_forward: ", "Wx.data is null"}},
      {"no states", {}, [](auto& a) { a.states.data = nullptr; }, kInvalid, {"states.data is null", "output_sequence"}},
      {"states with NONE",
       no_sequence,
       [](auto& a) { a.states.data = some_memory; },
       kInvalid,
       {"states.data is given", "must be null", "FLASHRNN_SEQUENCE_NONE"}},
      {"no reserve", {}, [](auto& a) { a.reserve = nullptr; }, kInvalid, {"reserve is null", "training 1"}},
      {"reserve unasked",
       inference,
       [](auto& a) { a.reserve = some_memory; },
       kInvalid,
       {"reserve is given", "must be null", "training 0"}},
      {"reserve short",
       {},
       [](auto& a) { a.reserve_size = 2559; },
       kSmall,
       {"reserve_size is 2559 bytes", "at least 2560"}},
      {"reserve misaligned", {}, [](auto& a) { a.reserve = moved(a.reserve, 4); }, kInvalid, {"reserve is at 0x"}},
      {"reset_states unasked",
       {},
       [](auto& a) { a.reset_states.data = some_memory; },
       kInvalid,
       {"reset_states.data is given", "use_resets 0"}},
      {"initial_states misaligned",
       bf16,  // with fp32 states
       [](auto& a) { a.initial_states.data = moved(a.initial_states.data, 2); },
       kInvalid,
       {"initial_states is at 0x", "4 bytes"}},
      {"final_states misaligned",
       {},
       [](auto& a) { a.final_states.data = moved(a.final_states.data, 1); },
       kInvalid,
       {"final_states is at 0x", "4 bytes"}},
      {"reset_states misaligned",
       use_resets,
       [](auto& a) { a.reset_states.data = moved(a.reset_states.data, 3); },
       kInvalid,
       {"reset_states is at 0x", "4 bytes"}},
      {"states misaligned",
       bf16,
       [](auto& a) { a.states.data = moved(a.states.data, 1); },
       kInvalid,
       {"states is at 0x", "2 bytes"}},
  });
}

TEST(Presence, Backward) {
  run_all(token_cases<flashrnn_backward_args>());
  run_all(weight_cases<flashrnn_backward_args>("backward_workspace", kBackwardWorkspace));
  run_all<flashrnn_backward_args>({
      {"no Wx",
       recompute,
       [](auto& a) { a.Wx.data = nullptr; },
       kInvalid,
       {"flashrnn_backward: ", "Wx.data is null", "FLASHRNN_RESERVE_RECOMPUTE"}},
      {"dstates with NONE",
       no_sequence,
       [](auto& a) { a.dstates.data = some_memory; },
       kInvalid,
       {"dstates.data is given", "gradient_sequence", "FLASHRNN_SEQUENCE_NONE"}},
      {"no reserve", {}, [](auto& a) { a.reserve = nullptr; }, kInvalid, {"reserve is null", "required"}},
      {"reserve short", {}, [](auto& a) { a.reserve_size = 1; }, kSmall, {"reserve_size is 1 bytes", "2560"}},
      {"accumulate",
       {},
       [](auto& a) { a.accumulate_weight_gradients = 2; },
       kInvalid,
       {"accumulate_weight_gradients is 2", "0 or 1"}},
      {"reserved", {}, [](auto& a) { a.reserved = 1; }, kInvalid, {"reserved is 1", "must be 0"}},
      {"dreset_states unasked",
       {},
       [](auto& a) { a.dreset_states.data = some_memory; },
       kInvalid,
       {"dreset_states.data is given", "use_resets 0"}},
      {"dR misaligned", {}, [](auto& a) { a.dR = moved(a.dR, 2); }, kInvalid, {"dR is at 0x", "4 bytes"}},
      {"db misaligned", bf16, [](auto& a) { a.db = moved(a.db, 2); }, kInvalid, {"db is at 0x", "4 bytes"}},
      {"dWx misaligned", {}, [](auto& a) { a.dWx.data = moved(a.dWx.data, 1); }, kInvalid, {"dWx is at 0x"}},
  });
}

TEST(Presence, Step) {
  run_all(weight_cases<flashrnn_step_args>("step_workspace", kStepWorkspace));
  run_all<flashrnn_step_args>({
      {"no Wx", {}, [](auto& a) { a.Wx.data = nullptr; }, kInvalid, {"flashrnn_step: ", "Wx.data is null"}},
      {"no states", {}, [](auto& a) { a.states.data = nullptr; }, kInvalid, {"states.data is null", "required"}},
      {"states misaligned",
       {},
       [](auto& a) { a.states.data = moved(a.states.data, 2); },
       kInvalid,
       {"states is at 0x"}},
      {"output misaligned",
       {},
       [](auto& a) { a.output.data = moved(a.output.data, 2); },
       kInvalid,
       {"output is at 0x"}},
  });
}

TEST(Presence, NullPlan) {
  const flashrnn_pack_args pack = pack_args();
  const flashrnn_forward_args forward = forward_args();
  const flashrnn_backward_args backward = backward_args();
  const flashrnn_step_args step = step_args();
  EXPECT_EQ(flashrnn_pack_weights(nullptr, &pack), kInvalid);
  expect_message({"flashrnn_pack_weights: plan is null"});
  EXPECT_EQ(flashrnn_forward(nullptr, &forward), kInvalid);
  expect_message({"flashrnn_forward: plan is null"});
  EXPECT_EQ(flashrnn_backward(nullptr, &backward), kInvalid);
  expect_message({"flashrnn_backward: plan is null"});
  EXPECT_EQ(flashrnn_step(nullptr, &step), kInvalid);
  expect_message({"flashrnn_step: plan is null"});
}

TEST(Presence, BackwardNeedsTraining) {
  BackwardCall call(inference);
  call.memory.snapshot();
  fake().calls = 0;
  EXPECT_EQ(call.run(), kInvalid);
  expect_message({"training 0", "training 1"});
  EXPECT_TRUE(call.memory.unchanged());
  EXPECT_EQ(fake().calls, 0);
}

TEST(Presence, WhatMayBeNull) {
  ForwardCall forward;
  forward.args.R = forward.args.b = nullptr;
  forward.args.initial_states.data = nullptr;
  forward.args.final_states.data = nullptr;
  expect_good(forward);
  ForwardCall unpacked(inference);
  unpacked.args.packed_weights = nullptr;
  unpacked.args.packed_weights_size = 0;
  expect_good(unpacked);
  expect_good(ForwardCall(no_sequence));

  BackwardCall backward;
  backward.args.Wx.data = nullptr;
  backward.args.dstates.data = backward.args.dfinal_states.data = nullptr;
  backward.args.dWx.data = backward.args.dinitial_states.data = nullptr;
  backward.args.dR = backward.args.db = nullptr;
  expect_good(backward);
  BackwardCall resets(use_resets);
  resets.args.dreset_states.data = nullptr;
  expect_good(resets);

  StepCall step;
  step.args.resets = nullptr;  // reset_states may stay: a loop sets it once
  step.args.output.data = nullptr;
  expect_good(step);
  PackCall pack;
  pack.args.b = nullptr;
  expect_good(pack);
}

TEST(Presence, NullTensorsReachTheDeviceWithoutStrides) {
  ForwardCall call;
  call.args.initial_states = {nullptr, -1, -2, INT64_MAX};
  expect_good(call);
  EXPECT_EQ(fake().forward.initial_states.stride_s, 0);
  EXPECT_EQ(fake().forward.initial_states.stride_b, 0);
  EXPECT_EQ(fake().forward.initial_states.stride_t, 0);
}

}  // namespace
}  // namespace flashrnn::testing

// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"

/// What a call writes must not share a byte with its other memory.
namespace flashrnn::testing {
namespace {

constexpr auto kInvalid = FLASHRNN_INVALID_ARGUMENT;

void use_all(flashrnn_problem& p) { p.use_resets = p.use_lengths = 1; }
void packed(flashrnn_problem& p) { p.layout = FLASHRNN_PACKED; }

/// Mutable again: the tests point outputs at inputs.
void* writable(const void* p) { return const_cast<void*>(p); }

TEST(Overlap, ForwardRefuses) {
  const std::vector<BadCall<flashrnn_forward_args>> cases = {
      {"Wx", {}, [](auto& a) { a.states.data = writable(a.Wx.data); }, kInvalid, {"states (", "overlaps Wx ("}},
      {"last byte",
       {},
       [](auto& a) { a.final_states.data = moved(writable(a.Wx.data), 480 * 4 - 4); },
       kInvalid,
       {"final_states (240 bytes at 0x", "Wx (1920 bytes at 0x"}},
      {"R", {}, [](auto& a) { a.final_states.data = writable(a.R); }, kInvalid, {"final_states", "overlaps R"}},
      {"b", {}, [](auto& a) { a.final_states.data = writable(a.b); }, kInvalid, {"final_states", "overlaps b"}},
      {"packed weights",
       {},
       [](auto& a) { a.workspace = writable(a.packed_weights); },
       kInvalid,
       {"workspace (640", "overlaps packed_weights (4096"}},
      {"initial shifted",
       {},
       [](auto& a) { a.final_states.data = moved(writable(a.initial_states.data), 4); },
       kInvalid,
       {"final_states", "initial_states"}},
      {"initial with other strides",
       {},
       [](auto& a) {
         a.final_states = {writable(a.initial_states.data), 10, 20, 0};
       },
       kInvalid,
       {"final_states", "initial_states"}},
      {"initial as states",
       {},
       [](auto& a) { a.initial_states.data = a.states.data; },
       kInvalid,
       {"states", "initial_states"}},
      {"reset_states", use_all, [](auto& a) { a.reset_states.data = a.final_states.data; }, kInvalid, {"reset_states"}},
      {"final and states",
       {},
       [](auto& a) { a.final_states.data = a.states.data; },
       kInvalid,
       {"final_states", "states"}},
      {"lengths",
       use_all,
       [](auto& a) { a.final_states.data = moved(const_cast<std::int64_t*>(a.lengths), -232); },
       kInvalid,
       {"final_states", "overlaps lengths (24 bytes"}},
      {"resets",
       use_all,
       [](auto& a) { a.states.data = moved(const_cast<std::uint8_t*>(a.resets), 8); },
       kInvalid,
       {"states", "overlaps resets (12 bytes"}},
      {"workspace and reserve", {}, [](auto& a) { a.workspace = a.reserve; }, kInvalid, {"workspace", "reserve"}},
      {"workspace and states",
       {},
       [](auto& a) { a.workspace = moved(a.workspace, 64), a.states.data = a.workspace; },
       kInvalid,
       {"workspace", "states"}},
      {"cu_seqlens",
       packed,
       [](auto& a) { a.final_states.data = const_cast<std::int64_t*>(a.cu_seqlens); },
       kInvalid,
       {"final_states", "overlaps cu_seqlens (32 bytes"}},
  };
  for (const auto& bad : cases) expect_bad(bad);
}

TEST(Overlap, BackwardRefuses) {
  const std::vector<BadCall<flashrnn_backward_args>> cases = {
      {"dWx is Wx", {}, [](auto& a) { a.dWx.data = writable(a.Wx.data); }, kInvalid, {"dWx", "overlaps Wx"}},
      {"dR is R", {}, [](auto& a) { a.dR = static_cast<float*>(writable(a.R)); }, kInvalid, {"dR", "overlaps R"}},
      {"db in dR", {}, [](auto& a) { a.db = a.dR + 199; }, kInvalid, {"db (160 bytes", "overlaps dR (800 bytes"}},
      {"dstates is dWx", {}, [](auto& a) { a.dstates.data = a.dWx.data; }, kInvalid, {"dWx", "dstates"}},
      {"dinitial is dfinal",
       {},
       [](auto& a) { a.dinitial_states.data = writable(a.dfinal_states.data); },
       kInvalid,
       {"dinitial_states", "overlaps dfinal_states"}},
      {"dreset is dinitial",
       use_all,
       [](auto& a) { a.dreset_states.data = a.dinitial_states.data; },
       kInvalid,
       {"dreset_states", "dinitial_states"}},
      {"reserve", {}, [](auto& a) { a.dWx.data = writable(a.reserve); }, kInvalid, {"dWx", "reserve (2560"}},
      {"workspace", {}, [](auto& a) { a.workspace = writable(a.reserve); }, kInvalid, {"workspace", "reserve"}},
  };
  for (const auto& bad : cases) expect_bad(bad);
}

TEST(Overlap, StepAndPackRefuse) {
  expect_bad<flashrnn_step_args>({"output in states",
                                  {},
                                  [](auto& a) { a.output.data = a.states.data; },
                                  kInvalid,
                                  {"output", "overlaps states"}});
  expect_bad<flashrnn_step_args>({"states are reset_states",
                                  {},
                                  [](auto& a) { a.reset_states.data = a.states.data; },
                                  kInvalid,
                                  {"states", "overlaps reset_states"}});
  expect_bad<flashrnn_pack_args>(
      {"packed on R", {}, [](auto& a) { a.R = a.packed; }, kInvalid, {"packed", "overlaps R"}});
}

TEST(Overlap, FinalStatesMayBeInitialStates) {
  ForwardCall call;
  call.args.final_states.data = writable(call.args.initial_states.data);
  expect_good(call);
  // The same strides, once in words and once as the dense ones.
  call.args.final_states.stride_s = kB * kUnits;
  expect_good(call);
}

TEST(Overlap, TouchingIsNotOverlapping) {
  ForwardCall call;
  auto* memory = call.memory.add<std::byte>(2 * 240);
  call.args.initial_states.data = memory;
  call.args.final_states.data = memory + 240;
  expect_good(call);
  call.args.final_states.data = memory;
  call.args.initial_states.data = memory + 240;
  expect_good(call);
}

TEST(Overlap, InputsMayShareMemory) {
  ForwardCall call([](auto& p) { p.use_resets = 1; });
  call.args.reset_states.data = call.args.initial_states.data;
  call.args.b = call.args.R;
  expect_good(call);
}

TEST(Overlap, RowsSideBySideInALargerTensor) {
  // [B, T, 5, N, D]: Wx in the first four, h in the fifth.
  ForwardCall call([](auto& p) { p.output_sequence = FLASHRNN_SEQUENCE_H; });
  auto* memory = call.memory.add<float>(static_cast<std::size_t>(kB * kT * 50) * sizeof(float));
  call.args.Wx = {memory, 0, kT * 50, 50};
  call.args.states = {memory + 40, 0, kT * 50, 50};
  expect_good(call);
  // h one element to the left meets the fourth gate; one to the right, the next token's first.
  for (float* h : {memory + 39, memory + 41}) {
    call.args.states.data = h;
    fake().calls = 0;
    EXPECT_EQ(call.run(), kInvalid);
    expect_message({"states", "overlaps Wx"});
    EXPECT_EQ(fake().calls, 0);
  }
}

TEST(Overlap, PackedCallsSpanTheirOwnTokens) {
  // The plan allows 12 tokens, the call has 6: memory behind the sixth is none of the call's.
  ForwardCall call(packed);
  call.args.states.data = call.memory.add(2 * 60 * sizeof(float));
  call.args.states.stride_s = 60;
  auto* Wx = call.memory.add<float>(6 * 40 * sizeof(float) + 240);
  call.args.Wx.data = Wx;
  call.args.final_states.data = Wx + 6 * 40;
  expect_good(call);
  call.args.final_states.data = Wx + 6 * 40 - 1;
  EXPECT_EQ(call.run(), kInvalid);
  expect_message({"final_states", "overlaps Wx (960 bytes"});
}

}  // namespace
}  // namespace flashrnn::testing

// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"

/// The contents of lengths, cu_seqlens and resets, where the host can read them.
namespace flashrnn::testing {
namespace {

void use_lengths(flashrnn_problem& p) { p.use_lengths = 1; }
void use_both(flashrnn_problem& p) { p.use_lengths = p.use_resets = 1; }
void packed(flashrnn_problem& p) { p.layout = FLASHRNN_PACKED; }
void packed_10(flashrnn_problem& p) { packed(p), p.tokens = 10; }

std::int64_t* open(const std::int64_t* p) { return const_cast<std::int64_t*>(p); }
std::uint8_t* open(const std::uint8_t* p) { return const_cast<std::uint8_t*>(p); }

template <typename Args>
std::vector<BadCall<Args>> cases() {
  constexpr auto kInvalid = FLASHRNN_INVALID_ARGUMENT;
  return {
      {"length < 0",
       use_lengths,
       [](auto& a) { open(a.lengths)[1] = -1; },
       kInvalid,
       {"lengths[1] is -1", "[0, T = 4]"}},
      {"length > T", use_lengths, [](auto& a) { open(a.lengths)[2] = 5; }, kInvalid, {"lengths[2] is 5", "[0, T = 4]"}},
      {"length huge", use_lengths, [](auto& a) { open(a.lengths)[0] = INT64_MIN; }, kInvalid, {"lengths[0] is -92233"}},
      {"cu start", packed, [](auto& a) { open(a.cu_seqlens)[0] = 1; }, kInvalid, {"cu_seqlens[0] is 1", "must be 0"}},
      {"cu falls",
       packed,
       [](auto& a) { open(a.cu_seqlens)[2] = 1; },
       kInvalid,
       {"cu_seqlens[2] is 1", "at least", "2"}},
      {"cu < 0", packed, [](auto& a) { open(a.cu_seqlens)[1] = -2; }, kInvalid, {"cu_seqlens[1] is -2"}},
      {"cu row too long",
       packed,
       [](auto& a) { open(a.cu_seqlens)[3] = 7; },
       kInvalid,
       {"cu_seqlens[3] is 7", "row 2 5 tokens long", "min(T, tokens) = 4"}},
      {"cu huge", packed, [](auto& a) { open(a.cu_seqlens)[3] = INT64_MAX; }, kInvalid, {"cu_seqlens[3] is 92233"}},
      {"cu past tokens",
       packed_10,
       [](auto& a) { open(a.cu_seqlens)[1] = 4, open(a.cu_seqlens)[2] = 8, open(a.cu_seqlens)[3] = 11; },
       kInvalid,
       {"cu_seqlens[3] is 11", "tokens, 10"}},
      {"mark behind the end",
       use_both,
       [](auto& a) { open(a.resets)[3] = 7; },
       kInvalid,
       {"resets[0, 3] is 7", "lengths[0] = 2"}},
      {"mark in an empty row",
       use_both,
       [](auto& a) { open(a.resets)[8] = 1; },
       kInvalid,
       {"resets[2, 0] is 1", "lengths[2] = 0"}},
  };
}

TEST(Tokens, ForwardRefuses) {
  for (const auto& bad : cases<flashrnn_forward_args>()) expect_bad(bad);
}

TEST(Tokens, BackwardRefuses) {
  for (const auto& bad : cases<flashrnn_backward_args>()) expect_bad(bad);
}

TEST(Tokens, DeviceMemoryIsNotRead) {
  ForwardCall lengths(use_both, "fake:1");
  lengths.args.lengths = reinterpret_cast<const std::int64_t*>(0x1000);
  lengths.args.resets = reinterpret_cast<const std::uint8_t*>(0x2000);
  expect_good(lengths);
  ForwardCall rows(packed, "fake:1");
  rows.args.cu_seqlens = reinterpret_cast<const std::int64_t*>(0x1000);
  expect_good(rows);
  // Nobody knows the call's tokens, but Wx and states begin at the same place for sure.
  rows.args.states.data = const_cast<void*>(rows.args.Wx.data);
  EXPECT_EQ(rows.run(), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"states", "overlaps Wx"});
}

TEST(Tokens, LegalExtremes) {
  ForwardCall call(use_both);
  std::int64_t* lengths = open(call.args.lengths);
  lengths[0] = kT;
  lengths[1] = lengths[2] = 0;
  open(call.args.resets)[3] = 255;
  expect_good(call);
  ForwardCall none(packed);
  for (int i = 0; i < 4; ++i) open(none.args.cu_seqlens)[i] = 0;
  expect_good(none);
  ForwardCall all(packed);
  for (int i = 0; i < 4; ++i) open(all.args.cu_seqlens)[i] = i * kT;
  expect_good(all);
}

TEST(Tokens, MarksAreReadWithTheirStride) {
  ForwardCall call(use_both);
  auto* resets = call.memory.add<std::uint8_t>(3 * 9);
  for (int i = 0; i < 27; ++i) resets[i] = i % 9 >= kT ? 1 : 0;  // set between the rows only
  call.args.resets = resets;
  call.args.resets_stride_b = 9;
  expect_good(call);
  EXPECT_EQ(fake().forward.resets_stride_b, 9);
  resets[18] = 1;
  EXPECT_EQ(call.run(), FLASHRNN_INVALID_ARGUMENT);
  expect_message({"resets[2, 0] is 1"});
}

TEST(Tokens, StepIgnoresThePlansTokens) {
  expect_good(StepCall(packed));
  expect_good(StepCall(use_both));
  StepCall call;
  call.args.resets = nullptr;
  expect_good(call);
}

}  // namespace
}  // namespace flashrnn::testing

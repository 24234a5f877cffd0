// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>

#include "tests/cpu/network.hpp"

namespace flashrnn::test {
namespace {

struct Shape {
  const char* cell;
  flashrnn_dtype dtype;
  std::int64_t B, T, N, D;
};

// Small enough for strands, large enough for lockstep, ragged in every dimension.
const Shape kShapes[] = {
    {"lstm", FLASHRNN_F32, 3, 9, 1, 64},
    {"lstm", FLASHRNN_BF16, 16, 12, 1, 96},
    {"gru", FLASHRNN_BF16, 5, 11, 2, 33},
    {"gru_reset_before", FLASHRNN_F32, 2, 13, 1, 130},
    {"gru_reset_before", FLASHRNN_BF16, 7, 6, 1, 200},
    {"elman", FLASHRNN_F16, 9, 10, 3, 17},
    {"slstm", FLASHRNN_F32, 1, 20, 1, 257},
    {"slstm", FLASHRNN_BF16, 33, 5, 2, 48},
    {"elman", FLASHRNN_F32, 300, 6, 1, 260},  // gradients of more tokens than one block
};

std::string name_of(const testing::TestParamInfo<Shape>& info) {
  const Shape& s = info.param;
  return std::string(s.cell) + "_" + std::to_string(info.index);
}

flashrnn_problem problem_of(const Shape& s) {
  flashrnn_problem p = make_problem(s.cell, s.B, s.T, s.N, s.D);
  p.dtype = s.dtype;
  p.state_dtype = FLASHRNN_F32;
  p.training = 1;
  return p;
}

class Bitwise : public testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Shapes, Bitwise, testing::ValuesIn(kShapes), name_of);

TEST_P(Bitwise, RepeatsAreEqual) {
  const Context context = cpu(0);
  const Plan plan(context, problem_of(GetParam()));
  Network first(problem_of(GetParam()));
  first.run(plan);
  for (int repeat = 0; repeat < 3; ++repeat) {
    Network again(problem_of(GetParam()));
    again.run(plan);
    EXPECT_EQ(first.results(), again.results());
  }
}

TEST_P(Bitwise, ThreadCountsAreEqual) {
  Network first(problem_of(GetParam()));
  first.run(Plan(cpu(1), first.problem));
  for (const int threads : {2, 3, 5}) {
    Network other(problem_of(GetParam()));
    other.run(Plan(cpu(threads), other.problem));
    EXPECT_EQ(first.results(), other.results()) << threads << " threads";
  }
}

TEST_P(Bitwise, ResetsAndLengthsOnAnyThreads) {
  flashrnn_problem p = problem_of(GetParam());
  p.use_resets = 1;
  p.use_lengths = 1;
  p.reverse = 1;
  Network first(p);
  first.run(Plan(cpu(1), first.problem));
  Network other(p);
  other.run(Plan(cpu(4), other.problem));
  EXPECT_EQ(first.results(), other.results());
}

/// Chunks of any length, the state carried on in fp32.
TEST_P(Bitwise, ChunksAreEqualToTheWhole) {
  const Context context = cpu(2);
  for (const bool resets : {false, true}) {
    flashrnn_problem p = problem_of(GetParam());
    p.use_resets = resets ? 1 : 0;
    Network whole(p);
    whole.run(Plan(context, whole.problem));
    Network chunked(p);
    chunked.run_in_chunks(context, {0, 1, p.time / 2, p.time - 1, p.time});
    EXPECT_EQ(whole.results(), chunked.results());
  }
}

/// The whole's reserve is larger than most third-level caches and goes past them; the chunks' are not.
TEST(BitwiseReserve, LargeOnesAreEqualToSmallOnes) {
  const flashrnn_problem problem = problem_of({"elman", FLASHRNN_F32, 64, 600, 16, 16});
  const Context context = cpu(2);
  Network whole(problem);
  whole.run(Plan(context, whole.problem));
  Network chunked(problem);
  chunked.run_in_chunks(context, {0, 50, 300, 600});
  EXPECT_EQ(whole.results(), chunked.results());
}

TEST_P(Bitwise, RecomputedGatesAreEqualToKeptOnes) {
  flashrnn_problem p = problem_of(GetParam());
  const Context context = cpu(2);
  Network kept(p);
  kept.run(Plan(context, kept.problem));
  p.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  Network recomputed(p);
  const Plan plan(context, recomputed.problem);
  EXPECT_LT(plan.sizes().reserve, Plan(context, kept.problem).sizes().reserve);
  recomputed.run(plan);
  EXPECT_EQ(kept.results(), recomputed.results());
}

TEST_P(Bitwise, StepsAreEqualToAForward) {
  flashrnn_problem p = problem_of(GetParam());
  p.training = 0;
  const Context context = cpu(2);
  Network whole(p);
  const Plan plan(context, whole.problem);
  whole.run(plan);

  Network stepped(p);
  const Buffer packed(plan.sizes().packed_weights);
  flashrnn_pack_args pack = pack_args();
  pack.R = stepped.R.data();
  pack.b = stepped.b.data();
  pack.packed = packed.data();
  pack.packed_size = packed.size();
  plan.pack_weights(pack);
  const Buffer workspace(plan.sizes().step_workspace);
  const std::int64_t units = p.heads * p.head_dim;
  const std::int64_t element = p.dtype == FLASHRNN_F32 ? 4 : 2;
  for (std::int64_t t = 0; t < p.time; ++t) {
    flashrnn_step_args args = step_args();
    const std::int64_t gates = stepped.cell.input_gates * units;
    args.Wx = {stepped.Wx.data() + t * gates * element, 0, p.time * gates, 0};
    set_packed_weights(args, packed);
    args.states = dense(stepped.state.data());
    args.output = {stepped.states.data() + t * units * element, 0, p.time * units, 0};
    set_workspace(args, workspace);
    plan.step(args);
  }
  EXPECT_EQ(whole.results(), stepped.results());
}

/// One plan on several threads at once, each call with memory of its own.
TEST_P(Bitwise, ConcurrentCallsAreEqual) {
  const Context context = cpu(2);
  const Plan plan(context, problem_of(GetParam()));
  Network expected(problem_of(GetParam()));
  expected.run(plan);
  std::vector<Network> networks;
  for (int i = 0; i < 4; ++i) networks.emplace_back(problem_of(GetParam()));
  std::vector<std::thread> threads;
  for (Network& network : networks) threads.emplace_back([&] { network.run(plan); });
  for (std::thread& thread : threads) thread.join();
  for (const Network& network : networks) EXPECT_EQ(expected.results(), network.results());
}

}  // namespace
}  // namespace flashrnn::test

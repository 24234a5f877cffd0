// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>

#include "common/runtime/cell_registry.hpp"
#include "tests/api/calls.hpp"

namespace flashrnn::testing {
namespace {

struct BadProblem {
  const char* name;
  std::function<void(flashrnn_problem&)> change;
  std::vector<std::string> parts;
};

/// Writes an enumeration's value without making an enumerator of it, which would be undefined for these.
template <typename Enum>
void set_enum(Enum& field, std::int32_t value) {
  std::memcpy(&field, &value, sizeof value);
}

class ProblemTest : public ::testing::Test {
 protected:
  ProblemTest() : context_("fake:0") { reset_fake(); }

  void expect_bad(const BadProblem& bad) {
    SCOPED_TRACE(bad.name);
    flashrnn_problem problem = valid_problem();
    bad.change(problem);
    auto* const untouched = reinterpret_cast<flashrnn_plan*>(&problem);
    flashrnn_plan* plan = untouched;
    EXPECT_EQ(flashrnn_plan_create(context_.get(), &problem, &plan), FLASHRNN_INVALID_ARGUMENT);
    EXPECT_EQ(plan, untouched);
    EXPECT_EQ(fake().open_plans, 0);
    expect_message(bad.parts);
    expect_message({"flashrnn_plan_create: "});
  }

  Problem resolved(const flashrnn_problem& problem) {
    const Plan plan(context_, problem);
    return fake().problem;
  }

  Context context_;
};

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

TEST_F(ProblemTest, RefusesValuesOutOfRange) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const std::vector<BadProblem> cases = {
      {"no cell", [](auto& p) { p.cell = nullptr; }, {"problem.cell is null", "lstm, gru, gru_reset_before"}},
      {"unknown cell", [](auto& p) { p.cell = "lstn"; }, {"problem.cell is 'lstn'", "lstm", "elman_relu", "slstm"}},
      {"cell of odd bytes", [](auto& p) { p.cell = "a\nb"; }, {"problem.cell is 'a?b'"}},
      {"dtype", [](auto& p) { set_enum(p.dtype, 4); }, {"problem.dtype is 4", "[0, 3]", "FLASHRNN_BF16"}},
      {"dtype < 0", [](auto& p) { set_enum(p.dtype, -1); }, {"problem.dtype is -1", "[0, 3]"}},
      {"state_dtype", [](auto& p) { set_enum(p.state_dtype, 77); }, {"problem.state_dtype is 77", "[0, 3]"}},
      {"batch 0", [](auto& p) { p.batch = 0; }, {"problem.batch is 0", "at least 1"}},
      {"batch < 0", [](auto& p) { p.batch = -3; }, {"problem.batch is -3", "at least 1"}},
      {"time 0", [](auto& p) { p.time = 0; }, {"problem.time is 0", "at least 1"}},
      {"heads < 0", [](auto& p) { p.heads = std::numeric_limits<std::int64_t>::min(); }, {"problem.heads is -92233"}},
      {"head_dim 0", [](auto& p) { p.head_dim = 0; }, {"problem.head_dim is 0", "at least 1"}},
      {"layout", [](auto& p) { set_enum(p.layout, 2); }, {"problem.layout is 2", "[0, 1]", "FLASHRNN_PACKED"}},
      {"use_lengths", [](auto& p) { p.use_lengths = 2; }, {"problem.use_lengths is 2", "0 or 1"}},
      {"use_resets", [](auto& p) { p.use_resets = -1; }, {"problem.use_resets is -1", "0 or 1"}},
      {"reverse", [](auto& p) { p.reverse = 256; }, {"problem.reverse is 256", "0 or 1"}},
      {"training", [](auto& p) { p.training = 3; }, {"problem.training is 3", "0 or 1"}},
      {"gradient_cut", [](auto& p) { p.gradient_cut = 9; }, {"problem.gradient_cut is 9", "0 or 1"}},
      {"reserve_mode", [](auto& p) { set_enum(p.reserve_mode, 2); }, {"problem.reserve_mode is 2", "[0, 1]"}},
      {"output_sequence", [](auto& p) { set_enum(p.output_sequence, 3); }, {"problem.output_sequence is 3", "[0, 2]"}},
      {"gradient_sequence",
       [](auto& p) { set_enum(p.gradient_sequence, -7); },
       {"problem.gradient_sequence is -7", "[0, 2]"}},
      {"math", [](auto& p) { set_enum(p.math, 4); }, {"problem.math is 4", "[0, 3]", "FLASHRNN_MATH_LINEAR"}},
      {"matmul", [](auto& p) { set_enum(p.matmul, 2); }, {"problem.matmul is 2", "[0, 1]"}},
      {"forward_clip NaN", [=](auto& p) { p.forward_clip = nan; }, {"problem.forward_clip is nan", "0 for off"}},
      {"forward_clip < 0", [](auto& p) { p.forward_clip = -0.5; }, {"problem.forward_clip is -0.5", "positive"}},
      {"forward_clip inf", [=](auto& p) { p.forward_clip = inf; }, {"problem.forward_clip is inf", "3.4e38"}},
      {"gradient_clip NaN", [=](auto& p) { p.gradient_clip = nan; }, {"problem.gradient_clip is nan"}},
      {"gradient_clip < 0", [](auto& p) { p.gradient_clip = -1e-300; }, {"problem.gradient_clip is -1e-300"}},
      {"gradient_clip tiny", [](auto& p) { p.gradient_clip = 1e-60; }, {"problem.gradient_clip is 1e-60", "1e-45"}},
      {"gradient_clip big", [](auto& p) { p.gradient_clip = 1e39; }, {"problem.gradient_clip is 1e+39", "3.4e38"}},
  };
  for (const BadProblem& bad : cases) expect_bad(bad);
}

TEST_F(ProblemTest, RefusesFieldsAtOdds) {
  const std::vector<BadProblem> cases = {
      {"tokens with PADDED", [](auto& p) { p.tokens = 5; }, {"problem.tokens is 5", "must be 0", "FLASHRNN_PADDED"}},
      {"lengths with PACKED",
       [](auto& p) {
         p.layout = FLASHRNN_PACKED;
         p.use_lengths = 1;
       },
       {"problem.use_lengths is 1", "must be 0", "FLASHRNN_PACKED", "cu_seqlens"}},
      {"tokens < 0",
       [](auto& p) {
         p.layout = FLASHRNN_PACKED;
         p.tokens = -1;
       },
       {"problem.tokens is -1", "[1, batch * time = 12]"}},
      {"tokens > B T",
       [](auto& p) {
         p.layout = FLASHRNN_PACKED;
         p.tokens = 13;
       },
       {"problem.tokens is 13", "[1, batch * time = 12]"}},
  };
  for (const BadProblem& bad : cases) expect_bad(bad);
}

TEST_F(ProblemTest, RefusesByteCountsPast2To63) {
  const std::vector<BadProblem> cases = {
      {"B T", [](auto& p) { p.batch = p.time = kHuge; }, {"problem.batch * problem.time", "2^63 - 1"}},
      {"R", [](auto& p) { p.head_dim = std::int64_t{1} << 31; }, {"R [Gr, N, D, D]", "problem.head_dim", "2^63 - 1"}},
      {"dR where R fits",
       [](auto& p) {
         // Gr N D D elements = 4 * 2^59: 2^62 bytes of bf16, 2^63 of the fp32 gradient.
         p.dtype = FLASHRNN_BF16;
         p.heads = 2;
         p.head_dim = std::int64_t{1} << 29;
       },
       {"dR [Gr, N, D, D]", "problem.head_dim", "2^63 - 1"}},
      {"states", [](auto& p) { p.batch = kHuge / 4, p.time = 1; }, {"initial_states", "problem.batch", "2^63 - 1"}},
      {"Wx", [](auto& p) { p.time = kHuge / 64; }, {"Wx [B, T, Gx, N, D]", "problem.time", "2^63 - 1"}},
      {"Wx packed",
       [](auto& p) {
         p.layout = FLASHRNN_PACKED;
         p.time = p.tokens = kHuge / 64;
       },
       {"Wx [M, Gx, N, D]", "problem.tokens", "2^63 - 1"}},
      {"heads", [](auto& p) { p.heads = kHuge; }, {"problem.heads", "2^63 - 1"}},
  };
  for (const BadProblem& bad : cases) expect_bad(bad);
}

TEST_F(ProblemTest, ResolvesDefaults) {
  const Problem p = resolved(make_problem("gru", 3, 4, 2, 5));
  EXPECT_STREQ(p.cell->name, "gru");
  EXPECT_EQ(p.dtype, FLASHRNN_F32);
  EXPECT_EQ(p.state_dtype, FLASHRNN_F32);
  EXPECT_EQ(p.batch, 3);
  EXPECT_EQ(p.time, 4);
  EXPECT_EQ(p.heads, 2);
  EXPECT_EQ(p.head_dim, 5);
  EXPECT_EQ(p.tokens, 12);
  EXPECT_FALSE(p.packed || p.use_lengths || p.use_resets || p.reverse || p.training || p.gradient_cut);
  EXPECT_EQ(p.output_sequence, FLASHRNN_SEQUENCE_H);
  EXPECT_EQ(p.forward_clip, 0.0F);
  EXPECT_EQ(p.math, FLASHRNN_MATH_EXACT);
  EXPECT_EQ(p.matmul, FLASHRNN_MATMUL_STRICT);
}

TEST_F(ProblemTest, PackedRowsAreNoLongerThanAllTokens) {
  flashrnn_problem given = make_problem("gru", 1, std::numeric_limits<std::int64_t>::max(), 2, 5);
  given.layout = FLASHRNN_PACKED;
  given.tokens = 3;
  EXPECT_EQ(resolved(given).time, 3);
}

TEST_F(ProblemTest, PassesEveryFieldOn) {
  flashrnn_problem given = make_problem("slstm", 3, 4, 2, 5);
  given.dtype = FLASHRNN_BF16;
  given.layout = FLASHRNN_PACKED;
  given.tokens = 7;
  given.use_resets = given.reverse = given.training = given.gradient_cut = 1;
  given.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  given.output_sequence = FLASHRNN_SEQUENCE_NONE;
  given.gradient_sequence = FLASHRNN_SEQUENCE_ALL;
  given.forward_clip = 0.1;
  given.gradient_clip = 1e-44;
  given.math = FLASHRNN_MATH_FAST;
  given.matmul = FLASHRNN_MATMUL_TF32;
  Problem p = resolved(given);
  EXPECT_EQ(p.dtype, FLASHRNN_BF16);
  EXPECT_EQ(p.state_dtype, FLASHRNN_BF16);
  EXPECT_EQ(p.tokens, 7);
  EXPECT_TRUE(p.packed && p.use_resets && p.reverse && p.training && p.gradient_cut);
  EXPECT_FALSE(p.use_lengths);
  EXPECT_EQ(p.reserve_mode, FLASHRNN_RESERVE_RECOMPUTE);
  EXPECT_EQ(p.output_sequence, FLASHRNN_SEQUENCE_NONE);
  EXPECT_EQ(p.gradient_sequence, FLASHRNN_SEQUENCE_ALL);
  EXPECT_EQ(p.forward_clip, 0.1F);
  EXPECT_EQ(p.gradient_clip, 1e-44F);
  EXPECT_EQ(p.math, FLASHRNN_MATH_FAST);
  EXPECT_EQ(p.matmul, FLASHRNN_MATMUL_TF32);
  given.state_dtype = FLASHRNN_F32;
  p = resolved(given);
  EXPECT_EQ(p.state_dtype, FLASHRNN_F32);
}

}  // namespace
}  // namespace flashrnn::testing

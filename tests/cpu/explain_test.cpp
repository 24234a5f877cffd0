// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend_cpu/facts.hpp"
#include "tests/cpu/plan_grid.hpp"

namespace flashrnn::cpu {
namespace {

using plan::Candidate;
using plan::Report;
using testing::HasSubstr;

plan::Shape shape(const char* cell, std::int64_t B, std::int64_t N, std::int64_t D, plan::Pass pass) {
  plan::Shape s;
  s.cell = plan::builtin_cell(cell);
  s.batch = B;
  s.steps = 256;
  s.heads = N;
  s.head_dim = D;
  s.pass = pass;
  return s;
}

std::int64_t choice(const Candidate& candidate, const std::string& name) {
  for (const plan::Choice& c : candidate.choices)
    if (c.name == name) return c.value;
  ADD_FAILURE() << "no choice " << name;
  return 0;
}

void expect_whole(const Candidate& c) {
  ASSERT_TRUE(c.refusal.empty()) << c.refusal;
  EXPECT_TRUE(c.form == "strands" || c.form == "lockstep") << c.form;
  double sum = 0;
  for (const plan::CostPart& part : c.cost) {
    EXPECT_GE(part.us_per_step, 0) << part.what;
    if (!part.hidden) sum += part.us_per_step;
  }
  EXPECT_NEAR(sum, c.us_per_step, 1e-9 * sum);
  EXPECT_GT(c.us_per_step, 0);
  EXPECT_GE(c.total_us, 0.999 * c.us_per_step);
  for (const plan::Usage& usage : c.usage) {
    if (usage.what == "vector registers") {
      EXPECT_LE(usage.used, usage.limit);
    }
  }
}

TEST(ExplainCpu, EveryCpuOfTheDatabase) {
  for (const hw::Device* device : cpus()) {
    SCOPED_TRACE(device->name);
    for (const plan::Pass pass : {plan::Pass::kForward, plan::Pass::kBackward, plan::Pass::kStep}) {
      const Report report = explain_cpu(shape("gru", 16, 3, 256, pass), *device);
      EXPECT_EQ(report.device, device->name);
      expect_whole(report.chosen);
      EXPECT_FALSE(report.others.empty());
      for (const Candidate& other : report.others) {
        if (other.refusal.empty()) expect_whole(other);
      }
      EXPECT_GT(report.planning_ms, 0);
    }
  }
}

TEST(ExplainCpu, ThisMachineRunsWhatIsExplained) {
  const hw::Device& device = *this_machine().device;
  const Report report = explain_cpu(shape("lstm", 16, 1, 256, plan::Pass::kForward), device, 2);
  expect_whole(report.chosen);
  CpuPlan made;
  const Problem problem = problem_of("lstm", FLASHRNN_BF16, false, 16, 256, 1, 256);
  ASSERT_TRUE(make_plan(problem, facts_of(device, best_isa(), 2, nullptr), &made).ok());
  EXPECT_EQ(choice(report.chosen, "strand_rows"), made.strand_rows);
  EXPECT_EQ(choice(report.chosen, "tile_vectors"), made.forward[0].vectors);
  EXPECT_EQ(choice(report.chosen, "threads"), made.threads);
  EXPECT_EQ(choice(report.chosen, "block_units"), made.block_units);
}

TEST(ExplainCpu, OneThreadHasNoLockstep) {
  const Report report = explain_cpu(shape("lstm", 1, 1, 768, plan::Pass::kForward), *database().find("cpu/zen4"), 1);
  ASSERT_FALSE(report.others.empty());
  EXPECT_THAT(report.others.back().refusal, HasSubstr("threads: 1 < 2"));
}

TEST(ExplainCpu, FormsAndInstructionSetsCanBeForced) {
  const hw::Device& zen = *database().find("cpu/zen4");
  const plan::Shape s = shape("lstm", 1, 1, 768, plan::Pass::kForward);
  EXPECT_EQ(explain_cpu(s, zen, 2, "", "strands").chosen.form, "strands");
  EXPECT_EQ(explain_cpu(s, zen, 2, "", "lockstep").chosen.form, "lockstep");
  EXPECT_EQ(choice(explain_cpu(s, zen, 2, "avx2").chosen, "vector_floats"), 8);
  EXPECT_THAT(explain_cpu(s, zen, 2, "", "cluster").chosen.refusal, HasSubstr("'cluster'"));
  EXPECT_THAT(explain_cpu(s, zen, 2, "mmx").chosen.refusal, HasSubstr("'mmx'"));
}

TEST(ExplainCpu, WhatCannotBeIsRefusedInASentence) {
  const hw::Device& zen = *database().find("cpu/zen4");
  plan::Shape s = shape("lstm", 1, 1, 64, plan::Pass::kForward);
  s.cell.name = "perceptron";
  EXPECT_THAT(explain_cpu(s, zen).chosen.refusal, HasSubstr("'perceptron'"));
  s = shape("lstm", 0, 1, 64, plan::Pass::kForward);
  EXPECT_THAT(explain_cpu(s, zen).chosen.refusal, HasSubstr("batch: is 0"));
  s = shape("lstm", 1, 1, std::int64_t{1} << 40, plan::Pass::kForward);
  EXPECT_FALSE(explain_cpu(s, zen).chosen.refusal.empty());
  EXPECT_THAT(
      explain_cpu(shape("lstm", 1, 1, 64, plan::Pass::kForward), *database().find("nvidia/h200")).chosen.refusal,
      HasSubstr("is no CPU"));
}

}  // namespace
}  // namespace flashrnn::cpu

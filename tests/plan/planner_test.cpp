// SPDX-License-Identifier: Apache-2.0
#include "common/plan/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace flashrnn::plan {
namespace {

using testing::Contains;
using testing::HasSubstr;

Shape lstm(std::int64_t batch, std::int64_t heads, std::int64_t head_dim, Pass pass = Pass::kForward) {
  Shape shape;
  shape.cell = builtin_cell("lstm");
  shape.batch = batch;
  shape.heads = heads;
  shape.head_dim = head_dim;
  shape.steps = 1024;
  shape.pass = pass;
  return shape;
}

const hw::Device& device(std::string_view name) {
  const hw::Device* found = hw::Database::shared().find(name);
  if (found == nullptr) {
    ADD_FAILURE() << "no device " << name;
    static const hw::Device none;
    return none;
  }
  return *found;
}

const Candidate* find_form(const Report& report, std::string_view form) {
  if (report.chosen.form == form) return &report.chosen;
  for (const Candidate& other : report.others) {
    if (other.form == form) return &other;
  }
  return nullptr;
}

double counted(const Candidate& candidate) {
  double sum = 0;
  for (const CostPart& part : candidate.cost) sum += part.hidden ? 0 : part.us_per_step;
  return sum;
}

TEST(Planner, SmallHeadsStayInABlockAndLargeOnesAreSpread) {
  const hw::Device& h200 = device("nvidia/h200");
  EXPECT_EQ(plan_gpu(lstm(16, 48, 16), h200)->form, Form::kBlock);
  EXPECT_EQ(plan_gpu(lstm(16, 1, 512), h200)->form, Form::kCluster);
  EXPECT_EQ(plan_gpu(lstm(16, 1, 2048), h200)->form, Form::kGrid);
  EXPECT_EQ(plan_gpu(lstm(512, 64, 4096), h200)->form, Form::kStepwise);
}

/// What was the fastest of what was measured: docs/performance/h200_log.md.
TEST(Planner, ChoosesOnTheH200WhatWasMeasuredToBeFast) {
  struct Expected {
    std::int64_t heads, head_dim;
    Form form;
    std::int64_t group_blocks, k_warps;
  };
  for (const Expected& x : {Expected{48, 16, Form::kBlock, 1, 1},
                            {24, 32, Form::kBlock, 1, 1},
                            {12, 64, Form::kBlock, 1, 1},
                            {6, 128, Form::kCluster, 8, 2},
                            {1, 256, Form::kCluster, 16, 2},
                            {3, 256, Form::kCluster, 16, 2},
                            {1, 512, Form::kCluster, 16, 2},
                            {1, 768, Form::kCluster, 16, 2}}) {
    const GpuPlan plan = *plan_gpu(lstm(16, x.heads, x.head_dim), device("nvidia/h200"));
    EXPECT_EQ(plan.form, x.form) << plan.to_string();
    EXPECT_EQ(plan.tile.group_blocks, x.group_blocks) << plan.to_string();
    EXPECT_EQ(plan.tile.k_warps, x.k_warps) << plan.to_string();
    // 8 rows of the batch a block, all groups at once, a warp for each 8 units.
    EXPECT_EQ(plan.tile.row_tiles, 1) << plan.to_string();
    EXPECT_EQ(plan.rounds, 1) << plan.to_string();
    EXPECT_EQ(plan.tile.warp_unit_tiles, 1) << plan.to_string();
    // R is on chip, in registers first.
    EXPECT_EQ(plan.tile.register_k + plan.tile.shared_k, plan.tile.warp_k_tiles) << plan.to_string();
    EXPECT_EQ(plan.tile.shared_k > 0, x.head_dim > 512) << plan.to_string();
  }
}

TEST(Planner, PlansSayHowTheyAreLaunched) {
  const hw::Device& h200 = device("nvidia/h200");
  const GpuPlan block = *plan_gpu(lstm(16, 12, 64), h200);
  EXPECT_EQ(block.exchange, kernel::Exchange::kBlock);
  EXPECT_EQ(block.blocks, 24);
  EXPECT_EQ(block.cluster, 1);
  EXPECT_FALSE(block.cooperative);
  const GpuPlan cluster = *plan_gpu(lstm(16, 1, 512), h200);
  EXPECT_EQ(cluster.exchange, kernel::Exchange::kCluster);
  EXPECT_EQ(cluster.blocks, 32);
  EXPECT_EQ(cluster.cluster, 16);
  EXPECT_FALSE(cluster.cooperative);
  const GpuPlan grid = *plan_gpu(lstm(16, 1, 512), h200, {.form = Form::kGrid, .choices = {}});
  EXPECT_EQ(grid.exchange, kernel::Exchange::kGrid);
  EXPECT_EQ(grid.blocks, grid.groups * grid.tile.group_blocks);
  EXPECT_EQ(grid.cluster, 1);
  EXPECT_TRUE(grid.cooperative);
  EXPECT_LE(grid.blocks, 132);
  EXPECT_EQ(grid.rounds, 1);
  const GpuPlan stepwise = *plan_gpu(lstm(16, 1, 512), h200, {.form = Form::kStepwise, .choices = {}});
  EXPECT_EQ(stepwise.cluster, 1);
  EXPECT_FALSE(stepwise.cooperative);
  EXPECT_EQ(stepwise.blocks * stepwise.tile.block_unit_tiles * 8 * stepwise.tile.row_tiles * 8, 512 * 16);
}

/// The second product of such a cell needs what other blocks have: forward one block has a head, or a launch is a step.
TEST(Planner, CellsOfTwoStagesStayInABlock) {
  Shape shape = lstm(16, 1, 512);
  shape.cell = builtin_cell("gru_reset_before");
  const Report report = explain_gpu(shape, device("nvidia/h200"));
  EXPECT_EQ(find_form(report, "cluster")->refusal, "blocks of a cluster: 2 > 1");
  EXPECT_EQ(find_form(report, "grid")->refusal, "blocks of a group: 2 > 1");
  EXPECT_THAT(report.notes, Contains(HasSubstr("cell of two stages")));
}

TEST(Planner, ExplainTellsThePlanAndWhatItIsMadeOf) {
  const hw::Device& h200 = device("nvidia/h200");
  for (const Shape& shape :
       {lstm(16, 12, 64), lstm(16, 1, 768), lstm(16, 6, 128, Pass::kBackward), lstm(64, 1, 3001)}) {
    const Report report = explain_gpu(shape, h200);
    const std::optional<GpuPlan> plan = plan_gpu(shape, h200);
    ASSERT_TRUE(plan);
    EXPECT_EQ(report.device, "nvidia/h200");
    EXPECT_EQ(report.problem, to_string(shape));
    EXPECT_EQ(report.chosen.form, to_string(plan->form));
    EXPECT_EQ(report.chosen.refusal, "");
    for (const Choice& choice : report.chosen.choices) {
      if (choice.name == "row_tiles") {
        EXPECT_EQ(choice.value, plan->tile.row_tiles);
      } else if (choice.name == "register_k") {
        EXPECT_EQ(choice.value, plan->tile.register_k);
      }
    }
    std::vector<const Candidate*> all = {&report.chosen};
    for (const Candidate& other : report.others) all.push_back(&other);
    for (const Candidate* candidate : all) {
      if (!candidate->refusal.empty()) continue;
      EXPECT_NEAR(counted(*candidate), candidate->us_per_step, 1e-9 + 1e-6 * candidate->us_per_step);
      EXPECT_GE(candidate->total_us, 1024 * candidate->us_per_step);
      EXPECT_GE(candidate->total_us, report.chosen.total_us);
      EXPECT_FALSE(candidate->usage.empty());
      for (const Usage& usage : candidate->usage) EXPECT_LE(usage.used, usage.limit) << usage.what;
    }
    for (const std::string_view form : {"block", "cluster", "grid", "stepwise"}) {
      EXPECT_NE(find_form(report, form), nullptr) << form;
    }
  }
}

TEST(Planner, RefusalsAreFigures) {
  const Report report = explain_gpu(lstm(16, 1, 8192), device("nvidia/h200"));
  EXPECT_THAT(find_form(report, "block")->refusal,
              testing::MatchesRegex("shared memory of a block: [0-9]+ KB > 227 KB.*"));
  EXPECT_THAT(find_form(report, "cluster")->refusal, HasSubstr(" KB > 227 KB"));
  // Refused forms are told last.
  EXPECT_FALSE(report.others.back().refusal.empty());
}

TEST(Planner, DevicesWithoutClustersSaySo) {
  for (const std::string_view name : {"nvidia/a100_80gb", "nvidia/rtx_4090", "amd/mi300x", "amd/rx_7900_xtx"}) {
    const Report report = explain_gpu(lstm(16, 12, 64), device(name));
    EXPECT_EQ(find_form(report, "cluster")->refusal, "blocks of a cluster: 2 > 0") << name;
    EXPECT_EQ(report.chosen.refusal, "") << name;
  }
}

TEST(Planner, FiguresThatAreMissingAreNoted) {
  const Report report = explain_gpu(lstm(16, 1, 768), device("amd/mi300x"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("grid_exchange_ns is not known of amd/mi300x")));
  EXPECT_THAT(report.notes, Contains(HasSubstr("scaled by the clock from nvidia/h200")));
  const Report known = explain_gpu(lstm(16, 1, 768), device("nvidia/h200"));
  EXPECT_THAT(known.notes, testing::Not(Contains(HasSubstr("is not known"))));
}

TEST(Planner, SaysWhatOtherWaysToMoveRowsWouldTake) {
  const Report report = explain_gpu(lstm(16, 12, 64), device("nvidia/h200"));
  EXPECT_THAT(report.notes, Contains(HasSubstr("by a bulk copy for each row")));
}

TEST(Planner, CanBeForced) {
  const hw::Device& h200 = device("nvidia/h200");
  const Shape shape = lstm(16, 6, 128);
  for (const Form form : {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise}) {
    const std::optional<GpuPlan> plan = plan_gpu(shape, h200, {.form = form, .choices = {}});
    ASSERT_TRUE(plan) << to_string(form);
    EXPECT_EQ(plan->form, form);
    EXPECT_EQ(check_plan(*plan, shape, h200), "");
  }
  const GpuOptions options = {.form = Form::kCluster, .choices = {{"group_blocks", 4}, {"register_k", 1}}};
  const std::optional<GpuPlan> plan = plan_gpu(shape, h200, options);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->tile.group_blocks, 4);
  EXPECT_EQ(plan->tile.register_k, 1);
  EXPECT_EQ(check_plan(*plan, shape, h200), "");
}

TEST(Planner, ForcedPlansThatCanNotBeSayWhy) {
  const hw::Device& h200 = device("nvidia/h200");
  std::string why;
  EXPECT_FALSE(plan_gpu(lstm(16, 1, 4096), h200, {.form = Form::kBlock, .choices = {}}, &why));
  EXPECT_THAT(why, HasSubstr("shared memory of a block"));
  EXPECT_FALSE(plan_gpu(lstm(16, 12, 64), h200, {.form = Form::kBlock, .choices = {{"speed", 1}}}, &why));
  EXPECT_EQ(why, "'speed' is no choice of a plan");
  EXPECT_FALSE(plan_gpu(lstm(16, 12, 64), h200, {.form = Form::kBlock, .choices = {{"group_blocks", 3}}}, &why));
  EXPECT_NE(why, "");
  Shape strange = lstm(16, 12, 64);
  strange.cell.recurrent_gates = 65;
  EXPECT_EQ(explain_gpu(strange, h200).chosen.refusal, "recurrent_gates is 65; it must be from 1 to 64");
  EXPECT_EQ(explain_gpu(lstm(0, 12, 64), h200).chosen.refusal, "batch is 0; it must be from 1 to 2147483648");
  EXPECT_FALSE(plan_gpu(lstm(16, 12, 64), device("cpu/zen4"), {}, &why));
  EXPECT_EQ(why, "cpu/zen4 is no GPU");
}

TEST(Planner, ChecksFindWhatWasChanged) {
  const hw::Device& h200 = device("nvidia/h200");
  const Shape shape = lstm(16, 1, 768);
  const GpuPlan plan = *plan_gpu(shape, h200);
  GpuPlan changed = plan;
  changed.shared_bytes += 16;
  EXPECT_THAT(check_plan(changed, shape, h200), HasSubstr("the kernel"));
  changed = plan;
  changed.tile.register_k += 1;
  EXPECT_NE(check_plan(changed, shape, h200), "");
  EXPECT_NE(check_plan(plan, lstm(16, 1, 1024), h200), "");
  EXPECT_NE(check_plan(plan, shape, device("nvidia/a100_80gb")), "");
}

TEST(Planner, PlansCompareHashAndPrint) {
  const hw::Device& h200 = device("nvidia/h200");
  const GpuPlan a = *plan_gpu(lstm(16, 12, 64), h200);
  EXPECT_EQ(a, *plan_gpu(lstm(16, 12, 64), h200));
  EXPECT_EQ(a.hash(), plan_gpu(lstm(16, 12, 64), h200)->hash());
  const GpuPlan b = *plan_gpu(lstm(16, 1, 768), h200);
  EXPECT_NE(a, b);
  EXPECT_NE(a.hash(), b.hash());
  EXPECT_THAT(a.to_string(), HasSubstr("forward block mma.m16n8k16.bf16.fp32 row_tiles=1"));
}

TEST(Planner, HugeSizesNeitherOverflowNorThrow) {
  const hw::Device& h200 = device("nvidia/h200");
  for (const Shape& shape : {lstm(std::int64_t{1} << 31, std::int64_t{1} << 15, 64), lstm(1, 1, std::int64_t{1} << 26),
                             lstm(std::int64_t{1} << 31, 1, 1, Pass::kBackward)}) {
    std::string why;
    const std::optional<GpuPlan> plan = plan_gpu(shape, h200, {}, &why);
    ASSERT_TRUE(plan) << to_string(shape) << why;
    EXPECT_EQ(check_plan(*plan, shape, h200), "");
  }
}

TEST(Planner, RefusesWhatNoMemoryHolds) {
  const hw::Device& h200 = device("nvidia/h200");
  std::string why;
  EXPECT_FALSE(plan_gpu(lstm(1, 1, std::int64_t{1} << 27), h200, {}, &why));
  EXPECT_EQ(why, "heads * head_dim * head_dim is more than 2^52 elements");
  EXPECT_FALSE(plan_gpu(lstm(std::int64_t{1} << 31, std::int64_t{1} << 31, 64), h200, {}, &why));
  EXPECT_EQ(why, "heads * head_dim * batch is more than 2^52 elements");
}

/// A file that promises more than the device has: what the driver reports is kept to, and the log tells the difference.
TEST(Planner, ReportedLimitsWinOverTheDatabase) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "flashrnn_plan_false_figures";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder / "nvidia");
  std::ofstream(folder / "nvidia" / "h200.json") << R"({
    "name": "nvidia/h200", "vendor": "nvidia", "kind": "gpu", "description": "false", "isa": "sm_90a",
    "inherits": "families/sm_90", "driver_names": ["NVIDIA H200*"],
    "sources": {"none": {"kind": "measured", "title": "made up", "date": "2026"}},
    "figures": {
      "compute_units": {"value": 132, "source": "none", "where": "-"},
      "l2_bytes": {"value": 62914560, "source": "none", "where": "-"},
      "memory_bytes": {"value": 151397597184, "source": "none", "where": "-"},
      "memory_gb_per_s": {"value": 4800, "source": "none", "where": "-"},
      "clock_mhz": {"value": 1980, "source": "none", "where": "-"},
      "shared_bytes_per_compute_unit": {"value": 1048576, "source": "none", "where": "-"},
      "shared_bytes_per_block_max": {"value": 1000000, "source": "none", "where": "-"},
      "shared_bytes_reserved_per_block": {"value": 0, "source": "none", "where": "-"}
    }
  })";
  const hw::Database database = hw::Database::load({.folder = folder, .read_environment = false, .embedded = true});
  ASSERT_TRUE(database.problems().empty()) << database.problems().front().to_string();
  const hw::Device* believed = database.find("nvidia/h200");
  ASSERT_NE(believed, nullptr);

  constexpr std::int64_t kReported = 101376;
  hw::ReportedGpu reported{.name = "NVIDIA H200", .isa = "sm_90", .facts = {}};
  reported.facts.shared_bytes_per_block_max = kReported;
  reported.facts.compute_units = 64;
  std::vector<std::string> log;
  const hw::Device real = database.match(reported, [&](std::string_view line) { log.emplace_back(line); });

  bool exceeded = false;
  for (const Shape& shape :
       {lstm(16, 1, 768), lstm(16, 1, 512), lstm(64, 2, 256), lstm(16, 1, 1024, Pass::kBackward)}) {
    const GpuPlan plan = *plan_gpu(shape, real);
    EXPECT_LE(plan.shared_bytes, kReported);
    EXPECT_LE(plan.tile.group_blocks, 64);
    EXPECT_EQ(check_plan(plan, shape, real), "");
    const Report report = explain_gpu(shape, real);
    for (const Usage& usage : report.chosen.usage) {
      if (usage.what == "shared memory of a block") {
        EXPECT_EQ(usage.limit, kReported);
      }
    }
    exceeded = exceeded || plan_gpu(shape, *believed)->shared_bytes > kReported;
  }
  // Without the report the false file would have been believed.
  EXPECT_TRUE(exceeded);
  EXPECT_THAT(log, Contains(testing::AllOf(HasSubstr("shared_bytes_per_block_max is 101376"), HasSubstr("1000000"),
                                           HasSubstr("101376 is used"))));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace flashrnn::plan

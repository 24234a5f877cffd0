// SPDX-License-Identifier: Apache-2.0
#include "tools/flashrnn/explain_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace flashrnn::tool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

plan::Candidate refused(const std::string& form, const std::string& reason) {
  plan::Candidate candidate;
  candidate.form = form;
  candidate.refusal = reason;
  return candidate;
}

/// Figures without a meaning.
plan::Report some_report() {
  plan::Report report;
  report.device = "nvidia/h200";
  report.problem = "--cell lstm --dtype bf16 -B 16 -T 1024 -N 1 -D 768 --pass forward";
  report.chosen.form = "cluster";
  report.chosen.choices = {{"batch_tile", 16}, {"group_blocks", 8}};
  report.chosen.usage = {{"shared memory of a block", "B", 100 * 1024, 227 * 1024},
                         {"registers of a thread", "", 204, 255},
                         {"blocks resident at once", "", 0, 0}};
  report.chosen.cost = {{"matrix work", 0.25, false}, {"exchange of h", 0.75, false}, {"Wx", 0.042, true}};
  report.chosen.us_per_step = 1.0;
  report.chosen.total_us = 1034.5;
  plan::Candidate grid;
  grid.form = "grid";
  grid.choices = {{"batch_tile", 32}};
  grid.us_per_step = 12.5;
  grid.total_us = 12900;
  report.others = {grid, refused("block", "shared memory of a block: 241 KB > 227 KB")};
  report.notes = {"l2_gb_per_s is not known; 5500 is taken."};
  report.planning_ms = 0.31;
  return report;
}

plan::Report refused_report() {
  plan::Report report = some_report();
  report.device = "amd/mi210";
  report.chosen = refused("cluster", "blocks of a cluster: 2 > 0");
  return report;
}

TEST(ExplainText, IsAllOfTheReport) {
  EXPECT_EQ(explain_text(some_report(), "NVIDIA H200 SXM 141 GB"), R"(device      nvidia/h200 (NVIDIA H200 SXM 141 GB)
problem     --cell lstm --dtype bf16 -B 16 -T 1024 -N 1 -D 768 --pass forward
plan        cluster
choices     batch_tile 16, group_blocks 8
estimate    1.00 us per step, 1.03 ms in all
planned in  0.310 ms

resource                    used   limit  share
shared memory of a block  100 KB  227 KB   44 %
registers of a thread        204     255   80 %
blocks resident at once        0       0      -

cost           us per step   share
matrix work          0.250    25 %
exchange of h        0.750    75 %
Wx                 (0.042)  hidden
together              1.00

other candidates  us per step  total ms  to the plan  choices, or what refuses it
grid                     12.5      12.9       12.47x  batch_tile 32
block                       -         -            -  refused: shared memory of a block: 241 KB > 227 KB

Notes:
- l2_gb_per_s is not known; 5500 is taken.
)");
}

TEST(ExplainText, SaysWhatRefusesAForcedForm) {
  const std::string text = explain_text(refused_report(), "");
  EXPECT_THAT(text, HasSubstr("\nplan        none: cluster is refused, blocks of a cluster: 2 > 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("estimate")));
  EXPECT_THAT(text, HasSubstr("grid                     12.5      12.9            -  batch_tile 32"));
}

TEST(ExplainText, LeavesEmptyPartsAway) {
  plan::Report report;
  report.device = "cpu";
  report.problem = "-B 1";
  report.chosen.form = "strands";
  EXPECT_EQ(explain_text(report, ""), R"(device      cpu
problem     -B 1
plan        strands
estimate    0 us per step, 0 ms in all
planned in  0 ms
)");
}

TEST(ExplainJson, HasAllOfTheReport) {
  EXPECT_EQ(explain_json(some_report()), Json::parse(R"({
    "device": "nvidia/h200",
    "problem": "--cell lstm --dtype bf16 -B 16 -T 1024 -N 1 -D 768 --pass forward",
    "chosen": {
      "form": "cluster",
      "choices": {"batch_tile": 16, "group_blocks": 8},
      "usage": [
        {"what": "shared memory of a block", "unit": "B", "used": 102400.0, "limit": 232448.0},
        {"what": "registers of a thread", "unit": "", "used": 204.0, "limit": 255.0},
        {"what": "blocks resident at once", "unit": "", "used": 0.0, "limit": 0.0}],
      "cost": [
        {"what": "matrix work", "us_per_step": 0.25, "hidden": false},
        {"what": "exchange of h", "us_per_step": 0.75, "hidden": false},
        {"what": "Wx", "us_per_step": 0.042, "hidden": true}],
      "us_per_step": 1.0, "total_us": 1034.5, "refusal": null},
    "others": [
      {"form": "grid", "choices": {"batch_tile": 32}, "usage": [], "cost": [], "us_per_step": 12.5,
       "total_us": 12900.0, "refusal": null},
      {"form": "block", "choices": {}, "usage": [], "cost": [], "us_per_step": null, "total_us": null,
       "refusal": "shared memory of a block: 241 KB > 227 KB"}],
    "notes": ["l2_gb_per_s is not known; 5500 is taken."],
    "planning_ms": 0.31})"));
}

TEST(Comparison, HasTheFastestFirstAndRefusalsLast) {
  plan::Report slow = some_report();
  slow.device = "nvidia/l4";
  slow.chosen.total_us = 9000;
  slow.chosen.choices = {{"batch_tile", 1}, {"group_blocks", 8}, {"shared_k", 0}};
  std::vector<plan::Report> reports{refused_report(), slow, some_report()};
  sort_by_time(reports);
  EXPECT_EQ(comparison_text(reports),
            R"(device       form     us per step  total ms  choices above 1, or what refuses it
nvidia/h200  cluster         1.00      1.03  batch_tile 16, group_blocks 8
nvidia/l4    cluster         1.00      9.00  group_blocks 8
amd/mi210    cluster            -         -  refused: blocks of a cluster: 2 > 0
)");
  std::vector<std::string> devices;
  for (const Json& row : comparison_json(reports)) devices.push_back(row["device"]);
  EXPECT_THAT(devices, ElementsAre("nvidia/h200", "nvidia/l4", "amd/mi210"));
}

}  // namespace
}  // namespace flashrnn::tool

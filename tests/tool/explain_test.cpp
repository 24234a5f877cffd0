// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/tool/database_folder.hpp"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kProblem = "--cell lstm --dtype bf16 -B 16 -T 1024 -N 12 -D 64 --pass forward";

json explain(const std::string& arguments, int exit_code = 0) {
  const Outcome outcome = run_tool(words("explain --json " + arguments));
  EXPECT_EQ(outcome.exit_code, exit_code) << arguments << "\n" << outcome.err;
  return json::parse(outcome.out, nullptr, false);
}

/// A candidate that is possible: something of each kind, within its limits, with parts that make up the whole.
void expect_possible(const json& candidate) {
  EXPECT_FALSE(candidate["form"].get<std::string>().empty());
  EXPECT_TRUE(candidate["refusal"].is_null()) << candidate;
  EXPECT_GT(candidate["us_per_step"], 0.0);
  EXPECT_GE(candidate["total_us"], candidate["us_per_step"]);
  EXPECT_FALSE(candidate["choices"].empty());
  double together = 0;
  for (const json& part : candidate["cost"]) {
    if (!part["hidden"]) together += part["us_per_step"].get<double>();
  }
  const double whole = candidate["us_per_step"];
  EXPECT_NEAR(together, whole, 0.01 * whole) << candidate;
  for (const json& usage : candidate["usage"]) EXPECT_LE(usage["used"], usage["limit"]) << usage;
}

class Explained : public ::testing::TestWithParam<const char*> {};

TEST_P(Explained, HasAPlanAndWhatWasWeighed) {
  for (const char* pass : {"forward", "forward --inference", "backward", "step"}) {
    for (const char* cell : {"lstm", "gru", "gru_reset_before", "elman", "elman_relu", "slstm"}) {
      const std::string problem = std::string("--cell ") + cell + " --dtype bf16 -B 5 -T 37 -N 3 -D 40 --pass " + pass;
      const json report = explain(problem + " --device " + GetParam());
      ASSERT_TRUE(report.is_object());
      EXPECT_EQ(report["device"], GetParam());
      EXPECT_EQ(report["problem"], problem);
      expect_possible(report["chosen"]);
      EXPECT_FALSE(report["others"].empty()) << problem;
      EXPECT_TRUE(report["notes"].is_array());
      EXPECT_GE(report["planning_ms"], 0.0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Explained,
                         ::testing::Values("cpu", "cpu/zen4", "cpu/graviton4", "nvidia/h200", "nvidia/t4", "amd/mi300x",
                                           "amd/rx_7900_xtx"));

TEST(Explain, NoOtherCandidateOfAGpuIsCheaper) {
  std::size_t compared = 0;
  for (const char* device : {"nvidia/h200", "nvidia/t4", "amd/mi300x"}) {
    for (const char* problem : {"--dtype bf16 -D 768 -N 1", "--dtype fp32 --cell gru -B 1 -D 17", "--pass backward"}) {
      const json report = explain(std::string(problem) + " --device " + device);
      for (const json& other : report["others"]) {
        if (!other["refusal"].is_null()) continue;
        EXPECT_GE(other["total_us"], report["chosen"]["total_us"]) << device << problem;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 9);
}

TEST(Explain, ProblemGivesTheSameReportAgain) {
  const std::string variants =
      " --state-dtype fp32 --reverse --lengths random --packed --resets 0.25 --forward-clip 1.5 --gradient-clip 2 "
      "--gradient-cut --math fast --matmul tf32 --reserve recompute --sequence all";
  for (const char* device : {"nvidia/h200", "cpu/zen4"}) {
    json first = explain("--dtype fp32 -B 7" + variants + " --pass backward --device " + device);
    EXPECT_THAT(first["problem"].get<std::string>(), HasSubstr(variants));
    json again = explain(first["problem"].get<std::string>() + " --device " + device);
    first.erase("planning_ms");
    again.erase("planning_ms");
    EXPECT_EQ(first, again);
  }
}

TEST(Explain, TextHasEachPart) {
  const Outcome outcome = run_tool(words(std::string("explain --device nvidia/h200 ") + kProblem));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, StartsWith("device      nvidia/h200 (NVIDIA H200 SXM 141 GB)\n"));
  EXPECT_THAT(outcome.out, HasSubstr(std::string("problem     ") + kProblem + "\n"));
  for (const char* part : {"\nplan        ", "\nchoices     ", "\nestimate    ", "\nresource ", "\ncost ",
                           "\ntogether ", "\nother candidates ", "\nstepwise "}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST(Explain, AFormCanBeForced) {
  const json free = explain(std::string(kProblem) + " --device nvidia/h200");
  const json forced = explain(std::string(kProblem) + " --device nvidia/h200 --form stepwise");
  EXPECT_EQ(forced["chosen"]["form"], "stepwise");
  EXPECT_GE(forced["chosen"]["total_us"], free["chosen"]["total_us"]);
  const json cpu = explain(std::string(kProblem) + " --device cpu/zen4 --form lockstep");
  EXPECT_EQ(cpu["chosen"]["form"], "lockstep");
}

TEST(Explain, AForcedFormThatIsRefusedEndsWithOne) {
  const json report = explain(std::string(kProblem) + " --device amd/mi210 --form cluster", 1);
  EXPECT_THAT(report["chosen"]["refusal"].get<std::string>(), ContainsRegex("[0-9]"));
  EXPECT_TRUE(report["chosen"]["total_us"].is_null());
  const Outcome text = run_tool(words(std::string("explain --device amd/mi210 --form cluster ") + kProblem));
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.out, HasSubstr("\nplan        none: cluster is refused, "));
  EXPECT_EQ(report["chosen"]["form"], "cluster");
}

TEST(Explain, AChoiceCanBeForced) {
  const json free = explain(std::string(kProblem) + " --device nvidia/h200 --form block");
  const auto rows = free["chosen"]["choices"]["stages"].get<int>();
  const std::string other = std::to_string(rows == 2 ? 3 : 2);
  const json forced = explain(std::string(kProblem) + " --device nvidia/h200 --form block --choose stages=" + other);
  EXPECT_EQ(std::to_string(forced["chosen"]["choices"]["stages"].get<int>()), other);
}

TEST(Explain, AllDevicesAreTabulated) {
  std::size_t count = 0;
  const json database = json::parse(run_tool({"devices", "--all", "--json"}).out);
  for (const json& device : database["devices"]) {
    count += device["family"] ? 0 : 1;
  }
  const json rows = explain(std::string("--all-devices ") + kProblem);
  ASSERT_EQ(rows.size(), count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    expect_possible(rows[i]["chosen"]);
    EXPECT_EQ(rows[i]["problem"], kProblem);
    if (i > 0) {
      EXPECT_GE(rows[i]["chosen"]["total_us"], rows[i - 1]["chosen"]["total_us"]);
    }
  }
  const Outcome table = run_tool(words(std::string("explain --all-devices ") + kProblem));
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, StartsWith(std::string("problem  ") + kProblem + "\n\ndevice "));
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), static_cast<long>(count) + 3);
}

TEST(Explain, AllDevicesThatHaveAForm) {
  const json clusters = explain(std::string("--all-devices --form cluster ") + kProblem);
  ASSERT_GT(clusters.size(), 20);
  EXPECT_TRUE(clusters.front()["chosen"]["refusal"].is_null());
  EXPECT_TRUE(clusters.back()["chosen"]["refusal"].is_string());
  for (const json& row : clusters) EXPECT_EQ(row["chosen"]["form"], "cluster") << row["device"];
  const json strands = explain(std::string("--all-devices --form strands ") + kProblem);
  for (const json& row : strands) EXPECT_THAT(row["device"].get<std::string>(), StartsWith("cpu/"));
}

TEST(Explain, DevicesOfAFolderAreTaken) {
  const DatabaseFolder folder;
  folder.write("nvidia/h999", h999());
  const json report = explain(std::string(kProblem) + " --device nvidia/h999");
  EXPECT_EQ(report["device"], "nvidia/h999");
  expect_possible(report["chosen"]);
  // 7 units take longer than 132.
  EXPECT_GT(report["chosen"]["total_us"],
            explain(std::string(kProblem) + " --device nvidia/h200")["chosen"]["total_us"]);
}

TEST(Explain, SaysWhatIsWrongWithAFileOfAFolder) {
  const DatabaseFolder folder;
  folder.write("nvidia/h999", h999("\"l2_kb\""));
  const Outcome outcome = run_tool(words("explain --device nvidia/h999"));
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("l2_kb: is no field"), HasSubstr("it has 1 problem.")));
}

}  // namespace
}  // namespace flashrnn::test

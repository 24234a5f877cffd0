// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/tool/folder.hpp"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class GoldenTypes : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTypes, Hold) {
  const Outcome outcome = run_tool({"verify", "--golden", FLASHRNN_GOLDEN_DIR, "--dtype", GetParam(), "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  const json result = json::parse(outcome.out);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FLASHRNN_GOLDEN_DIR)) folders += entry.is_directory();
  EXPECT_GT(folders, 10);
  EXPECT_EQ(result["cases"].size(), folders);
  EXPECT_EQ(result["passed"], folders);
  EXPECT_EQ(result["failed"], 0);
  for (const json& test : result["cases"]) {
    EXPECT_TRUE(test["ok"]) << test;
    EXPECT_LE(test["error_in_allowed_units"], 1.0) << test;
    EXPECT_FALSE(test["worst_tensor"].get<std::string>().empty()) << test;
  }
}

INSTANTIATE_TEST_SUITE_P(, GoldenTypes, ::testing::Values("fp32", "bf16", "fp16"));

TEST(Verify, FailsOnAWrongNumber) {
  const Folder folder;
  const std::string name = "nx_gru_B3_T7_N2_D16_init";
  std::filesystem::copy(std::filesystem::path(FLASHRNN_GOLDEN_DIR) / name, folder.path() / name,
                        std::filesystem::copy_options::recursive);
  EXPECT_EQ(run_tool({"verify", "--golden", folder.path().string()}).exit_code, 0);

  std::fstream file(folder.path() / name / "dR.npy", std::ios::in | std::ios::out | std::ios::binary);
  const double wrong = 100.0;
  file.seekp(-static_cast<std::streamoff>(sizeof wrong), std::ios::end);
  file.write(reinterpret_cast<const char*>(&wrong), sizeof wrong);
  file.close();
  const Outcome outcome = run_tool({"verify", "--golden", folder.path().string()});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, HasSubstr("FAILED"));
  EXPECT_THAT(outcome.out, HasSubstr("dR"));
  EXPECT_THAT(outcome.out, HasSubstr("0 of 1 cases hold on cpu"));
}

TEST(Verify, PrintsALineForEachCase) {
  const Outcome outcome = run_tool(words("verify --filter lstm/fp32/B1_T1_N1_D1"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("ok      0."));
  EXPECT_THAT(outcome.out, HasSubstr("  lstm/fp32/B1_T1_N1_D1  "));
  EXPECT_THAT(outcome.out, HasSubstr("cases hold on cpu ("));
  EXPECT_THAT(outcome.out, HasSubstr("The largest error is 0."));
}

TEST(Verify, IsQuietWhenAsked) {
  const Outcome outcome = run_tool(words("verify --quiet --filter gru/bf16/B1_T1"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, Not(HasSubstr("ok ")));
  EXPECT_THAT(outcome.out, HasSubstr("cases hold on cpu ("));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Verify, TakesRandomCasesByNumberAndByName) {
  const Outcome some = run_tool(words("verify --cases 12 --seed 77 --json"));
  EXPECT_EQ(some.exit_code, 0) << some.out;
  const json cases = json::parse(some.out)["cases"];
  ASSERT_EQ(cases.size(), 12);
  EXPECT_THAT(cases[11]["name"], testing::StartsWith("sweep/77/11/"));

  const Outcome one = run_tool({"verify", "--filter", cases[11]["name"].get<std::string>(), "--json"});
  ASSERT_EQ(json::parse(one.out)["cases"].size(), 1);
  EXPECT_EQ(json::parse(one.out)["cases"][0], cases[11]);
}

TEST(Verify, ChecksTheTypeThatIsAsked) {
  const Outcome outcome = run_tool(words("verify --dtype fp16 --filter elman/ --json"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out;
  const json cases = json::parse(outcome.out)["cases"];
  EXPECT_GT(cases.size(), 5);
  for (const json& test : cases) EXPECT_THAT(test["name"], testing::StartsWith("elman/fp16/"));
}

}  // namespace
}  // namespace flashrnn::test

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Bench, GivesARowForEachPass) {
  const Outcome outcome = run_tool(words(
      "bench --cell gru --dtype bf16 -B 3 -T 5 -N 2 -D 9 --passes pack,fwbw,inf,bw,fw --repeat 4 --threads 2 --json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  const json result = json::parse(outcome.out);
  ASSERT_EQ(result["rows"].size(), 5);
  const std::vector<std::string> passes{"pack", "fwbw", "inf", "bw", "fw"};
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const json& row = result["rows"][i];
    EXPECT_EQ(row["pass"], passes[i]);
    EXPECT_EQ(row["runs"], 4);
    EXPECT_GT(row["min_ms"], 0.0);
    EXPECT_LE(row["min_ms"], row["median_ms"]);
    EXPECT_LE(row["median_ms"], row["max_ms"]);
    if (passes[i] == "pack") {
      EXPECT_EQ(row["gflops"], 0.0);
    } else {
      // Three gates: 2 * 3 * B * T * N * D * D operations in a forward, twice that in a backward.
      const double forward = 2.0 * 3 * 3 * 5 * 2 * 9 * 9;
      const double factor = passes[i] == "bw" ? 2.0 : (passes[i] == "fwbw" ? 3.0 : 1.0);
      EXPECT_NEAR(row["gflops"].get<double>() * row["median_ms"].get<double>() * 1e6, factor * forward, 1e-6 * forward);
    }
  }
  EXPECT_EQ(result["problem"]["cell"], "gru");
  EXPECT_EQ(result["problem"]["dtype"], "bf16");
  EXPECT_EQ(result["problem"]["head_dim"], 9);
  EXPECT_EQ(result["device"]["name"], "cpu");
  EXPECT_EQ(result["device"]["threads"], 2);
  EXPECT_FALSE(result["plan"].get<std::string>().empty());
}

TEST(Bench, MeasuresForAMinimumTime) {
  const Outcome outcome = run_tool(words("bench -B 1 -T 2 -N 1 -D 4 --passes inf --min-time 0.1 --repeat 2 --json"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json row = json::parse(outcome.out)["rows"][0];
  EXPECT_GE(row["runs"].get<double>() * row["max_ms"].get<double>(), 100.0);
}

TEST(Bench, PrintsATable) {
  const Outcome outcome = run_tool(words("bench --cell slstm -B 2 -T 3 -N 1 -D 5 --repeat 2"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* text :
       {"slstm fp32 B=2 T=3 N=1 D=5", "median ms", "GFLOP/s", "\ninf ", "\nfw ", "\nbw ", "\nfwbw "}) {
    EXPECT_THAT(outcome.out, HasSubstr(text));
  }
}

TEST(Bench, TakesEveryVariant) {
  const Outcome outcome =
      run_tool(words("bench -B 4 -T 6 -N 2 -D 8 --repeat 1 --lengths random --resets 0.2 --reverse --forward-clip 0.5 "
                     "--gradient-clip 0.1 --gradient-cut --math fast --matmul tf32 --reserve recompute --sequence all "
                     "--state-dtype fp32 --dtype fp16"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("states fp32, random lengths, resets 0.2, reverse, forward clip 0.5, gradient clip "
                        "0.1, gradient cut, math fast, matmul tf32, reserve recompute, sequence all"));
}

TEST(Bench, ShowsABarOnATerminalOnly) {
  const std::vector<std::string> arguments = words("bench -B 1 -T 2 -N 1 -D 4 --passes inf,fw --min-time 0.6 --json");
  const Outcome shown = run_tool(arguments, true);
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.err, HasSubstr("[###"));
  EXPECT_FALSE(json::parse(shown.out).empty());
  EXPECT_THAT(run_tool(arguments).err, IsEmpty());
}

}  // namespace
}  // namespace flashrnn::test

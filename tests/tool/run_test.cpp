// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json run_json(const std::string& arguments) {
  const Outcome outcome = run_tool(words("run --json " + arguments));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  return json::parse(outcome.out);
}

std::map<std::string, std::string> checksums(const json& result) {
  std::map<std::string, std::string> by_name;
  for (const json& r : result["results"]) by_name[r["name"]] = r["checksum"];
  return by_name;
}

const std::string kProblem =
    "--cell slstm --dtype bf16 -B 5 -T 7 -N 3 -D 11 --lengths random --resets 0.2 --forward-clip 0.7 ";

TEST(Run, GivesTheSameBitsAgainAndForAnyThreads) {
  const auto first = checksums(run_json(kProblem + "--threads 1"));
  EXPECT_EQ(first.size(), 7);
  EXPECT_EQ(checksums(run_json(kProblem + "--threads 1")), first);
  EXPECT_EQ(checksums(run_json(kProblem + "--threads 2")), first);
  for (const auto& [name, checksum] : checksums(run_json(kProblem + "--threads 1 --seed 2"))) {
    EXPECT_NE(checksum, first.at(name)) << name;
  }
}

TEST(Run, GivesTheSameNormsOnEveryInstructionSet) {
  const json devices = json::parse(run_tool(words("devices --json")).out);
  const std::string problem = "--cell gru -B 4 -T 6 -N 2 -D 19 --sequence all --isa ";
  std::map<std::string, double> norms;
  for (const std::string isa : devices["devices"][0]["isas"]) {
    const json result = run_json(problem + isa);
    EXPECT_EQ(result["device"]["isa"], isa);
    for (const json& r : result["results"]) {
      const double norm = r["norm"];
      const auto [entry, added] = norms.try_emplace(r["name"], norm);
      EXPECT_NEAR(norm, entry->second, 1e-5 * entry->second) << isa << " " << r["name"];
    }
  }
}

TEST(Run, DescribesItsResults) {
  const json result = run_json("--cell lstm --dtype fp16 -B 2 -T 3 -N 1 -D 4 --sequence all --state-dtype fp32");
  EXPECT_EQ(result["pass"], "fwbw");
  EXPECT_EQ(result["seed"], 1);
  EXPECT_FALSE(result["plan"].get<std::string>().empty());
  std::map<std::string, json> by_name;
  for (const json& r : result["results"]) by_name[r["name"]] = r;
  EXPECT_EQ(by_name["states"]["shape"], json({2, 2, 3, 1, 4}));
  EXPECT_EQ(by_name["states"]["dtype"], "fp16");
  EXPECT_EQ(by_name["final_states"]["shape"], json({2, 2, 1, 4}));
  EXPECT_EQ(by_name["final_states"]["dtype"], "fp32");
  EXPECT_EQ(by_name["dWx"]["shape"], json({2, 3, 4, 1, 4}));
  EXPECT_EQ(by_name["dR"]["dtype"], "fp32");
  EXPECT_EQ(by_name["db"]["shape"], json({4, 1, 4}));
  for (const auto& [name, r] : by_name) {
    EXPECT_GT(r["norm"], 0.0) << name;
    EXPECT_EQ(r["not_finite"], 0) << name;
    EXPECT_LE(r["largest"], r["norm"]) << name;
  }
  for (const char* call : {"pack_ms", "forward_ms", "backward_ms"}) EXPECT_GT(result["timings"][call], 0.0);
}

TEST(Run, StopsAfterTheForwardWhenAsked) {
  for (const std::string pass : {"inf", "fw"}) {
    const auto results = checksums(run_json("-B 2 -T 3 -N 1 -D 4 --sequence none --pass " + pass));
    EXPECT_EQ(results.size(), 1);
    EXPECT_TRUE(results.contains("final_states"));
  }
}

TEST(Run, PrintsATable) {
  const Outcome outcome = run_tool(words("run -B 2 -T 3 -N 1 -D 4 --packed --lengths 3,1"));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* text : {"lstm fp32 B=2 T=3 N=1 D=4, packed, lengths given", "random, seed 1", "[4, 4, 1, 4]",
                           "checksum", "dinitial_states"}) {
    EXPECT_THAT(outcome.out, HasSubstr(text));
  }
}

}  // namespace
}  // namespace flashrnn::test

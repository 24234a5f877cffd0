// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/constrint/tool/program.hpp"

namespace constrint::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kTiles =
    "var TILE in 8..64 step 8;\nvar WARPS in [1, 2, 4];\nSIZE == 96;\nSIZE % (TILE * WARPS) == 0;\n";

class ToolSolve : public ::testing::Test {
 protected:
  ToolSolve() { program_.write("tiles.txt", kTiles); }
  /// The solutions as an array of objects.
  json solutions(const std::string& arguments) {
    const Ended ended = program_.run("solve tiles.txt --json " + arguments);
    EXPECT_EQ(ended.err, "");
    return ended.json()["solutions"];
  }
  Program program_;
};

TEST_F(ToolSolve, FindsTheFirstInTheGivenOrder) {
  EXPECT_EQ(solutions(""), json::parse(R"([{"TILE": 8, "WARPS": 1, "SIZE": 96}])"));
  EXPECT_EQ(solutions("--order TILE:largest"), json::parse(R"([{"TILE": 48, "WARPS": 1, "SIZE": 96}])"));
  EXPECT_EQ(solutions("--order WARPS:largest,TILE:largest"), json::parse(R"([{"TILE": 24, "WARPS": 4, "SIZE": 96}])"));
}

TEST_F(ToolSolve, TellsSolutionsApartByTheOrderedVariables) {
  EXPECT_EQ(solutions("--order WARPS --all 0"),
            json::parse(R"([{"TILE": 8, "WARPS": 1, "SIZE": 96}, {"TILE": 8, "WARPS": 2, "SIZE": 96},
                            {"TILE": 8, "WARPS": 4, "SIZE": 96}])"));
  EXPECT_EQ(solutions("--all 0").size(), 11U);
  EXPECT_EQ(solutions("--all 4").size(), 4U);
}

TEST_F(ToolSolve, Excludes) {
  EXPECT_EQ(solutions("--exclude TILE=8 --exclude 'TILE=16, WARPS=1'"),
            json::parse(R"([{"TILE": 16, "WARPS": 2, "SIZE": 96}])"));
}

TEST_F(ToolSolve, FindsTheBest) {
  const Ended ended = program_.run("solve tiles.txt --json --maximize 'TILE * (WARPS + 1)'");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.json()["objective"], 144);
  EXPECT_EQ(ended.json()["exhausted"], true);
  EXPECT_EQ(solutions("--minimize 'WARPS - TILE'"), json::parse(R"([{"TILE": 48, "WARPS": 1, "SIZE": 96}])"));
}

TEST_F(ToolSolve, HasTheAgreedJson) {
  const Ended ended = program_.run("solve tiles.txt --json --time");
  EXPECT_EQ(ended.exit_code, 0);
  const json answer = ended.json();
  EXPECT_EQ(answer["complete"], true);
  EXPECT_TRUE(answer["parse_ms"].is_number());
  EXPECT_TRUE(answer["solve_ms"].is_number());
  EXPECT_FALSE(program_.run("solve tiles.txt --json").json().contains("parse_ms"));
}

TEST_F(ToolSolve, Counts) {
  const Ended ended = program_.run("solve tiles.txt --count --json");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.json()["count"], 11);
  EXPECT_THAT(ended.json()["solutions"], IsEmpty());
  EXPECT_THAT(program_.run("solve tiles.txt --count").out, HasSubstr("11 solutions; there are no more."));
  EXPECT_EQ(program_.run("solve tiles.txt --count --set TILE=56").exit_code, 1);
}

TEST_F(ToolSolve, SaysWhenThereIsNone) {
  const Ended ended = program_.run("solve tiles.txt --set TILE=40");
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("No solution; 'constrint explain'"));
  EXPECT_EQ(program_.run("solve tiles.txt --set TILE=9").exit_code, 1);
}

TEST_F(ToolSolve, StopsAtALimit) {
  program_.write("hard.txt", "A ^ 3 + B ^ 3 + C ^ 3 == D ^ 3 + 1000003; A < B; B < C;");
  const Ended ended = program_.run("solve hard.txt --json --node-limit 5");
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.json()["complete"], false);
  EXPECT_EQ(ended.json()["outcome"], "node limit");
}

TEST_F(ToolSolve, ComposesFilesAndStandardInput) {
  program_.write("more.txt", "TILE >= 16; var WARPS in [4, 8];");
  const Ended ended = program_.run("solve tiles.txt more.txt - --json", "TILE != 16;");
  EXPECT_EQ(ended.json()["solutions"], json::parse(R"([{"TILE": 24, "WARPS": 4, "SIZE": 96}])"));
}

TEST_F(ToolSolve, SetsConstantsOutsideTheDefaultDomain) {
  program_.write("pad.txt", "SUM == PAD + 5;");
  EXPECT_EQ(program_.run("solve pad.txt --set PAD=0 --json").json()["solutions"],
            json::parse(R"([{"SUM": 5, "PAD": 0}])"));
}

TEST_F(ToolSolve, ReadsTheOriginalsFormat) {
  program_.write("old.txt", "A == [2, 4]; B == 12; (B % A) * C == 0; (C <= 3) | C == 100");
  EXPECT_EQ(program_.run("solve old.txt --compat --json --order A:largest,C:largest").json()["solutions"],
            json::parse(R"([{"A": 4, "B": 12, "C": 3}])"));
}

TEST_F(ToolSolve, PrintsTables) {
  EXPECT_EQ(program_.run("solve tiles.txt --order WARPS:largest --all 2").out,
            "TILE  WARPS  SIZE\n   8      4    96\n   8      2    96\n\n2 solutions; there may be more.\n");
  EXPECT_EQ(program_.run("solve tiles.txt").out, "TILE    8\nWARPS   1\nSIZE   96\n\n1 solution; there may be more.\n");
  EXPECT_THAT(program_.run("solve tiles.txt --time").out, HasSubstr("parsed in "));
}

}  // namespace
}  // namespace constrint::test

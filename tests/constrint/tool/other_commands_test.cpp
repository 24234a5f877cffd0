// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/constrint/tool/program.hpp"

namespace constrint::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ToolCommands : public ::testing::Test {
 protected:
  ToolCommands() {
    program_.write("tiles.txt",
                   "var TILE in 8..64 step 8;\nvar WARPS in [1, 2, 4];\nSIZE == 96;\nSIZE % (TILE * WARPS) == 0;\n"
                   "TILE * WARPS <= 48;\n");
  }
  Program program_;
};

TEST_F(ToolCommands, CheckSaysWhatHolds) {
  const Ended ended = program_.run("check tiles.txt --assign TILE=24,WARPS=2 --json");
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const json answer = ended.json();
  EXPECT_EQ(answer["holds"], true);
  EXPECT_EQ(answer["values"]["SIZE"], 96);  // follows
  ASSERT_EQ(answer["constraints"].size(), 3U);
  EXPECT_EQ(answer["constraints"][2]["tight"], true);
  EXPECT_EQ(answer["constraints"][2]["line"], 5);
}

TEST_F(ToolCommands, CheckSaysWhatFails) {
  const Ended ended = program_.run("check tiles.txt --assign TILE=40,WARPS=1,SIZE=96");
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("tiles.txt:4"));
  EXPECT_THAT(ended.out, HasSubstr("FAILS"));
  EXPECT_THAT(ended.out, HasSubstr("Does not hold"));
  EXPECT_EQ(program_.run("check tiles.txt --assign TILE=40,WARPS=1,SIZE=96 --json").json()["holds"], false);
}

TEST_F(ToolCommands, CheckOfValuesThatNothingCompletes) {
  const Ended ended = program_.run("check tiles.txt --assign TILE=40");
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Does not hold, whatever the other variables are"));
}

TEST_F(ToolCommands, CheckAsksForWhatIsMissing) {
  const Ended ended = program_.run("check tiles.txt --assign TILE=8");
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("Add to --assign values of: WARPS."));
}

TEST_F(ToolCommands, ExplainNamesTheConflict) {
  program_.write("none.txt", "A <= 10;\nB >= 3;\nA % 7 == 0;\nB != A;\nA >= 8;\n");
  const Ended ended = program_.run("explain none.txt --json");
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  const json answer = ended.json();
  EXPECT_EQ(answer["kind"], "minimal");
  ASSERT_EQ(answer["conflict"].size(), 3U);
  EXPECT_EQ(answer["conflict"][0]["constraint"], "A <= 10");
  EXPECT_EQ(answer["conflict"][1]["line"], 3);
  EXPECT_EQ(answer["conflict"][2]["constraint"], "A >= 8");
  const Ended text = program_.run("explain none.txt");
  EXPECT_THAT(text.out, HasSubstr("No solution. In conflict"));
  EXPECT_THAT(text.out, HasSubstr("none.txt:5"));
}

TEST_F(ToolCommands, ExplainSaysWhenThereIsASolution) {
  const Ended ended = program_.run("explain tiles.txt");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, HasSubstr("There is a solution"));
}

TEST_F(ToolCommands, ExplainNamesAConstantThatDoesNotFit) {
  const Ended ended = program_.run("explain tiles.txt --set TILE=9");
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, HasSubstr("TILE == 9"));
}

TEST_F(ToolCommands, DomainsAreThoseAfterPropagation) {
  const Ended ended = program_.run("domains tiles.txt --set WARPS=4");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.out, "variable  values\nTILE      8\nWARPS     4\nSIZE      96\n");
  EXPECT_EQ(program_.run("domains tiles.txt --json --set WARPS=4").json()["domains"]["SIZE"],
            json::parse(R"([{"first": 96, "last": 96, "step": 1}])"));
  EXPECT_EQ(program_.run("domains tiles.txt --set TILE=9").exit_code, 1);
  EXPECT_EQ(program_.run("domains tiles.txt").out,
            "variable  values\nTILE      [8..32 step 8, 48]\nWARPS     [1, 2, 4]\nSIZE      96\n");
  EXPECT_EQ(program_.run("domains tiles.txt --set TILE=24").out,
            "variable  values\nTILE      24\nWARPS     [1, 2]\nSIZE      96\n");
}

TEST_F(ToolCommands, OverflowHasACodeOfItsOwn) {
  program_.write("large.txt", "var A in 1000000..1000001; var B in 1..2; A ^ 40 % 7 == B;");
  const Ended ended = program_.run("solve large.txt");
  EXPECT_EQ(ended.exit_code, 4) << ended.out;
  EXPECT_THAT(ended.err, HasSubstr("A ^ 40"));
}

}  // namespace
}  // namespace constrint::test

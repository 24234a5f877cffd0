// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "tests/constrint/tool/program.hpp"

namespace constrint::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Mistake {
  const char* arguments;
  const char* says;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.arguments; }

class ToolMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(ToolMistakes, AreExplained) {
  const Program program;
  program.write("m.txt", "TILE <= 5; WARPS == TILE;");
  const Ended ended = program.run(GetParam().arguments);
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, AllOf(StartsWith("constrint"), HasSubstr(GetParam().says), EndsWith(".\n")));
}

INSTANTIATE_TEST_SUITE_P(Words, ToolMistakes,
                         ::testing::Values(Mistake{"sovle m.txt", "There is no command 'sovle'. Did you mean 'solve'?"},
                                           Mistake{"nothing", "Give one of: solve, check, explain, domains."},
                                           Mistake{"--jsn", "There is no option --jsn."},
                                           Mistake{"solve m.txt --jsno",
                                                   "There is no option --jsno. Did you mean '--json'?"},
                                           Mistake{"solve", "It needs the file of a model, or - for standard input"},
                                           Mistake{"solve m.txt --order", "--order needs a value after it"},
                                           Mistake{"solve none.txt", "The file 'none.txt' can't be read: No such file"},
                                           Mistake{"solve .", "The file '.' can't be read: Is a directory"}));

INSTANTIATE_TEST_SUITE_P(
    Values, ToolMistakes,
    ::testing::Values(
        Mistake{"solve m.txt --order TIEL:largest",
                "--order names 'TIEL', which is no variable of the model. Did you mean 'TILE'?"},
        Mistake{"solve m.txt --order TILE:most",
                "--order has 'TILE:most'; give names, each with ':largest' or ':smallest'"},
        Mistake{"solve m.txt --order TILE,TILE", "TILE"}, Mistake{"solve m.txt --order ,", "--order has ''"},
        Mistake{"solve m.txt --set TILE", "--set has 'TILE'; give names and values with commas between"},
        Mistake{"solve m.txt --set TILE=x", "--set gives TILE the value 'x'; give a whole number from -2^62 to 2^62."},
        Mistake{"solve m.txt --set TILE=4611686018427387905", "give a whole number from -2^62 to 2^62."},
        Mistake{"solve m.txt --set TILE=1,TILE=2", "--set gives TILE two values; give one."},
        Mistake{"solve m.txt --set SIZE=1", "--set names 'SIZE', which is no variable of the model."},
        Mistake{"solve m.txt --exclude SIZE=1", "--exclude names 'SIZE', which is no variable of the model."},
        Mistake{"solve m.txt --all -1", "--all is '-1'; give a number from 0"},
        Mistake{"solve m.txt --time-limit x", "--time-limit is 'x'; give a number from 0"},
        Mistake{"solve m.txt --minimize TILE --maximize TILE", "Give --minimize or --maximize, not both."},
        Mistake{"solve m.txt --count --minimize TILE", "take --count or the objective away."},
        Mistake{"check m.txt --assign SIZE=1", "--assign names 'SIZE', which is no variable of the model."}));

TEST(ToolFiles, AreRefusedWithTheLineAndACaret) {
  const Program program;
  program.write("bad.txt", "A == 1;\n\tB <= A + ;\nC = 2;\n");
  EXPECT_EQ(program.run("solve bad.txt").err,
            "constrint solve: bad.txt, line 2, column 11: expected a term, found ';'.\n"
            "     B <= A + ;\n"
            "              ^\n"
            "bad.txt, line 3, column 3: '=' is no operator: write '==' for equal.\n"
            "    C = 2;\n"
            "      ^\n");
}

TEST(ToolFiles, LongLinesAreCutAroundTheError) {
  const Program program;
  const Ended ended = program.run("solve -", std::string(5000, ' ') + "A == ;" + std::string(5000, ' '));
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("standard input, line 1, column 5006: expected a term"));
  EXPECT_LT(ended.err.size(), 400U);
}

TEST(ToolFiles, TheTermOfAnOptionToo) {
  const Program program;
  program.write("m.txt", "A <= 5;");
  EXPECT_EQ(program.run("solve m.txt --minimize 'A + B'").err,
            "constrint solve: --minimize, line 1, column 5: the model has no variable 'B'.\n    A + B\n        ^\n");
}

TEST(ToolFiles, MayBeEmpty) {
  const Program program;
  const Ended ended = program.run("solve - --json");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.json()["solutions"].size(), 1U);
}

TEST(ToolHelp, NamesCommandsAndExitCodes) {
  const Program program;
  const Ended ended = program.run("--help");
  EXPECT_EQ(ended.exit_code, 0);
  for (const char* word : {"solve", "check", "explain", "domains", "Exit codes:", "overflow"}) {
    EXPECT_THAT(ended.out, HasSubstr(word));
  }
  EXPECT_EQ(program.run("").exit_code, 2);
  EXPECT_THAT(program.run("").err, HasSubstr("Usage: constrint"));
  EXPECT_THAT(program.run("--version").out, StartsWith("constrint "));
}

TEST(ToolHelp, OfEachCommandFitsTheLine) {
  const Program program;
  for (const char* command : {"solve", "check", "explain", "domains"}) {
    const Ended ended = program.run(std::string(command) + " --help");
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_THAT(ended.out, AllOf(HasSubstr("--json"), HasSubstr("--compat"), HasSubstr("Example: constrint")));
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < ended.out.size();) {
      const std::size_t end = std::min(ended.out.find('\n', begin), ended.out.size());
      longest = std::max(longest, end - begin);
      begin = end + 1;
    }
    EXPECT_LE(longest, 130U) << ended.out;
  }
}

}  // namespace
}  // namespace constrint::test

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "flashrnn/version.h"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct Mistake {
  const char* arguments;
  int exit_code;
  const char* says;
};

/// What the tests are called in a list.
std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.arguments; }

class Mistakes : public ::testing::TestWithParam<Mistake> {};

// One sentence or two on stderr that name the value and what is expected, and nothing on stdout.
TEST_P(Mistakes, AreExplained) {
  const Outcome outcome = run_tool(words(GetParam().arguments));
  EXPECT_EQ(outcome.exit_code, GetParam().exit_code);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, AllOf(StartsWith("flashrnn"), HasSubstr(GetParam().says), EndsWith(".\n")));
}

INSTANTIATE_TEST_SUITE_P(Commands, Mistakes,
                         ::testing::Values(Mistake{"benhc", 2, "There is no command 'benhc'. Did you mean 'bench'?"},
                                           Mistake{"nothing", 2, "Give one of: devices, explain, verify, run, bench"},
                                           Mistake{"--jsn", 2, "There is no option --jsn."},
                                           Mistake{"bench --warmpu 3", 2,
                                                   "There is no option --warmpu. Did you mean '--warmup'?"},
                                           Mistake{"bench lstm", 2, "'lstm' is no option; options begin with a dash."},
                                           Mistake{"bench --batch", 2, "--batch needs a value after it"}));

INSTANTIATE_TEST_SUITE_P(
    Problems, Mistakes,
    ::testing::Values(Mistake{"bench --cell lstmm", 2,
                              "There is no cell 'lstmm'. Did you mean 'lstm'? Give --cell one of: lstm, gru"},
                      Mistake{"run --cell what", 2, "There is no cell 'what'. Give --cell one of: lstm, gru"},
                      Mistake{"bench --dtype int8", 2, "--dtype is 'int8'. Give one of: fp32, bf16, fp16."},
                      Mistake{"run --state-dtype fp23", 2, "--state-dtype is 'fp23'. Did you mean 'fp32'?"},
                      Mistake{"bench -B 0", 2, "--batch is '0'; give a whole number from 1"},
                      Mistake{"bench -T -5", 2, "--time is '-5'"}, Mistake{"run -N 2.5", 2, "--heads is '2.5'"},
                      Mistake{"run -D 99999999999999999999", 2, "--head-dim is '99999999999999999999'"},
                      Mistake{"run --math hard", 2, "--math is 'hard'. Give one of: exact, fast, linear."},
                      Mistake{"run --reserve all", 2, "--reserve is 'all'. Give one of: gates, recompute."},
                      Mistake{"run --resets 2", 2, "--resets is '2'; give a number from 0 to 1."},
                      Mistake{"run --forward-clip -1", 2, "--forward-clip is '-1'; give a number of at least 0."},
                      Mistake{"run -B 3 --lengths 1,2", 2, "--lengths has 2 numbers and the batch 3 rows"},
                      Mistake{"run -B 2 -T 4 --lengths 1,5", 2,
                              "--lengths has '5'; give 'random', or whole numbers from 0 to T = 4"},
                      Mistake{"run -B 2 -T 4 --lengths 0,0 --packed", 2, "Every row is empty"},
                      Mistake{"run -B 4000000 -T 4000000 -N 10 -D 10", 3, "of memory and the machine has"},
                      Mistake{"run -B 4000000000000 -T 4000000000000", 3, "problem.batch * problem.time"}));

INSTANTIATE_TEST_SUITE_P(
    Devices, Mistakes,
    ::testing::Values(Mistake{"bench --device cuda:99", 3,
                              "There is no device 'cuda:99' here. Give --device one of: cpu"},
                      Mistake{"bench --device cpi", 3, "Did you mean 'cpu'?"},
                      Mistake{"devices h200", 3,
                              "There is no device 'h200' here, nor in the hardware database. Did you "
                              "mean 'nvidia/h200' or 'nvidia/gh200'"},
                      Mistake{"devices nvidia/a100", 3,
                              "There is no device 'nvidia/a100' in the hardware database. Did you mean "
                              "'nvidia/a100_40gb' or 'nvidia/a100_80gb'"},
                      Mistake{"devices cuda:7", 3, "'flashrnn devices --all' lists the database's."},
                      Mistake{"devices cpu --all", 2, "leave it or 'cpu' away."},
                      Mistake{"devices cpu zen4", 2, "'zen4' is no option"},
                      Mistake{"run --isa mmx", 3, "The device 'cpu' has no instruction set 'mmx'."},
                      Mistake{"run --threads 1025", 2, "--threads is '1025'; give a whole number from 0 to 1024."}));

INSTANTIATE_TEST_SUITE_P(
    Values, Mistakes,
    ::testing::Values(Mistake{"bench --passes inf,train", 2,
                              "--passes has 'train'. Give some of: inf,fw,bw,fwbw,pack."},
                      Mistake{"bench --passes ,", 2, "--passes is empty."},
                      Mistake{"bench --repeat 0", 2, "--repeat is '0'; give a whole number from 1"},
                      Mistake{"bench --min-time -1", 2, "--min-time is '-1'; give a number from 0 to 86400."},
                      Mistake{"run --pass bw", 2, "--pass is 'bw'. Give one of: inf, fw, fwbw."},
                      Mistake{"run --input /nowhere", 2, "The folder '/nowhere' can't be read"},
                      Mistake{"run -B 1 -T 1 -N 1 -D 1 --output /proc/new", 2, "The folder '/proc/new' can't be made"},
                      Mistake{"verify --golden /nowhere", 2, "/nowhere cannot be read"},
                      Mistake{"verify --golden /proc/self/fd", 2, "has no folder with a case.json"},
                      Mistake{"verify --golden /nowhere --cases 3", 2, "leave --filter and --cases away"},
                      Mistake{"verify --filter nonsense", 2, "No case passes --filter 'nonsense'."},
                      Mistake{"verify --dtype f64", 2, "--dtype is 'f64'."}));

INSTANTIATE_TEST_SUITE_P(
    Explain, Mistakes,
    ::testing::Values(
        Mistake{"explain --pass forwards", 2,
                "--pass is 'forwards'. Did you mean 'forward'? Give one of: forward, backward, step."},
        Mistake{"explain --pass step --inference", 2, "--inference is for --pass forward"},
        Mistake{"explain --device nvidia/h20", 3,
                "There is no device 'nvidia/h20' in the hardware database. Did you mean 'nvidia/h200'"},
        Mistake{"explain --device cuda:0", 3, "'flashrnn devices --all' lists the database's."},
        Mistake{"explain --device nvidia/h200 --form clustr", 2,
                "--form is 'clustr'. Did you mean 'cluster'? Give one of: block, cluster, grid, stepwise."},
        Mistake{"explain --device cpu --form cluster", 2, "--form is 'cluster'. Give one of: strands, lockstep."},
        Mistake{"explain --device nvidia/h200 --isa avx2", 2, "--isa and --threads are for CPUs"},
        Mistake{"explain --device cpu/zen4 --isa mmx", 2, "--isa is 'mmx'."},
        Mistake{"explain --choose stages", 2, "--choose is 'stages'; give a name and a whole number"},
        Mistake{"explain --all-devices --device cpu", 2, "leave --device, --isa and --threads away."},
        Mistake{"explain --cell lstmm", 2, "There is no cell 'lstmm'. Did you mean 'lstm'?"},
        Mistake{"explain -B 4000000000000 -T 4000000000000", 3, "problem.batch * problem.time"}));

TEST(Help, NamesCommandsAndExitCodes) {
  const Outcome outcome = run_tool({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const char* word : {"devices", "explain", "verify", "run", "bench", "Exit codes:"}) {
    EXPECT_THAT(outcome.out, HasSubstr(word));
  }
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(Help, OfEachCommandFitsTheLine) {
  for (const char* command : {"devices", "explain", "verify", "run", "bench"}) {
    const Outcome outcome = run_tool({command, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("--json"));
    std::size_t longest = 0;
    for (std::size_t begin = 0; begin < outcome.out.size();) {
      const std::size_t end = std::min(outcome.out.find('\n', begin), outcome.out.size());
      longest = std::max(longest, end - begin);
      begin = end + 1;
    }
    EXPECT_LE(longest, 120) << outcome.out;
  }
}

TEST(Help, IsShownWhenNothingIsAsked) {
  const Outcome outcome = run_tool({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("Usage: flashrnn"));
}

TEST(Version, IsThatOfTheHeader) {
  const Outcome outcome = run_tool({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  const std::string version = std::to_string(FLASHRNN_VERSION_MAJOR) + "." + std::to_string(FLASHRNN_VERSION_MINOR) +
                              "." + std::to_string(FLASHRNN_VERSION_PATCH);
  EXPECT_EQ(outcome.out, "flashrnn " + version + "\n");
}

}  // namespace
}  // namespace flashrnn::test

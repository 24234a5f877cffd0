// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/tool/folder.hpp"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PackCommand : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("FLASHRNN_CACHE_DIR", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override {
    ::unsetenv("FLASHRNN_CACHE_DIR");
    ::unsetenv("FLASHRNN_PACK_PATH");
  }
  std::string problems(const std::string& text) const {
    std::ofstream(folder_.path() / "problems.txt") << text;
    return (folder_.path() / "problems.txt").string();
  }
  std::string pack() const { return (folder_.path() / "kernels.pack").string(); }
  Outcome run(const std::string& text, std::vector<std::string> more) const {
    std::vector<std::string> arguments{"pack", "--problems", problems(text), "-o", pack()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_tool(arguments);
  }
  const Folder folder_;
};

TEST_F(PackCommand, CompilesWithoutAGpu) {
  const std::string text =
      "# a list\n\n"
      "--cell elman --dtype bf16 -B 8 -T 16 -N 1 -D 16 --inference\n"
      "--cell elman --dtype bf16 -B 8 -T 16 -N 1 -D 16 --inference  # the same again\n";
  const Outcome outcome = run(text, {"--device", "nvidia/h200", "--json"});
  if (outcome.exit_code == 3 && outcome.err.find("run-time compiler") != std::string::npos) {
    GTEST_SKIP() << outcome.err;
  }
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const json made = json::parse(outcome.out);
  ASSERT_EQ(made["architectures"].size(), 1);
  EXPECT_EQ(made["architectures"][0]["isa"], "sm_90a");
  const int kernels = made["architectures"][0]["kernels"];
  EXPECT_GE(kernels, 1);
  ::setenv("FLASHRNN_PACK_PATH", pack().c_str(), 1);
  const json listed = json::parse(run_tool({"cache", "--json"}).out);
  EXPECT_EQ(listed["packs"][0]["images"], kernels);
  EXPECT_EQ(listed["images"].size(), kernels) << "the disk cache has them too";
  EXPECT_EQ(run_tool({"cache", "verify"}).exit_code, 0);
}

TEST_F(PackCommand, SaysWhichLineIsWrong) {
  const Outcome option = run("-B 8\n--no-such 3\n", {"--arch", "sm_90a"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_THAT(option.err, AllOf(HasSubstr("problems.txt:2"), HasSubstr("--no-such")));
  EXPECT_THAT(run("--cell lsmt\n", {"--arch", "sm_90a"}).err,
              AllOf(HasSubstr("problems.txt:1"), HasSubstr("Did you mean 'lstm'?")));
  EXPECT_THAT(run("-B 0\n", {"--arch", "sm_90a"}).err, HasSubstr("problems.txt:1"));
  EXPECT_THAT(run("# none\n", {"--arch", "sm_90a"}).err, HasSubstr("has no problem"));
}

TEST_F(PackCommand, SaysWhichArchitecturesThereAre) {
  EXPECT_THAT(run("-B 8\n", {"--arch", "sm_90"}).err, AllOf(HasSubstr("'sm_90'"), HasSubstr("sm_90a")));
  EXPECT_EQ(run("-B 8\n", {}).exit_code, 2);
  EXPECT_EQ(run("-B 8\n", {"--device", "cpu/zen4"}).exit_code, 2);
  EXPECT_EQ(run_tool({"pack", "--problems", "none.txt", "-o", pack(), "--arch", "sm_90a"}).exit_code, 2);
}

TEST_F(PackCommand, NamesTheCompilerThatIsMissing) {
  const char* before = std::getenv("FLASHRNN_NVRTC");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("FLASHRNN_NVRTC", "/none/libnvrtc.so.13", 1);
  const Outcome outcome = run("--cell elman -B 8 -T 16 -N 1 -D 16\n", {"--device", "nvidia/h200"});
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("/none/libnvrtc.so.13"));
  EXPECT_FALSE(fs::exists(pack()));
  kept.empty() ? ::unsetenv("FLASHRNN_NVRTC") : ::setenv("FLASHRNN_NVRTC", kept.c_str(), 1);
}

}  // namespace
}  // namespace flashrnn::test

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "common/jit/folder.hpp"
#include "common/jit/pack.hpp"
#include "tests/tool/folder.hpp"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

jit::KeyParts key_of(const std::string& kernel) {
  jit::KeyParts key;
  key.backend = "cuda";
  key.isa = "sm_90a";
  key.compiler = "nvrtc 13.0";
  key.specification = kernel + " lstm bf16 states=fp32 tile=mma";
  return key;
}

jit::Image image_of(std::size_t bytes) {
  return {{.registers = 168, .spill_bytes = 0, .static_shared = 64}, std::string(bytes, 'x')};
}

/// A cache folder that the program finds by the environment, and no packs.
class CacheCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("FLASHRNN_CACHE_DIR", path().c_str(), 1);
    ::unsetenv("FLASHRNN_PACK_PATH");
  }
  void TearDown() override { ::unsetenv("FLASHRNN_CACHE_DIR"); }
  fs::path path() const { return folder_.path() / "cache"; }

  void store(const std::string& kernel, int days = 0, std::size_t bytes = 2000) const {
    const jit::Folder cache(path());
    ASSERT_TRUE(cache.prepare());
    cache.store(jit::Key(key_of(kernel)), image_of(bytes));
    fs::last_write_time(file(kernel), fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
  }
  fs::path file(const std::string& kernel) const { return jit::Folder(path()).path_of(jit::Key(key_of(kernel))); }
  static json run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "cache");
    arguments.emplace_back("--json");
    return json::parse(run_tool(arguments).out);
  }
  const Folder folder_;
};

TEST_F(CacheCommand, ListsImagesWithSizesAndAges) {
  store("fused_forward");
  store("fused_backward", 3);
  const Outcome table = run_tool({"cache"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("2 images"), HasSubstr("fused_forward lstm bf16"), HasSubstr("3 d"),
                               HasSubstr("sm_90a"), HasSubstr("168"), HasSubstr("nvrtc 13.0")));
  EXPECT_EQ(run_tool({"cache", "list"}).out, table.out);
  const json list = run_json({"list"});
  EXPECT_EQ(list["folder"], path().string());
  ASSERT_EQ(list["images"].size(), 2);
  EXPECT_EQ(list["images"][0]["specification"], key_of("fused_forward").specification);
  EXPECT_EQ(list["images"][0]["registers"], 168);
  EXPECT_EQ(list["images"][0]["static_shared"], 64);
  EXPECT_EQ(list["images"][0]["code_bytes"], 2000);
  EXPECT_EQ(list["images"][1]["unused_days"], 3);
  EXPECT_EQ(list["bytes"], list["images"][0]["bytes"].get<int>() + list["images"][1]["bytes"].get<int>());
}

TEST_F(CacheCommand, ListsNothingWhereThereIsNothing) {
  const Outcome none = run_tool({"cache"});
  EXPECT_EQ(none.exit_code, 0);
  EXPECT_THAT(none.out, AllOf(HasSubstr(path().string()), HasSubstr("0 images")));
  ::setenv("FLASHRNN_CACHE_DIR", "", 1);
  EXPECT_THAT(run_tool({"cache"}).out, HasSubstr("FLASHRNN_CACHE_DIR is empty"));
  EXPECT_EQ(run_tool({"cache", "verify"}).exit_code, 0);
  EXPECT_EQ(run_tool({"cache", "prune"}).exit_code, 0);
}

TEST_F(CacheCommand, VerifyTellsDamage) {
  store("fused_forward");
  store("fused_backward");
  EXPECT_EQ(run_tool({"cache", "verify"}).exit_code, 0);
  fs::resize_file(file("fused_forward"), 100);
  const Outcome outcome = run_tool({"cache", "verify"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(file("fused_forward").string()), HasSubstr("2 images, 1 damaged")));
  EXPECT_THAT(run_tool({"cache", "list"}).out, HasSubstr("damaged: "));
  EXPECT_EQ(run_json({"verify"})["damaged"].size(), 1);
}

TEST_F(CacheCommand, VerifyLooksIntoPacks) {
  jit::PackWriter writer;
  writer.add(key_of("fused_forward"), image_of(500));
  const fs::path pack = folder_.path() / "a.pack";
  ASSERT_TRUE(writer.write(pack).ok());
  ::setenv("FLASHRNN_PACK_PATH", pack.c_str(), 1);
  EXPECT_EQ(run_tool({"cache", "verify"}).exit_code, 0);
  EXPECT_THAT(run_tool({"cache"}).out, AllOf(HasSubstr(pack.string()), HasSubstr("1 image")));
  std::fstream(pack, std::ios::in | std::ios::out).seekp(-3, std::ios::end).write("y", 1);
  const Outcome damaged = run_tool({"cache", "verify"});
  EXPECT_EQ(damaged.exit_code, 1);
  EXPECT_THAT(damaged.out, AllOf(HasSubstr(pack.string()), HasSubstr("1 pack, 1 damaged")));
  std::ofstream(pack) << "no pack";
  EXPECT_EQ(run_tool({"cache", "verify"}).exit_code, 1);
  EXPECT_NE(run_json({"verify"})["packs"][0]["error"], "");
}

TEST_F(CacheCommand, PrunesByAgeAndSize) {
  for (const int days : {0, 5, 10, 20}) store("kernel_" + std::to_string(days), days);
  const Outcome by_age = run_tool({"cache", "prune", "--older-than", "9"});
  EXPECT_EQ(by_age.exit_code, 0) << by_age.err;
  EXPECT_THAT(by_age.out, StartsWith("2 images removed"));
  EXPECT_TRUE(fs::exists(file("kernel_5")));
  EXPECT_FALSE(fs::exists(file("kernel_10")));
  const json by_size = run_json({"prune", "--max-size", "3K"});
  EXPECT_EQ(by_size["removed"].size(), 1);
  EXPECT_EQ(by_size["kept"], 1);
  EXPECT_TRUE(fs::exists(file("kernel_0")));
  EXPECT_EQ(run_json({"prune", "--max-size", "0"})["kept"], 0);
}

TEST_F(CacheCommand, TakesAnotherFolder) {
  store("fused_forward");
  ::setenv("FLASHRNN_CACHE_DIR", "", 1);
  EXPECT_THAT(run_tool({"cache", "list", "--folder", path().string()}).out, HasSubstr("1 image,"));
}

TEST_F(CacheCommand, SaysWhatCannotBe) {
  const Outcome action = run_tool({"cache", "purne"});
  EXPECT_EQ(action.exit_code, 2);
  EXPECT_THAT(action.err, AllOf(HasSubstr("'purne'"), HasSubstr("Did you mean 'prune'?")));
  for (const char* size : {"many", "10X", "10MB", "99999999999999999999", "99999999999G"}) {
    EXPECT_THAT(run_tool({"cache", "prune", "--max-size", size}).err, HasSubstr("--max-size")) << size;
  }
  EXPECT_EQ(run_tool({"cache", "prune", "--older-than", "-1"}).exit_code, 2);
  EXPECT_EQ(run_tool({"cache", "list", "--older-than", "3"}).exit_code, 2);
}

}  // namespace
}  // namespace flashrnn::test

// SPDX-License-Identifier: Apache-2.0
#include "hw_db/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

constexpr const char* kFixtures = HW_DB_TEST_FOLDER "/fixtures";

Database load_with(const std::filesystem::path& folder) {
  return Database::load({.folder = folder, .read_environment = false, .embedded = true});
}

TEST(Database, AFolderAddsDevices) {
  const Database database = load_with(kFixtures);
  EXPECT_TRUE(database.problems().empty());
  ASSERT_NE(database.find("nvidia/widget"), nullptr);
  EXPECT_EQ(database.find("nvidia/widget")->gpu.shared_bytes_reserved_per_block, 1024);
  ASSERT_NE(database.find("nvidia/h200"), nullptr);
  EXPECT_EQ(database.match(ReportedGpu{.name = "NVIDIA Widget 2", .isa = "sm_00", .facts = {}}).name, "nvidia/widget");
}

TEST(Database, AFolderReplacesDevicesAndMayInheritEmbeddedFamilies) {
  const TemporaryFolder folder;
  std::string text = read_file(HW_DB_FOLDER "/devices/nvidia/h200.json");
  text.replace(text.find("NVIDIA H200 SXM"), 15, "Another H200 SX");
  folder.write("nvidia/h200.json", text);
  const Database database = load_with(folder.path());
  EXPECT_TRUE(database.problems().empty());
  const Device& device = *database.find("nvidia/h200");
  EXPECT_THAT(device.description, testing::StartsWith("Another"));
  EXPECT_EQ(device.gpu.origin("compute_units")->file, (folder.path() / "nvidia/h200.json").string());
  EXPECT_EQ(device.gpu.origin("grid_barrier_ns")->file, "nvidia/families/sm_90.json");
}

TEST(Database, AFamilyOfTheFolderReachesEmbeddedDevices) {
  const TemporaryFolder folder;
  std::string text = read_file(HW_DB_FOLDER "/devices/nvidia/families/sm_90.json");
  const std::string figure = "\"grid_barrier_ns\": {\"value\": 920";
  text.replace(text.find(figure), figure.size(), "\"grid_barrier_ns\": {\"value\": 910");
  folder.write("nvidia/families/sm_90.json", text);
  EXPECT_EQ(load_with(folder.path()).find("nvidia/h200")->gpu.grid_barrier_ns, 910);
}

TEST(Database, ABrokenFileIsAProblemAndTheEmbeddedOneStays) {
  const TemporaryFolder folder;
  folder.write("nvidia/h200.json", "{\n  \"name\": \"nvidia/h200\",\n");
  std::string text = read_file(HW_DB_FOLDER "/devices/nvidia/h100_sxm.json");
  text.replace(text.find("families/sm_90"), 14, "families/sm_91");
  folder.write("nvidia/h100_sxm.json", text);
  const Database database = load_with(folder.path());
  std::vector<std::string> problems;
  for (const Problem& problem : database.problems()) problems.push_back(problem.to_string());
  EXPECT_THAT(
      problems,
      testing::UnorderedElementsAre(
          testing::HasSubstr("nvidia/h200.json:3: syntax error"),
          testing::EndsWith("inherits: there is no file nvidia/families/sm_91.json, or it has problems of its own")));
  EXPECT_EQ(database.find("nvidia/h200")->gpu.compute_units, 132);
  EXPECT_EQ(database.find("nvidia/h200")->gpu.origin("compute_units")->file, "nvidia/h200.json");
  ASSERT_NE(database.find("nvidia/h100_sxm"), nullptr);
  EXPECT_EQ(database.find("nvidia/h100_sxm")->gpu.origin("compute_units")->file, "nvidia/h100_sxm.json");
}

TEST(Database, TheEnvironmentNamesAFolder) {
  ASSERT_EQ(setenv("FLASHRNN_HW_DB_DIR", kFixtures, 1), 0);
  EXPECT_NE(Database::load().find("nvidia/widget"), nullptr);
  EXPECT_EQ(load_with({}).find("nvidia/widget"), nullptr);
  ASSERT_EQ(unsetenv("FLASHRNN_HW_DB_DIR"), 0);
  EXPECT_EQ(Database::load().find("nvidia/widget"), nullptr);
}

TEST(Database, WithoutAnyFileItIsEmpty) {
  const TemporaryFolder folder;
  const Database database = Database::load({.folder = folder.path(), .read_environment = false, .embedded = false});
  EXPECT_TRUE(database.devices().empty());
  EXPECT_TRUE(database.problems().empty());
  EXPECT_EQ(database.match(ReportedGpu{.name = "NVIDIA H200", .isa = "sm_90", .facts = {}}).match, Match::kNone);
}

TEST(Database, IsSortedByName) {
  const Database& database = Database::shared();
  for (std::size_t i = 1; i < database.devices().size(); ++i) {
    EXPECT_LT(database.devices()[i - 1].name, database.devices()[i].name);
  }
}

}  // namespace
}  // namespace flashrnn::hw

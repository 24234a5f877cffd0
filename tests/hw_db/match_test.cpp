// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hw_db/fields.hpp"
#include "tests/hw_db/report_reader.hpp"
#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

const Database& database() {
  static const Database loaded = Database::load({.folder = {}, .read_environment = false, .embedded = true});
  return loaded;
}

std::vector<std::string> report_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(HW_DB_TEST_FOLDER "/reports")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ReplayedReport : public testing::TestWithParam<std::string> {};

TEST_P(ReplayedReport, GivesTheDeviceWithWhatIsReported) {
  const Replay replay = read_replay(std::string(HW_DB_TEST_FOLDER "/reports/") + GetParam() + ".json");
  std::vector<std::string> log;
  const Device device = database().match(replay.reported, [&](std::string_view text) { log.emplace_back(text); });
  EXPECT_EQ(device.match, replay.match);
  EXPECT_EQ(device.name, replay.name);
  EXPECT_FALSE(device.is_family);
  EXPECT_EQ(static_cast<int>(log.size()), replay.logged) << testing::PrintToString(log);
  for (const auto& field : gpu_fields()) {
    const auto told = value_text(field, replay.reported.facts);
    if (!told) continue;
    EXPECT_EQ(value_text(field, device.gpu), told) << field.name;
    ASSERT_NE(device.gpu.origin(field.name), nullptr);
    EXPECT_EQ(device.gpu.origin(field.name)->to_string(), "reported by the driver") << field.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Match, ReplayedReport, testing::ValuesIn(report_names()),
                         [](const auto& info) { return info.param; });

TEST(Match, FiguresThatAreNotReportedComeFromTheFile) {
  ReportedGpu reported{.name = "NVIDIA H200", .isa = "sm_90", .facts = {}};
  const Device device = database().match(reported);
  EXPECT_EQ(device.isa, "sm_90a");
  EXPECT_EQ(device.gpu.compute_units, 132);
  EXPECT_EQ(device.gpu.grid_barrier_ns, 920);
  EXPECT_FALSE(device.gpu.matrix_instructions.empty());
}

TEST(Match, AFamilyGivesWhatAllOfItHave) {
  ReportedGpu reported{.name = "AMD Instinct MI308X", .isa = "gfx942:sramecc+:xnack-", .facts = {}};
  reported.facts.compute_units = 80;
  const Device device = database().match(reported);
  EXPECT_EQ(device.match, Match::kFamily);
  EXPECT_EQ(device.isa, "gfx942");
  EXPECT_EQ(device.gpu.compute_units, 80);
  EXPECT_EQ(device.gpu.shared_bytes_per_block_max, 65536);
  EXPECT_FALSE(device.gpu.memory_bytes);
}

TEST(Match, AFamilyKeepsTheReportedIsaOfItsMember) {
  const Device device = database().match(ReportedGpu{.name = "AMD Radeon RX 7700 XT", .isa = "gfx1101", .facts = {}});
  EXPECT_EQ(device.match, Match::kFamily);
  EXPECT_EQ(device.isa, "gfx1101");
}

TEST(Match, NameWithAnotherIsaIsNotTheDevice) {
  const Device device = database().match(ReportedGpu{.name = "NVIDIA H200", .isa = "sm_80", .facts = {}});
  EXPECT_EQ(device.match, Match::kFamily);
  EXPECT_EQ(device.isa, "sm_80");
}

TEST(Match, NamesThatBeginAlikeAreTold) {
  const auto name = [](const char* driver, const char* isa) {
    return database().match(ReportedGpu{.name = driver, .isa = isa, .facts = {}}).name;
  };
  EXPECT_EQ(name("NVIDIA A100-SXM4-40GB", "sm_80"), "nvidia/a100_40gb");
  EXPECT_EQ(name("NVIDIA A100-SXM4-80GB", "sm_80"), "nvidia/a100_80gb");
  EXPECT_EQ(name("NVIDIA A10", "sm_86"), "nvidia/a10");
  EXPECT_EQ(name("NVIDIA A10G", "sm_86"), "NVIDIA A10G");
  EXPECT_EQ(name("NVIDIA L4", "sm_89"), "nvidia/l4");
  EXPECT_EQ(name("NVIDIA L40S", "sm_89"), "nvidia/l40s");
  EXPECT_EQ(name("NVIDIA H100 PCIe", "sm_90"), "nvidia/h100_pcie");
  EXPECT_EQ(name("AMD Instinct MI300A", "gfx942"), "amd/mi300a");
  EXPECT_EQ(name("AMD Instinct MI300X VF", "gfx942"), "amd/mi300x");
}

TEST(Match, AFalsifiedFileLosesToTheDriverAndTheLogSaysSo) {
  const TemporaryFolder folder;
  std::string text = read_file(HW_DB_FOLDER "/devices/nvidia/h200.json");
  const std::string right = "\"compute_units\": {\"value\": 132,";
  ASSERT_NE(text.find(right), std::string::npos);
  text.replace(text.find(right), right.size(), "\"compute_units\": {\"value\": 200,");
  folder.write("nvidia/h200.json", text);
  const Database falsified = Database::load({.folder = folder.path(), .read_environment = false, .embedded = true});
  ASSERT_TRUE(falsified.problems().empty());
  ASSERT_EQ(falsified.find("nvidia/h200")->gpu.compute_units, 200);

  ReportedGpu reported{.name = "NVIDIA H200", .isa = "sm_90", .facts = {}};
  reported.facts.compute_units = 132;
  std::vector<std::string> log;
  const Device device = falsified.match(reported, [&](std::string_view line) { log.emplace_back(line); });
  EXPECT_EQ(device.gpu.compute_units, 132);
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0], testing::StartsWith(
                          "nvidia/h200: compute_units is 132, reported by the driver, and 200 in the database ("));
  EXPECT_THAT(log[0], testing::HasSubstr("nvidia/h200.json:"));
  EXPECT_THAT(log[0], testing::EndsWith("132 is used."));
}

}  // namespace
}  // namespace flashrnn::hw

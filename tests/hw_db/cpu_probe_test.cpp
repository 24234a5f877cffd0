// SPDX-License-Identifier: Apache-2.0
#include "hw_db/cpu_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/hw_db/dump_reader.hpp"

namespace flashrnn::hw {
namespace {

const Database& database() {
  static const Database loaded = Database::load({.folder = {}, .read_environment = false, .embedded = true});
  return loaded;
}

struct Expected {
  const char* dump;
  const char* device;
  Match match;
  const char* isa;
  Count cores;
  Count threads_per_core;
  Count vector_bytes;
  Count l1;
  Count l2;
  Count l3;
  Count l3_sharing;
};

constexpr std::int64_t kKib = 1024;

const Expected kExpected[] = {
    {"zen4_two_cores", "cpu/zen4", Match::kDevice, "x86-64", 2, 1, 64, 32 * kKib, 1024 * kKib, 32768 * kKib, 2},
    {"skylake_sp", "cpu/skylake_sp", Match::kDevice, "x86-64", 2, 2, 64, 32 * kKib, 1024 * kKib, 39424 * kKib, 2},
    {"skylake_sp_no_avx512", "cpu/skylake_sp", Match::kDevice, "x86-64", 1, 1, 32, 32 * kKib, 1024 * kKib, 39424 * kKib,
     1},
    {"sapphire_rapids", "cpu/sapphire_rapids", Match::kDevice, "x86-64", 2, 1, 64, 48 * kKib, 2048 * kKib,
     115200 * kKib, 2},
    {"raptor_lake", "cpu/raptor_lake", Match::kDevice, "x86-64", 3, 2, 32, 48 * kKib, 2048 * kKib, 36864 * kKib, 3},
    {"graviton2", "cpu/graviton2", Match::kDevice, "aarch64", 2, 1, 16, 64 * kKib, 1024 * kKib, 32768 * kKib, 2},
    {"graviton3", "cpu/graviton3", Match::kDevice, "aarch64", 1, 1, 32, 64 * kKib, 1024 * kKib, 32768 * kKib, 1},
    {"graviton4", "cpu/graviton4", Match::kDevice, "aarch64", 1, 1, 16, 64 * kKib, 2048 * kKib, 36864 * kKib, 1},
    {"grace", "cpu/grace", Match::kDevice, "aarch64", 2, 1, 16, 64 * kKib, 1024 * kKib, 116736 * kKib, 2},
    {"ampere_altra", "cpu/ampere_altra", Match::kDevice, "aarch64", 2, 1, 16, 64 * kKib, 1024 * kKib, 32768 * kKib, 80},
    {"apple_m1", "cpu/apple_m1", Match::kDevice, "aarch64", 4, 1, 16, 128 * kKib, 12288 * kKib, 0, std::nullopt},
    {"neoverse_v2_of_others", "implementer 0x41 part 0xd4f", Match::kFamily, "aarch64", 1, 1, 16, 64 * kKib,
     2048 * kKib, 81920 * kKib, 1},
    {"zen_to_come", "AMD Processor of Tomorrow", Match::kFamily, "x86-64", 1, 1, 64, 32 * kKib, 1024 * kKib,
     std::nullopt, std::nullopt},
    {"unknown_x86", "Processor of someone else", Match::kNone, "x86-64", 1, std::nullopt, 16, std::nullopt,
     std::nullopt, std::nullopt, std::nullopt},
};

class ReplayedDump : public testing::TestWithParam<Expected> {};

TEST_P(ReplayedDump, GivesTheCpu) {
  const Expected& expected = GetParam();
  const Dump dump(expected.dump);
  std::vector<std::string> log;
  const Device device = database().match(dump.probe(), [&](std::string_view text) { log.emplace_back(text); });
  EXPECT_EQ(device.name, expected.device);
  EXPECT_EQ(device.match, expected.match);
  EXPECT_EQ(device.isa, expected.isa);
  EXPECT_EQ(device.cpu.cores, expected.cores);
  EXPECT_EQ(device.cpu.threads_per_core, expected.threads_per_core);
  EXPECT_EQ(device.cpu.vector_bytes, expected.vector_bytes);
  EXPECT_EQ(device.cpu.l1_data_bytes, expected.l1);
  EXPECT_EQ(device.cpu.l2_bytes, expected.l2);
  EXPECT_EQ(device.cpu.l3_bytes, expected.l3);
  EXPECT_EQ(device.cpu.l3_sharing_cores, expected.l3_sharing);
  if (expected.match != Match::kDevice) {
    ASSERT_FALSE(log.empty());
    EXPECT_THAT(log[0], testing::HasSubstr("is not in the hardware database"));
  }
}

INSTANTIATE_TEST_SUITE_P(CpuProbe, ReplayedDump, testing::ValuesIn(kExpected),
                         [](const auto& info) { return std::string(info.param.dump); });

TEST(CpuProbe, EveryDumpIsReplayed) {
  for (const auto& entry : std::filesystem::directory_iterator(HW_DB_TEST_FOLDER "/dumps")) {
    const std::string name = entry.path().stem().string();
    const bool listed = std::any_of(std::begin(kExpected), std::end(kExpected),
                                    [&](const Expected& expected) { return expected.dump == name; });
    EXPECT_TRUE(listed) << name;
  }
}

TEST(CpuProbe, DisagreementsAreLogged) {
  const Dump dump("skylake_sp_no_avx512");
  std::vector<std::string> log;
  const Device device = database().match(dump.probe(), [&](std::string_view text) { log.emplace_back(text); });
  ASSERT_EQ(log.size(), 1U) << testing::PrintToString(log);
  EXPECT_THAT(log[0], testing::HasSubstr("vector_bytes is 32, reported by proc/cpuinfo, and 64 in the database"));
  EXPECT_EQ(device.cpu.origin("vector_bytes")->to_string(), "reported by proc/cpuinfo");
}

TEST(CpuProbe, FeaturesTheSystemLacksAreTakenOut) {
  const Device device = database().match(Dump("sapphire_rapids").probe());
  EXPECT_EQ(device.cpu.matrix_extension, "amx");
  const Device zen4 = database().match(Dump("zen4_two_cores").probe());
  EXPECT_EQ(zen4.cpu.matrix_extension, "none");
  EXPECT_EQ(zen4.cpu.bf16_dot_flops_per_clock_per_core, 64);
  EXPECT_EQ(zen4.cpu.l3_gb_per_s_per_core, 97);
  EXPECT_EQ(database().match(Dump("graviton2").probe()).cpu.bf16_dot_flops_per_clock_per_core, 0);
}

TEST(CpuProbe, CpuidFillsInForMissingFiles) {
  const Dump dump("skylake_sp");
  const TemporaryFolder nothing;
  const ReportedCpu reported = probe_cpu(nothing.path(), dump.cpuid());
  ASSERT_EQ(reported.identities.size(), 1U);
  EXPECT_EQ(reported.identities[0].to_string(), "GenuineIntel family 6 model 85");
  EXPECT_EQ(reported.facts.l1_data_bytes, 32 * kKib);
  EXPECT_EQ(reported.facts.l2_bytes, 1024 * kKib);
  EXPECT_EQ(reported.facts.l3_bytes, 39424 * kKib);
  EXPECT_EQ(reported.facts.origin("l3_bytes")->to_string(), "reported by CPUID");
  EXPECT_FALSE(reported.facts.cores);
}

TEST(CpuProbe, CpuidOfARealMachine) {
  const Dump dump("zen4_two_cores");
  const TemporaryFolder nothing;
  const ReportedCpu reported = probe_cpu(nothing.path(), dump.cpuid());
  ASSERT_EQ(reported.identities.size(), 1U);
  EXPECT_EQ(reported.identities[0].to_string(), "AuthenticAMD family 25 model 17");
  EXPECT_EQ(reported.brand, "AMD EPYC");
  EXPECT_EQ(reported.facts.l1_data_bytes, 32 * kKib);
  EXPECT_EQ(reported.facts.l2_bytes, 1024 * kKib);
  EXPECT_EQ(reported.facts.l3_bytes, 32768 * kKib);
}

TEST(CpuProbe, NothingGivesNothing) {
  const TemporaryFolder nothing;
  const ReportedCpu reported = probe_cpu(nothing.path(), {});
  EXPECT_TRUE(reported.identities.empty());
  EXPECT_TRUE(reported.facts.origins.empty());
}

TEST(CpuProbe, ReadsCpuidText) {
  const CpuidDump dump = parse_cpuid_text(
      "CPU:\n   0x00000004 0x01: eax=0x7c004122 ebx=0x01c0003f ecx=0x0000003f edx=0x00000000\nnonsense 0x1\n0x1 0x2: "
      "eax=0x3\n");
  ASSERT_EQ(dump.size(), 1U);
  EXPECT_EQ(dump[0].leaf, 4U);
  EXPECT_EQ(dump[0].subleaf, 1U);
  EXPECT_EQ(dump[0].eax, 0x7c004122U);
  EXPECT_EQ(dump[0].ecx, 0x3fU);
}

TEST(CpuProbe, RunsOnThisMachine) {
  const ReportedCpu reported = probe_this_cpu();
  EXPECT_FALSE(reported.isa.empty());
  const Device device = database().match(reported);
  EXPECT_EQ(device.kind, Kind::kCpu);
}

}  // namespace
}  // namespace flashrnn::hw

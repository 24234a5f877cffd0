// SPDX-License-Identifier: Apache-2.0
// Where the figures come from: the database, and over it what CPUID and the system report.
#include "backend_cpu/facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend_cpu/tiling.hpp"
#include "tests/cpu/plan_grid.hpp"
#include "tests/hw_db/dump_reader.hpp"

namespace flashrnn::cpu {
namespace {

using testing::HasSubstr;

/// Zen 4 as a folder of files would have it that someone wrote carelessly.
constexpr const char* kFalsified = R"({
  "name": "cpu/zen4", "vendor": "amd", "kind": "cpu", "description": "not what it says", "isa": "x86-64",
  "inherits": "families/zen",
  "driver_names": ["AuthenticAMD family 25 model 16-31 96-127 160-175"],
  "sources": {"wrong": {"kind": "vendor", "title": "a wrong document", "date": "2020"}},
  "figures": {
    "cores": {"value": 96, "source": "wrong", "where": "nowhere"},
    "threads_per_core": {"value": 2, "source": "wrong", "where": "nowhere"},
    "vector_bytes": {"value": 128, "source": "wrong", "where": "nowhere"},
    "l1_data_bytes": {"value": 524288, "source": "wrong", "where": "nowhere"},
    "l2_bytes": {"value": 134217728, "source": "wrong", "where": "nowhere"},
    "l3_bytes": {"value": 1073741824, "source": "wrong", "where": "nowhere"},
    "l3_sharing_cores": {"value": 8, "source": "wrong", "where": "nowhere"}
  }
})";

hw::Database falsified() {
  const hw::TemporaryFolder folder;
  folder.write("cpu/zen4.json", kFalsified);
  return hw::Database::load({.folder = folder.path(), .read_environment = false, .embedded = true});
}

TEST(Facts, OfThisKindOfMachineAreTheReportedOnes) {
  const hw::Dump dump("zen4_two_cores");
  const hw::Device device = database().match(dump.probe());
  const CpuFacts facts = facts_of(device, Isa::kAvx512Bf16, 2, nullptr);
  EXPECT_EQ(facts.l1_bytes, 32 << 10);
  EXPECT_EQ(facts.l2_bytes, 1 << 20);
  EXPECT_EQ(facts.l3_bytes, 32 << 20);
  EXPECT_EQ(facts.l3_sharing_cores, 2);
  EXPECT_NEAR(facts.fmas_per_cycle, 1, 0.01);
  EXPECT_NEAR(facts.dots_per_cycle, 1, 0.01);
  EXPECT_NEAR(facts.loads_per_cycle, 1.8, 0.3);
  EXPECT_NEAR(facts.l2_bytes_per_cycle, 30, 1);
  EXPECT_NEAR(facts.memory_bytes_per_cycle, 25e9 / 3.656e9, 0.1);
  // Half as wide vectors are multiplied twice as often; a quarter, not more often than there are pipes.
  EXPECT_NEAR(facts_of(device, Isa::kAvx2, 1, nullptr).fmas_per_cycle, 2, 0.01);
  EXPECT_NEAR(facts_of(device, Isa::kBaseline, 1, nullptr).fmas_per_cycle, 1, 0.01);
}

TEST(Facts, AFalsifiedFileDoesNotMakeAPlanExceedTheMachine) {
  const hw::Dump dump("zen4_two_cores");
  const hw::Database wrong = falsified();
  ASSERT_TRUE(wrong.problems().empty()) << wrong.problems().front().to_string();
  ASSERT_EQ(wrong.find("cpu/zen4")->cpu.l2_bytes, 134217728);
  std::vector<std::string> log;
  const hw::Device device = wrong.match(dump.probe(), [&](std::string_view line) { log.emplace_back(line); });
  std::string all;
  for (const std::string& line : log) all += line + "\n";
  EXPECT_THAT(all, HasSubstr("l1_data_bytes is 32768"));
  EXPECT_THAT(all, HasSubstr("l2_bytes is 1048576"));
  EXPECT_THAT(all, HasSubstr("vector_bytes is 64"));

  const hw::Device honest = database().match(dump.probe());
  const Isa isa = isa_of(device, nullptr);
  EXPECT_LE(static_cast<int>(isa), static_cast<int>(isa_of(honest, nullptr)));
  for (const Problem& problem : problem_grid(grid_share(300))) {
    CpuPlan plan;
    ASSERT_TRUE(make_choices(problem, facts_of(device, isa, 2, nullptr), &plan).ok());
    const std::int64_t unit_bytes = std::int64_t{plan.g.Gr} * plan.g.W * 4;
    EXPECT_TRUE(plan.strand_rows * unit_bytes <= (16 << 10) || plan.strand_rows == 1);
    EXPECT_LE(4 * plan.copy_rows * plan.copy_k, (1 << 20) / kCopyShare);
    EXPECT_LE(plan.g.W, 16);
  }
}

/// The same with the machine that the test runs on.
TEST(Facts, OfThisMachineNeverExceedWhatItReports) {
  const hw::ReportedCpu reported = hw::probe_this_cpu();
  const hw::Database wrong = falsified();
  for (const hw::Database* base : {&database(), &wrong}) {
    const CpuFacts facts = facts_of(base->match(reported), best_isa(), 2, nullptr);
    EXPECT_EQ(facts.l1_bytes, reported.facts.l1_data_bytes.value_or(facts.l1_bytes));
    EXPECT_EQ(facts.l2_bytes, reported.facts.l2_bytes.value_or(facts.l2_bytes));
    EXPECT_EQ(facts.l3_bytes, reported.facts.l3_bytes.value_or(facts.l3_bytes));
  }
}

TEST(Facts, OfAnUnknownProcessorAreNoted) {
  const hw::Dump dump("unknown_x86");
  const hw::Device device = database().match(dump.probe());
  std::vector<std::string> notes;
  const CpuFacts facts = facts_of(device, isa_of(device, &notes), 1, &notes);
  ASSERT_FALSE(notes.empty());
  EXPECT_THAT(notes.front(), HasSubstr("is not in the hardware database"));
  EXPECT_GT(facts.fmas_per_cycle, 0);
  EXPECT_GT(facts.memory_bytes_per_cycle, 0);
  EXPECT_GT(facts.l2_bytes, facts.l1_bytes);
}

TEST(Facts, WhatIsMissingIsNamedWithWhatWasTaken) {
  hw::Device device = *database().find("cpu/zen4");
  device.cpu.l2_bytes_per_clock.reset();
  device.cpu.thread_barrier_ns.reset();
  std::vector<std::string> notes;
  const CpuFacts facts = facts_of(device, Isa::kAvx512, 1, &notes);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_THAT(notes[0], HasSubstr("l2_bytes_per_clock of cpu/zen4 is unknown"));
  EXPECT_THAT(notes[1], HasSubstr("thread_barrier_ns of cpu/zen4 is unknown"));
  EXPECT_NEAR(facts.l2_bytes_per_cycle, facts.l1_bytes_per_cycle / 2, 1e-9);
}

TEST(Facts, EveryCpuOfTheDatabaseHasAnInstructionSetAndFigures) {
  for (const hw::Device* device : cpus()) {
    SCOPED_TRACE(device->name);
    const Isa isa = isa_of(*device, nullptr);
    EXPECT_EQ(isa == Isa::kNeon, device->isa == "aarch64");
    const CpuFacts f = facts_of(*device, isa, 4, nullptr);
    for (const double figure :
         {f.fmas_per_cycle, f.fma_latency, f.loads_per_cycle, f.l1_bytes_per_cycle, f.l2_bytes_per_cycle,
          f.memory_bytes_per_cycle, f.activation_cycles, f.barrier_cycles, f.enlist_cycles, f.cycles_per_us})
      EXPECT_GT(figure, 0);
    EXPECT_LE(f.l2_bytes_per_cycle, f.l1_bytes_per_cycle);
    EXPECT_LE(f.memory_bytes_per_cycle, f.l3_bytes_per_cycle);
  }
}

}  // namespace
}  // namespace flashrnn::cpu

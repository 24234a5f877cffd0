// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/tool/database_folder.hpp"
#include "tests/tool/process.hpp"

namespace flashrnn::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

/// The figure of a device in JSON.
json figure(const json& device, const std::string& field) {
  for (const json& entry : device["figures"]) {
    if (entry["field"] == field) return entry;
  }
  return nullptr;
}

void expect_origins(const json& device) {
  for (const json& entry : device["figures"]) {
    const json& origin = entry["origin"];
    if (origin["kind"] == "reported") continue;
    EXPECT_THAT(origin["file"].get<std::string>(), ContainsRegex("^[a-z]+/.*\\.json$")) << entry;
    EXPECT_GT(origin["line"], 0) << entry;
    EXPECT_FALSE(origin["title"].get<std::string>().empty() && origin["formula"].get<std::string>().empty()) << entry;
  }
}

TEST(Devices, AreListedWithTheOriginOfEachFigure) {
  const Outcome table = run_tool({"devices"});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_THAT(table.out, AllOf(HasSubstr("\ncpu "), HasSubstr("\ncpu: figures "), HasSubstr("reported by ")));
  const json devices = json::parse(run_tool({"devices", "--json"}).out)["devices"];
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices[0]["name"], "cpu");
  EXPECT_GE(devices[0]["compute_units"], 1);
  EXPECT_EQ(devices[0]["isas"][0], devices[0]["isa"]);
  EXPECT_TRUE(devices[0]["database_entry"].is_string());
  EXPECT_TRUE(devices[0]["log"].is_array());
  const json cores = figure(devices[0], "cores");
  ASSERT_TRUE(cores.is_object());
  EXPECT_GE(cores["value"], 1);
  EXPECT_EQ(cores["origin"]["kind"], "reported");
  expect_origins(devices[0]);
}

TEST(Devices, OneOfThoseHereIsShownAlone) {
  EXPECT_EQ(run_tool({"devices", "cpu", "--json"}).out, run_tool({"devices", "--json"}).out);
}

TEST(Devices, OfTheDatabaseAreListed) {
  const Outcome table = run_tool({"devices", "--all"});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.err, IsEmpty());
  const json all = json::parse(run_tool({"devices", "--all", "--json"}).out);
  EXPECT_TRUE(all["problems"].empty());
  EXPECT_GT(all["devices"].size(), 40);
  std::set<std::string> kinds;
  for (const json& device : all["devices"]) {
    EXPECT_THAT(table.out, HasSubstr("\n" + device["name"].get<std::string>() + " "));
    kinds.insert(device["kind"]);
    expect_origins(device);
  }
  EXPECT_EQ(kinds, (std::set<std::string>{"cpu", "gpu"}));
}

TEST(Devices, OneOfTheDatabaseHasAllItsFigures) {
  const Outcome text = run_tool({"devices", "nvidia/h200"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("device        nvidia/h200\n"));
  EXPECT_THAT(text.out, ContainsRegex("\ncompute_units +132 +nvidia/h200\\.json:[0-9]+: "));
  EXPECT_THAT(text.out,
              ContainsRegex("\nshared_bytes_per_block_max +232448  B = 227 KB +nvidia/families/sm_90\\.json:"));
  EXPECT_THAT(text.out, ContainsRegex("\nmemory_gb_per_s +4800  GB/s "));
  EXPECT_THAT(text.out,
              ContainsRegex("\nwgmma\\.m64nNk16\\.bf16\\.fp32 +m64 n8\\.\\.256 k16, bf16 to fp32 +4096 +1071 "));
  EXPECT_THAT(text.out, ContainsRegex("\nNot known: .*\\.\n"));

  const json device = json::parse(run_tool({"devices", "nvidia/h200", "--json"}).out);
  EXPECT_EQ(device["name"], "nvidia/h200");
  EXPECT_EQ(device["isa"], "sm_90a");
  EXPECT_FALSE(device["family"]);
  EXPECT_EQ(figure(device, "shared_bytes_per_block_max")["value"], 232448);
  EXPECT_EQ(figure(device, "shared_bytes_per_block_max")["unit"], "B");
  EXPECT_EQ(figure(device, "launch_us")["origin"]["kind"], "measured");
  for (const json& name : device["unknown"]) EXPECT_TRUE(figure(device, name).is_null()) << name;
  const json& instructions = device["matrix_instructions"];
  const auto wgmma = std::find_if(instructions.begin(), instructions.end(),
                                  [](const json& i) { return i["name"] == "wgmma.m64nNk16.bf16.fp32"; });
  ASSERT_NE(wgmma, instructions.end());
  EXPECT_EQ((*wgmma)["n_step"], 8);
  EXPECT_EQ((*wgmma)["flops_per_clock_per_compute_unit"]["value"], 4096);
  EXPECT_EQ((*wgmma)["flops_per_clock_per_compute_unit"]["origin"]["kind"], "derived");
}

TEST(Devices, FamiliesHaveFiguresToo) {
  const json family = json::parse(run_tool({"devices", "cpu/families/zen", "--json"}).out);
  EXPECT_TRUE(family["family"]);
  EXPECT_FALSE(family.contains("matrix_instructions"));
  EXPECT_FALSE(figure(family, "fp32_fma_flops_per_clock_per_core").is_null());
}

TEST(Devices, OfAFolderAreAdded) {
  const DatabaseFolder folder;
  folder.write("nvidia/h999", h999());
  const Outcome outcome = run_tool({"devices", "nvidia/h999"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, ContainsRegex("\ncompute_units +7 +.*nvidia/h999\\.json:[0-9]+: "));
  EXPECT_THAT(run_tool({"devices", "--all"}).out, HasSubstr("\nnvidia/h999 "));
}

TEST(Devices, OfAFolderThatCannotBeUsedAreExplained) {
  const DatabaseFolder folder;
  folder.write("nvidia/h999", h999("\"l2_kb\""));
  const Outcome one = run_tool({"devices", "nvidia/h999"});
  EXPECT_EQ(one.exit_code, 3);
  EXPECT_THAT(one.out, IsEmpty());
  EXPECT_THAT(one.err, AllOf(HasSubstr("There is no device 'nvidia/h999'"),
                             HasSubstr("Its file can't be used, it has 1 problem."),
                             ContainsRegex("h999\\.json:[0-9]+: l2_kb: is no field; the nearest is l2_bytes")));
  const Outcome all = run_tool({"devices", "--all", "--json"});
  EXPECT_EQ(all.exit_code, 1);
  EXPECT_THAT(all.err, AllOf(StartsWith("flashrnn devices: "), HasSubstr("l2_kb: is no field")));
  const json problems = json::parse(all.out)["problems"];
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0]["field"], "l2_kb");
  EXPECT_GT(problems[0]["line"], 0);
  EXPECT_EQ(run_tool({"devices"}).exit_code, 0);
}

/// A folder whose file of this machine's CPU has an L1 twice as large as the machine reports. Empty: its file, or the
/// report, is not there.
std::string falsified_l1(const DatabaseFolder& folder, std::int64_t* reported) {
  const json cpu = json::parse(run_tool({"devices", "cpu", "--json"}).out)["devices"][0];
  const auto entry = cpu["database_entry"].get<std::string>();
  const json l1 = figure(cpu, "l1_data_bytes");
  if (entry.empty() || l1.is_null() || l1["origin"]["kind"] != "reported") return "";
  std::ifstream file(std::string(FLASHRNN_DEVICES_DIR) + "/" + entry + ".json");
  json document = json::parse(file);
  *reported = l1["value"];
  document["sources"]["invented"] = {{"kind", "vendor"}, {"title", "an invented document"}, {"date", "2026"}};
  document["figures"]["l1_data_bytes"] = {{"value", 2 * *reported}, {"source", "invented"}, {"where", "page 1"}};
  folder.write(entry, document.dump(2));
  return entry;
}

TEST(Devices, WhatTheMachineReportsWinsOverAFalseFile) {
  const DatabaseFolder folder;
  std::int64_t reported = 0;
  const std::string entry = falsified_l1(folder, &reported);
  if (entry.empty()) GTEST_SKIP() << "the database has no file of this machine's CPU, or the machine reports no L1";
  const Outcome outcome = run_tool({"devices", "--json"});
  EXPECT_THAT(outcome.err, IsEmpty());
  const json cpu = json::parse(outcome.out)["devices"][0];
  EXPECT_EQ(figure(cpu, "l1_data_bytes")["value"], reported);
  const std::string says = "l1_data_bytes is " + std::to_string(reported) + ", reported by ";
  ASSERT_FALSE(cpu["log"].empty());
  EXPECT_THAT(cpu["log"].dump(), AllOf(HasSubstr(says), HasSubstr("and " + std::to_string(2 * reported))));
  EXPECT_THAT(run_tool({"devices"}).out, ContainsRegex("\nWhere machine and database differ:\n- .*" + says));
  const json plan = json::parse(run_tool({"explain", "--json"}).out);
  EXPECT_THAT(plan["notes"].dump(), HasSubstr(says));
  for (const json& usage : plan["chosen"]["usage"]) {
    const auto what = usage["what"].get<std::string>();
    if (what.find("L1") != std::string::npos) {
      EXPECT_LE(usage["limit"], reported) << what;
    }
  }
}

}  // namespace
}  // namespace flashrnn::test

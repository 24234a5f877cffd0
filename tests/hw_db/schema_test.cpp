// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "hw_db/fields.hpp"
#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {
namespace {

nlohmann::json schema() { return nlohmann::json::parse(read_file(HW_DB_FOLDER "/schema.json")); }

template <typename Facts>
std::set<std::string> names_of(std::span<const Field<Facts>> fields) {
  std::set<std::string> names;
  for (const Field<Facts>& field : fields) names.emplace(field.name);
  return names;
}

std::set<std::string> keys_of(const nlohmann::json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

TEST(Schema, ListsTheFieldsOfTheLoader) {
  const auto definitions = schema()["$defs"];
  std::set<std::string> gpu = names_of(gpu_fields());
  gpu.insert("matrix_instructions");
  EXPECT_EQ(keys_of(definitions["gpu_figures"]["properties"]), gpu);
  EXPECT_EQ(keys_of(definitions["cpu_figures"]["properties"]), names_of(cpu_fields()));
}

template <typename Facts>
void expect_types(std::span<const Field<Facts>> fields, const nlohmann::json& properties) {
  for (const Field<Facts>& field : fields) {
    if (std::holds_alternative<Text Facts::*>(field.member)) continue;
    const bool is_count = std::holds_alternative<Count Facts::*>(field.member);
    EXPECT_EQ(properties[std::string(field.name)]["$ref"], is_count ? "#/$defs/count" : "#/$defs/real") << field.name;
  }
}

TEST(Schema, HasTheTypesOfTheLoader) {
  const auto definitions = schema()["$defs"];
  expect_types(gpu_fields(), definitions["gpu_figures"]["properties"]);
  expect_types(cpu_fields(), definitions["cpu_figures"]["properties"]);
}

TEST(Schema, UnitsStandInTheNames) {
  EXPECT_EQ(unit_of("l2_bytes"), "B");
  EXPECT_EQ(unit_of("shared_bytes_per_block_max"), "B");
  EXPECT_EQ(unit_of("clock_mhz"), "MHz");
  EXPECT_EQ(unit_of("memory_gb_per_s"), "GB/s");
  EXPECT_EQ(unit_of("l3_gb_per_s_per_core"), "GB/s");
  EXPECT_EQ(unit_of("grid_exchange_ns"), "ns");
  EXPECT_EQ(unit_of("grid_exchange_ns_per_kb"), "ns/KB");
  EXPECT_EQ(unit_of("launch_us"), "us");
  EXPECT_EQ(unit_of("matrix_latency_clocks"), "clocks");
  EXPECT_EQ(unit_of("global_lines_per_clock_per_compute_unit"), "1/clock");
  EXPECT_EQ(unit_of("block_barrier_ns_per_warp"), "ns");
  EXPECT_EQ(unit_of("l1_bytes_per_clock"), "B/clock");
  EXPECT_EQ(unit_of("activation_functions_per_clock_per_core"), "1/clock");
  EXPECT_EQ(unit_of("thread_enlist_us"), "us");
  EXPECT_EQ(unit_of("fp32_flops_per_clock_per_compute_unit"), "flop/clock");
  EXPECT_EQ(unit_of("registers_32bit_per_compute_unit"), "");
  EXPECT_EQ(unit_of("compute_units"), "");
}

TEST(Schema, EveryRealFigureHasAUnit) {
  for (const auto& field : gpu_fields()) {
    if (!std::holds_alternative<Real GpuFacts::*>(field.member)) continue;
    EXPECT_NE(unit_of(field.name), "") << field.name;
  }
  for (const auto& field : cpu_fields()) {
    if (!std::holds_alternative<Real CpuFacts::*>(field.member)) continue;
    EXPECT_NE(unit_of(field.name), "") << field.name;
  }
}

}  // namespace
}  // namespace flashrnn::hw

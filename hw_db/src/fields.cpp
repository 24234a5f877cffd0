// SPDX-License-Identifier: Apache-2.0
#include "hw_db/fields.hpp"

#include <array>
#include <cmath>
#include <cstdio>

namespace flashrnn::hw {
namespace {

constexpr double kKib = 1024.0;
constexpr double kMib = 1024.0 * kKib;
constexpr double kGib = 1024.0 * kMib;

using G = GpuFacts;
using C = CpuFacts;

// Drivers round memory and clocks in their own ways.
constexpr double kMemoryTolerance = 0.15;
constexpr double kClockTolerance = 0.1;

constexpr std::array kGpuFields = {
    Field<G>{"compute_units", &G::compute_units, 1, 1024, Need::kDevice},
    Field<G>{"threads_per_warp", &G::threads_per_warp, 32, 64, Need::kFamily},
    Field<G>{"max_threads_per_block", &G::max_threads_per_block, 256, 4096, Need::kFamily},
    Field<G>{"max_threads_per_compute_unit", &G::max_threads_per_compute_unit, 512, 8192, Need::kFamily},
    Field<G>{"max_blocks_per_compute_unit", &G::max_blocks_per_compute_unit, 1, 128},
    Field<G>{"registers_32bit_per_compute_unit", &G::registers_32bit_per_compute_unit, 16384, 1 << 20, Need::kFamily},
    Field<G>{"registers_per_thread_max", &G::registers_per_thread_max, 64, 1024, Need::kFamily},
    Field<G>{"register_allocation_unit", &G::register_allocation_unit, 1, 1024},
    Field<G>{"vgpr_32bit_per_simd", &G::vgpr_32bit_per_simd, 4096, 1 << 18},
    Field<G>{"simds_per_compute_unit", &G::simds_per_compute_unit, 1, 8},
    Field<G>{"accumulation_registers_per_thread", &G::accumulation_registers_per_thread, 0, 512},
    Field<G>{"shared_bytes_per_compute_unit", &G::shared_bytes_per_compute_unit, 16 * kKib, kMib, Need::kFamily},
    Field<G>{"shared_bytes_per_block_max", &G::shared_bytes_per_block_max, 16 * kKib, kMib, Need::kFamily},
    Field<G>{"shared_bytes_reserved_per_block", &G::shared_bytes_reserved_per_block, 0, 64 * kKib},
    Field<G>{"l1_bytes_per_compute_unit", &G::l1_bytes_per_compute_unit, 4 * kKib, kMib},
    Field<G>{"l2_bytes", &G::l2_bytes, 256 * kKib, kGib, Need::kDevice},
    Field<G>{"last_level_cache_bytes", &G::last_level_cache_bytes, 0, 4 * kGib},
    Field<G>{"memory_bytes", &G::memory_bytes, kGib, 4096 * kGib, Need::kDevice, kMemoryTolerance},
    Field<G>{"memory_gb_per_s", &G::memory_gb_per_s, 20, 50000, Need::kDevice, kClockTolerance},
    Field<G>{"l2_gb_per_s", &G::l2_gb_per_s, 50, 100000, Need::kOptional, kClockTolerance},
    Field<G>{"l2_bytes_per_clock_per_compute_unit", &G::l2_bytes_per_clock_per_compute_unit, 4, 1024},
    Field<G>{"shared_bytes_per_clock_per_compute_unit", &G::shared_bytes_per_clock_per_compute_unit, 32, 1024},
    Field<G>{"clock_mhz", &G::clock_mhz, 300, 5000, Need::kDevice, kClockTolerance},
    Field<G>{"fp32_flops_per_clock_per_compute_unit", &G::fp32_flops_per_clock_per_compute_unit, 64, 1024,
             Need::kFamily},
    Field<G>{"special_functions_per_clock_per_compute_unit", &G::special_functions_per_clock_per_compute_unit, 4, 256},
    Field<G>{"cluster_blocks_max", &G::cluster_blocks_max, 0, 64, Need::kFamily},
    Field<G>{"cluster_blocks_max_nonportable", &G::cluster_blocks_max_nonportable, 0, 64, Need::kFamily},
    Field<G>{"clusters_of_8_resident", &G::clusters_of_8_resident, 0, 1024},
    Field<G>{"clusters_of_16_resident", &G::clusters_of_16_resident, 0, 1024},
    Field<G>{"matrix_latency_clocks", &G::matrix_latency_clocks, 1, 1000},
    Field<G>{"special_function_latency_clocks", &G::special_function_latency_clocks, 1, 1000},
    Field<G>{"arithmetic_latency_clocks", &G::arithmetic_latency_clocks, 1, 100},
    Field<G>{"shared_latency_clocks", &G::shared_latency_clocks, 1, 1000},
    Field<G>{"l2_latency_clocks", &G::l2_latency_clocks, 10, 10000},
    Field<G>{"memory_latency_ns", &G::memory_latency_ns, 10, 100000},
    Field<G>{"global_lines_per_clock_per_compute_unit", &G::global_lines_per_clock_per_compute_unit, 0.05, 16},
    Field<G>{"bulk_copy_ns", &G::bulk_copy_ns, 1, 10000},
    Field<G>{"block_barrier_ns", &G::block_barrier_ns, 1, 10000},
    Field<G>{"block_barrier_ns_per_warp", &G::block_barrier_ns_per_warp, 0.01, 1000},
    Field<G>{"cluster_barrier_ns", &G::cluster_barrier_ns, 1, 100000},
    Field<G>{"cluster_exchange_ns", &G::cluster_exchange_ns, 1, 100000},
    Field<G>{"cluster_exchange_ns_per_kb", &G::cluster_exchange_ns_per_kb, 0.1, 10000},
    Field<G>{"grid_barrier_ns", &G::grid_barrier_ns, 1, 1e6},
    Field<G>{"grid_barrier_ns_of_8_blocks", &G::grid_barrier_ns_of_8_blocks, 1, 1e6},
    Field<G>{"grid_barrier_ns_cooperative", &G::grid_barrier_ns_cooperative, 1, 1e6},
    Field<G>{"grid_exchange_ns", &G::grid_exchange_ns, 1, 1e6},
    Field<G>{"grid_exchange_ns_per_kb", &G::grid_exchange_ns_per_kb, 0.1, 10000},
    Field<G>{"launch_us", &G::launch_us, 0.1, 1000},
    Field<G>{"graph_node_us", &G::graph_node_us, 0.01, 1000},
};

constexpr std::array kCpuFields = {
    Field<C>{"cores", &C::cores, 1, 1024, Need::kDevice, 0, true},
    Field<C>{"threads_per_core", &C::threads_per_core, 1, 8, Need::kDevice, 0, true},
    Field<C>{"vector_bytes", &C::vector_bytes, 8, 256, Need::kFamily},
    Field<C>{"fp32_fma_flops_per_clock_per_core", &C::fp32_fma_flops_per_clock_per_core, 4, 1024, Need::kFamily},
    Field<C>{"fma_instructions_per_clock_per_core", &C::fma_instructions_per_clock_per_core, 1, 16},
    Field<C>{"fma_latency_clocks", &C::fma_latency_clocks, 1, 32},
    Field<C>{"bf16_dot_flops_per_clock_per_core", &C::bf16_dot_flops_per_clock_per_core, 0, 8192},
    Field<C>{"activation_functions_per_clock_per_core", &C::activation_functions_per_clock_per_core, 0.01, 64},
    Field<C>{"matrix_extension", &C::matrix_extension, 0, 0, Need::kFamily},
    Field<C>{"l1_data_bytes", &C::l1_data_bytes, 8 * kKib, kMib, Need::kFamily},
    Field<C>{"l2_bytes", &C::l2_bytes, 64 * kKib, 256 * kMib, Need::kDevice},
    Field<C>{"l2_sharing_cores", &C::l2_sharing_cores, 1, 64, Need::kOptional, 0, true},
    Field<C>{"l3_bytes", &C::l3_bytes, 0, 4 * kGib, Need::kDevice, 0, true},
    Field<C>{"l3_sharing_cores", &C::l3_sharing_cores, 1, 1024, Need::kOptional, 0, true},
    Field<C>{"l1_bytes_per_clock", &C::l1_bytes_per_clock, 8, 1024},
    Field<C>{"l2_bytes_per_clock", &C::l2_bytes_per_clock, 4, 512},
    Field<C>{"l3_gb_per_s_per_core", &C::l3_gb_per_s_per_core, 2, 1000},
    Field<C>{"memory_gb_per_s_per_core", &C::memory_gb_per_s_per_core, 1, 500},
    Field<C>{"clock_mhz", &C::clock_mhz, 300, 8000, Need::kOptional, kClockTolerance, true},
    Field<C>{"thread_barrier_ns", &C::thread_barrier_ns, 1, 1e6},
    Field<C>{"thread_enlist_us", &C::thread_enlist_us, 0.1, 1e5},
};

struct Unit {
  std::string_view suffix;
  std::string_view unit;
};

// The longest that fits decides; what stands after the unit ("_per_block_max") says of what.
constexpr std::array kUnits = {
    Unit{"_bytes_per_clock", "B/clock"},
    Unit{"_flops_per_clock", "flop/clock"},
    Unit{"_functions_per_clock", "1/clock"},
    Unit{"_gb_per_s", "GB/s"},
    Unit{"_lines_per_clock", "1/clock"},
    Unit{"_ns_per_kb", "ns/KB"},
    Unit{"_clocks", "clocks"},
    Unit{"_bytes", "B"},
    Unit{"_mhz", "MHz"},
    Unit{"_ns", "ns"},
    Unit{"_us", "us"},
};

std::string number_text(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

}  // namespace

std::span<const Field<GpuFacts>> gpu_fields() { return kGpuFields; }
std::span<const Field<CpuFacts>> cpu_fields() { return kCpuFields; }

template <typename Facts>
std::optional<std::string> value_text(const Field<Facts>& field, const Facts& facts) {
  if (const auto* count = std::get_if<Count Facts::*>(&field.member)) {
    const Count& value = facts.**count;
    return value ? std::optional(std::to_string(*value)) : std::nullopt;
  }
  if (const auto* real = std::get_if<Real Facts::*>(&field.member)) {
    const Real& value = facts.**real;
    return value ? std::optional(number_text(*value)) : std::nullopt;
  }
  return facts.*std::get<Text Facts::*>(field.member);
}

template <typename Facts>
std::optional<double> value_number(const Field<Facts>& field, const Facts& facts) {
  if (const auto* count = std::get_if<Count Facts::*>(&field.member)) {
    const Count& value = facts.**count;
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  }
  if (const auto* real = std::get_if<Real Facts::*>(&field.member)) return facts.**real;
  return std::nullopt;
}

template std::optional<std::string> value_text(const Field<GpuFacts>&, const GpuFacts&);
template std::optional<std::string> value_text(const Field<CpuFacts>&, const CpuFacts&);
template std::optional<double> value_number(const Field<GpuFacts>&, const GpuFacts&);
template std::optional<double> value_number(const Field<CpuFacts>&, const CpuFacts&);

std::string_view unit_of(std::string_view field) {
  for (const Unit& unit : kUnits) {
    const std::size_t at = field.find(unit.suffix);
    if (at == std::string_view::npos) continue;
    const std::size_t end = at + unit.suffix.size();
    if (end == field.size() || field[end] == '_') return unit.unit;
  }
  return {};
}

}  // namespace flashrnn::hw

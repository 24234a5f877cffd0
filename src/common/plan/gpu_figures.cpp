// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_figures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "common/plan/instruction.hpp"
#include "hw_db/fields.hpp"

namespace flashrnn::plan {
namespace {

using hw::GpuFacts;

/// The device that the most figures are measured of: what another one lacks is taken from it.
constexpr std::string_view kReference = "nvidia/h200";

std::string number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

/// How a figure of the reference is carried over to a device.
enum class Carry {
  kAsIs,        ///< counts, latencies in clocks, times that no clock of the device decides
  kClock,       ///< times: the same number of clocks
  kThroughput,  ///< bandwidths of the device: by compute units and clock
};

class Resolver {
 public:
  Resolver(const hw::Device& device, GpuFigures& figures) : device_(device), figures_(figures) {
    const hw::Device* reference = hw::Database::shared().find(kReference);
    if (reference != nullptr) reference_ = &reference->gpu;
  }

  /// A limit: nothing can stand in for it.
  std::int64_t limit(std::string_view name, const hw::Count& value) {
    if (!value && why_.empty()) why_ = device_.name + ": " + std::string(name) + " is not known";
    return value.value_or(0);
  }
  double need(std::string_view name, const hw::Real& value) {
    if (!value && why_.empty()) why_ = device_.name + ": " + std::string(name) + " is not known";
    return value.value_or(0);
  }

  double real(std::string_view name, hw::Real GpuFacts::*field, Carry carry) {
    if (device_.gpu.*field) return *(device_.gpu.*field);
    if (reference_ == nullptr || !(reference_->*field)) {
      if (why_.empty()) why_ = device_.name + ": " + std::string(name) + " is not known";
      return 1;
    }
    double value = *(reference_->*field);
    std::string how = "as on ";
    const double clock_ratio = reference_->clock_mhz.value_or(1) / device_.gpu.clock_mhz.value_or(1);
    if (carry == Carry::kClock) {
      value *= clock_ratio;
      how = "scaled by the clock from ";
    } else if (carry == Carry::kThroughput) {
      value *= static_cast<double>(device_.gpu.compute_units.value_or(1)) /
               (clock_ratio * static_cast<double>(reference_->compute_units.value_or(1)));
      how = "scaled by compute units and clock from ";
    }
    note(name, number(value), how);
    return value;
  }

  std::int64_t count(std::string_view name, hw::Count GpuFacts::*field) {
    if (device_.gpu.*field) return *(device_.gpu.*field);
    if (reference_ == nullptr || !(reference_->*field)) {
      if (why_.empty()) why_ = device_.name + ": " + std::string(name) + " is not known";
      return 1;
    }
    note(name, std::to_string(*(reference_->*field)), "as on ");
    return *(reference_->*field);
  }

  void matrix(ElementType element, bool tf32) {
    const GpuFacts& facts = device_.gpu;
    const double multiply_adds = facts.fp32_flops_per_clock_per_compute_unit.value_or(0);
    const hw::MatrixInstruction* chosen = choose_instruction(facts, device_.isa, element, tf32);
    if (chosen == nullptr) {
      figures_.instruction = kMultiplyAdd;
      figures_.matrix = multiply_add_tile(figures_.lanes, element_bytes(element));
      figures_.matrix_flops_per_clock = multiply_adds;
      return;
    }
    figures_.instruction = chosen->name;
    figures_.matrix = tile_of(*chosen, device_.isa, figures_.lanes, element_bytes(element));
    if (chosen->flops_per_clock_per_compute_unit) {
      figures_.matrix_flops_per_clock = *chosen->flops_per_clock_per_compute_unit;
      return;
    }
    // The rate of the same instruction on the reference, by the rates of plain multiply-adds; or no more than those.
    double rate = multiply_adds;
    std::string how = "the rate of plain multiply-adds of ";
    if (reference_ != nullptr && reference_->fp32_flops_per_clock_per_compute_unit) {
      for (const hw::MatrixInstruction& other : reference_->matrix_instructions) {
        if (other.name != chosen->name || !other.flops_per_clock_per_compute_unit) continue;
        rate = *other.flops_per_clock_per_compute_unit * multiply_adds /
               *reference_->fp32_flops_per_clock_per_compute_unit;
        how = "scaled by the rate of multiply-adds from ";
      }
    }
    figures_.matrix_flops_per_clock = rate;
    const bool own = how.starts_with("the rate");
    figures_.notes.push_back("The rate of " + chosen->name + " is not known of " + device_.name + ": " + number(rate) +
                             " flops a clock are taken, " + how + (own ? device_.name : std::string(kReference)) + ".");
  }

  const std::string& why() const { return why_; }

 private:
  void note(std::string_view name, const std::string& value, const std::string& how) {
    const std::string unit(hw::unit_of(name));
    figures_.notes.push_back(std::string(name) + " is not known of " + device_.name + ": " + value +
                             (unit.empty() ? "" : " " + unit) + " is taken, " + how + std::string(kReference) + ".");
  }

  const hw::Device& device_;
  GpuFigures& figures_;
  const GpuFacts* reference_ = nullptr;
  std::string why_;
};

void set_limits(const hw::Device& device, Resolver& get, GpuFigures& f) {
  const GpuFacts& g = device.gpu;
  f.compute_units = get.limit("compute_units", g.compute_units);
  f.lanes = get.limit("threads_per_warp", g.threads_per_warp);
  f.threads_per_block = get.limit("max_threads_per_block", g.max_threads_per_block);
  f.threads_per_unit = g.max_threads_per_compute_unit.value_or(f.threads_per_block);
  f.blocks_per_unit = get.count("max_blocks_per_compute_unit", &GpuFacts::max_blocks_per_compute_unit);
  f.registers_per_unit = get.limit("registers_32bit_per_compute_unit", g.registers_32bit_per_compute_unit);
  f.registers_per_thread = get.limit("registers_per_thread_max", g.registers_per_thread_max) +
                           g.accumulation_registers_per_thread.value_or(0);
  const std::int64_t unit = get.count("register_allocation_unit", &GpuFacts::register_allocation_unit);
  // NVIDIA allocates for a warp, AMD for each lane.
  f.register_step = device.vendor == "nvidia" && f.lanes > 0 ? std::max<std::int64_t>(1, unit / f.lanes) : unit;
  f.shared_per_block = get.limit("shared_bytes_per_block_max", g.shared_bytes_per_block_max);
  f.shared_per_unit = g.shared_bytes_per_compute_unit.value_or(f.shared_per_block);
  f.shared_reserved = g.shared_bytes_reserved_per_block.value_or(0);
  f.cluster_blocks = std::max(g.cluster_blocks_max_nonportable.value_or(0), g.cluster_blocks_max.value_or(0));
  f.clusters_of_8 = g.clusters_of_8_resident.value_or(-1);
  f.clusters_of_16 = g.clusters_of_16_resident.value_or(-1);
  f.l2_bytes = static_cast<double>(g.l2_bytes.value_or(0));
}

void set_rates(const hw::Device& device, Resolver& get, GpuFigures& f) {
  const GpuFacts& g = device.gpu;
  f.clocks_per_ns = get.need("clock_mhz", g.clock_mhz) / 1e3;
  f.schedulers = static_cast<double>(get.count("simds_per_compute_unit", &GpuFacts::simds_per_compute_unit));
  f.shared_bytes_per_clock = get.real("shared_bytes_per_clock_per_compute_unit",
                                      &GpuFacts::shared_bytes_per_clock_per_compute_unit, Carry::kAsIs);
  f.special_per_clock = get.real("special_functions_per_clock_per_compute_unit",
                                 &GpuFacts::special_functions_per_clock_per_compute_unit, Carry::kAsIs);
  f.arithmetic_per_clock =
      get.need("fp32_flops_per_clock_per_compute_unit", g.fp32_flops_per_clock_per_compute_unit) / 2;
  f.lines_per_clock = get.real("global_lines_per_clock_per_compute_unit",
                               &GpuFacts::global_lines_per_clock_per_compute_unit, Carry::kAsIs);
  f.l2_bytes_per_ns = get.real("l2_gb_per_s", &GpuFacts::l2_gb_per_s, Carry::kThroughput);
  f.l2_bytes_per_clock =
      get.real("l2_bytes_per_clock_per_compute_unit", &GpuFacts::l2_bytes_per_clock_per_compute_unit, Carry::kAsIs);
  f.memory_bytes_per_ns = get.need("memory_gb_per_s", g.memory_gb_per_s);
}

void set_latencies(Resolver& get, GpuFigures& f) {
  const auto clocks = [&](std::string_view name, hw::Real GpuFacts::*field) {
    return get.real(name, field, Carry::kAsIs) / (f.clocks_per_ns > 0 ? f.clocks_per_ns : 1);
  };
  const auto time = [&](std::string_view name, hw::Real GpuFacts::*field) {
    return get.real(name, field, Carry::kClock);
  };
  f.matrix_ns = clocks("matrix_latency_clocks", &GpuFacts::matrix_latency_clocks);
  f.special_ns = clocks("special_function_latency_clocks", &GpuFacts::special_function_latency_clocks);
  f.arithmetic_ns = clocks("arithmetic_latency_clocks", &GpuFacts::arithmetic_latency_clocks);
  f.shared_ns = clocks("shared_latency_clocks", &GpuFacts::shared_latency_clocks);
  f.l2_ns = clocks("l2_latency_clocks", &GpuFacts::l2_latency_clocks);
  f.memory_ns = get.real("memory_latency_ns", &GpuFacts::memory_latency_ns, Carry::kAsIs);
  f.barrier_ns = time("block_barrier_ns", &GpuFacts::block_barrier_ns);
  f.barrier_ns_per_warp = time("block_barrier_ns_per_warp", &GpuFacts::block_barrier_ns_per_warp);
  f.grid_barrier_ns = time("grid_barrier_ns", &GpuFacts::grid_barrier_ns);
  f.grid_barrier_ns_of_8 = time("grid_barrier_ns_of_8_blocks", &GpuFacts::grid_barrier_ns_of_8_blocks);
  f.grid_barrier_ns_cooperative = time("grid_barrier_ns_cooperative", &GpuFacts::grid_barrier_ns_cooperative);
  f.grid_exchange_ns = time("grid_exchange_ns", &GpuFacts::grid_exchange_ns);
  f.grid_exchange_ns_per_kb = time("grid_exchange_ns_per_kb", &GpuFacts::grid_exchange_ns_per_kb);
  f.launch_ns = 1e3 * get.real("launch_us", &GpuFacts::launch_us, Carry::kAsIs);
  f.kernel_gap_ns = 1e3 * get.real("graph_node_us", &GpuFacts::graph_node_us, Carry::kAsIs);
  if (f.cluster_blocks == 0) return;
  f.bulk_copy_ns = time("bulk_copy_ns", &GpuFacts::bulk_copy_ns);
  f.cluster_barrier_ns = time("cluster_barrier_ns", &GpuFacts::cluster_barrier_ns);
  f.cluster_exchange_ns = time("cluster_exchange_ns", &GpuFacts::cluster_exchange_ns);
  f.cluster_exchange_ns_per_kb = time("cluster_exchange_ns_per_kb", &GpuFacts::cluster_exchange_ns_per_kb);
}

}  // namespace

bool resolve_figures(const hw::Device& device, ElementType element, bool tf32, GpuFigures& figures, std::string& why) {
  if (device.kind != hw::Kind::kGpu) {
    why = device.name + " is no GPU";
    return false;
  }
  Resolver get(device, figures);
  set_limits(device, get, figures);
  if (get.why().empty()) set_rates(device, get, figures);
  if (get.why().empty()) set_latencies(get, figures);
  if (get.why().empty()) get.matrix(element, tf32);
  why = get.why();
  return why.empty();
}

std::int64_t block_registers(const GpuFigures& f, std::int64_t threads, std::int64_t registers) {
  const std::int64_t allocated = kernel::ceil_div(registers, f.register_step) * f.register_step;
  const auto schedulers = static_cast<std::int64_t>(f.schedulers);
  return schedulers * kernel::ceil_div(threads / f.lanes, schedulers) * f.lanes * allocated;
}

std::int64_t blocks_at_once(const GpuFigures& f, std::int64_t threads, std::int64_t registers,
                            std::int64_t shared_bytes) {
  const std::int64_t allocated = kernel::ceil_div(registers, f.register_step) * f.register_step;
  const auto schedulers = static_cast<std::int64_t>(f.schedulers);
  const std::int64_t warps = f.registers_per_unit / schedulers / (f.lanes * allocated) * schedulers;
  const std::int64_t most =
      std::min({f.blocks_per_unit, f.threads_per_unit / threads, warps / kernel::ceil_div(threads, f.lanes),
                f.shared_per_unit / (shared_bytes + f.shared_reserved)});
  return std::max<std::int64_t>(1, most);
}

std::int64_t clusters_at_once(const GpuFigures& f, std::int64_t blocks) {
  const std::int64_t whole = f.compute_units / blocks;
  if (blocks == 16) return f.clusters_of_16 >= 0 ? std::min(whole, f.clusters_of_16) : whole;
  // A cluster of 2 or 4 has room wherever a part of one of 8 has.
  if (f.clusters_of_8 >= 0 && blocks >= 4) return std::min(whole, f.clusters_of_8 * 8 / blocks);
  return whole;
}

}  // namespace flashrnn::plan

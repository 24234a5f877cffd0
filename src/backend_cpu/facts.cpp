// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/facts.hpp"

#include <tbb/info.h>

#include <algorithm>
#include <cstdio>

#include "backend_cpu/simd/isa_tables.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "hw_db/cpu_probe.hpp"
#include "hw_db/database.hpp"

namespace flashrnn::cpu {
namespace {

constexpr double kFlopsPerFma = 2;  ///< of one lane
constexpr double kFlopsPerDot = 4;  ///< of one 32-bit lane of bf16 pairs
constexpr double kLaneBytes = 4;
constexpr double kNextLevelShare = 0.5;  ///< of a level's rate, for the next one where nobody has measured it
constexpr double kUnknownClockMhz = 3000;
constexpr double kUnknownBarrierNs = 1000;
constexpr double kUnknownEnlistUs = 50;
constexpr double kActivationFmas = 15;  ///< vector instructions of one activation, where its rate is unknown
/// Whose figures stand in for a processor that is not in the database: the least of its instruction set.
constexpr const char* kStandIn = "cpu/families/zen";
constexpr const char* kStandInArm = "cpu/families/neoverse_n1";

std::string text_of(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

/// Figures with something in place of the missing ones, which is noted.
class Figures {
 public:
  Figures(const hw::Device& device, std::vector<std::string>* notes) : device_(device), notes_(notes) {
    if (device.match != hw::Match::kNone) return;
    const char* name = device.isa == "aarch64" ? kStandInArm : kStandIn;
    stand_in_ = hw::Database::shared().find(name);
    if (stand_in_ != nullptr) note(device.name + " is not in the hardware database: figures of " + name + " are used");
  }

  template <class Value>
  double get(std::optional<Value> hw::CpuFacts::*member, const char* field, double otherwise, const char* reason) {
    if (device_.cpu.*member) return static_cast<double>(*(device_.cpu.*member));
    if (stand_in_ != nullptr && stand_in_->cpu.*member) return static_cast<double>(*(stand_in_->cpu.*member));
    note(std::string(field) + " of " + device_.name + " is unknown: " + text_of(otherwise) + " is taken, " + reason);
    return otherwise;
  }
  template <class Value>
  [[nodiscard]] double known(std::optional<Value> hw::CpuFacts::*member, double otherwise) const {
    return device_.cpu.*member ? static_cast<double>(*(device_.cpu.*member)) : otherwise;
  }

 private:
  void note(std::string sentence) {
    if (notes_ != nullptr) notes_->push_back(std::move(sentence) + ".");
  }
  const hw::Device& device_;
  const hw::Device* stand_in_ = nullptr;
  std::vector<std::string>* notes_;
};

}  // namespace

CpuFacts facts_of(const hw::Device& device, Isa isa, int threads, std::vector<std::string>* notes) {
  using F = hw::CpuFacts;
  const IsaTraits& traits = FLASHRNN_TRAITS_OF(isa);
  Figures figures(device, notes);
  CpuFacts facts;
  facts.isa = isa;
  facts.threads = std::max(threads, 1);

  const double lanes = traits.vector_bytes / kLaneBytes;
  const double flops = figures.get(&F::fp32_fma_flops_per_clock_per_core, "fp32_fma_flops_per_clock_per_core",
                                   2 * lanes * kFlopsPerFma, "two vectors");
  const double pipes =
      figures.get(&F::fma_instructions_per_clock_per_core, "fma_instructions_per_clock_per_core", 2, "two pipes");
  facts.fmas_per_cycle = std::min(pipes, flops / kFlopsPerFma / lanes) / traits.fma_instructions;
  if (traits.formats[static_cast<int>(WeightFormat::kBf16Pair)]) {
    const double dots =
        figures.get(&F::bf16_dot_flops_per_clock_per_core, "bf16_dot_flops_per_clock_per_core",
                    facts.fmas_per_cycle * lanes * kFlopsPerDot, "as many instructions as fp32 multiply-adds");
    facts.dots_per_cycle = dots / kFlopsPerDot / lanes;
  }
  facts.fma_latency = figures.get(&F::fma_latency_clocks, "fma_latency_clocks", 4, "as of most processors");

  const double mhz = figures.get(&F::clock_mhz, "clock_mhz", kUnknownClockMhz, "times in us follow from it");
  const double bytes_per_clock = 1e9 / (mhz * 1e6);  // that make 1 GB/s
  const double pipe_bytes = flops / kFlopsPerFma / pipes * kLaneBytes;
  facts.cycles_per_us = mhz;
  facts.l1_bytes_per_cycle =
      figures.get(&F::l1_bytes_per_clock, "l1_bytes_per_clock", 2 * pipe_bytes, "two loads of a pipe's width");
  facts.loads_per_cycle = std::max(1.0, facts.l1_bytes_per_cycle / pipe_bytes);
  facts.l2_bytes_per_cycle = figures.get(&F::l2_bytes_per_clock, "l2_bytes_per_clock",
                                         kNextLevelShare * facts.l1_bytes_per_cycle, "half of L1's");
  facts.l1_bytes = static_cast<std::int64_t>(figures.get(&F::l1_data_bytes, "l1_data_bytes", 32 << 10, "the least"));
  facts.l2_bytes = static_cast<std::int64_t>(figures.get(&F::l2_bytes, "l2_bytes", 512 << 10, "as of small cores"));
  facts.l3_bytes = static_cast<std::int64_t>(figures.known(&F::l3_bytes, 0));
  facts.l2_sharing_cores = static_cast<int>(figures.known(&F::l2_sharing_cores, 1));
  facts.l3_sharing_cores = static_cast<int>(figures.known(&F::l3_sharing_cores, 1));
  facts.l3_bytes_per_cycle = facts.l2_bytes_per_cycle;
  if (facts.l3_bytes > 0)
    facts.l3_bytes_per_cycle =
        bytes_per_clock * figures.get(&F::l3_gb_per_s_per_core, "l3_gb_per_s_per_core",
                                      kNextLevelShare * facts.l2_bytes_per_cycle / bytes_per_clock, "half of L2's");
  facts.memory_bytes_per_cycle =
      bytes_per_clock * figures.get(&F::memory_gb_per_s_per_core, "memory_gb_per_s_per_core",
                                    kNextLevelShare * facts.l3_bytes_per_cycle / bytes_per_clock, "half of L3's");

  facts.activation_cycles =
      lanes / figures.get(&F::activation_functions_per_clock_per_core, "activation_functions_per_clock_per_core",
                          lanes * facts.fmas_per_cycle / kActivationFmas, "15 multiply-adds each");
  facts.barrier_cycles =
      mhz * 1e-3 *
      figures.get(&F::thread_barrier_ns, "thread_barrier_ns", kUnknownBarrierNs, "more than was ever measured");
  facts.enlist_cycles =
      mhz * figures.get(&F::thread_enlist_us, "thread_enlist_us", kUnknownEnlistUs, "more than was ever measured");
  return facts;
}

Isa isa_of(const hw::Device& device, std::vector<std::string>* notes) {
  if (device.isa == "aarch64") return Isa::kNeon;
  const std::int64_t bytes = device.cpu.vector_bytes.value_or(FLASHRNN_TRAITS_OF(Isa::kBaseline).vector_bytes);
  if (bytes < FLASHRNN_TRAITS_OF(Isa::kAvx2).vector_bytes) return Isa::kBaseline;
  if (bytes < FLASHRNN_TRAITS_OF(Isa::kAvx512).vector_bytes) return Isa::kAvx2;
  const auto& dots = device.cpu.bf16_dot_flops_per_clock_per_core;
  if (!dots && notes != nullptr)
    notes->push_back("Whether " + device.name + " has bf16 dot products is unknown: it is planned for without.");
  return dots.value_or(0) > 0 ? Isa::kAvx512Bf16 : Isa::kAvx512;
}

const Machine& this_machine() {
  static const Machine machine = [] {
    static hw::Device found;
    Machine m;
    const hw::Database& database = hw::Database::shared();
    for (const hw::Problem& problem : database.problems()) m.log.push_back(problem.to_string());
    const hw::ReportedCpu reported = hw::probe_this_cpu();
    found = database.match(reported, [&](std::string_view sentence) { m.log.emplace_back(sentence); });
    m.description = reported.brand.empty() ? "unknown processor" : reported.brand;
    m.cores = tbb::info::default_concurrency();
    m.device = &found;
    return m;
  }();
  return machine;
}

Isa best_isa() {
  for (int i = kIsaCount - 1; i > 0; --i)
    if (isa_kernels(static_cast<Isa>(i)) != nullptr && isa_usable(static_cast<Isa>(i))) return static_cast<Isa>(i);
  return Isa::kBaseline;
}

}  // namespace flashrnn::cpu

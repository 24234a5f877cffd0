// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend_cpu/simd/isa.hpp"

namespace flashrnn::hw {
struct Device;
}

namespace flashrnn::cpu {

/// What tiles and splits are chosen by: the figures of one core, as kernels of `isa` see them. Cycles are the core's.
struct CpuFacts {
  Isa isa = Isa::kBaseline;
  int threads = 1;
  std::int64_t l1_bytes = 0;
  std::int64_t l2_bytes = 0;
  std::int64_t l3_bytes = 0;  ///< 0: there is none
  int l2_sharing_cores = 1;
  int l3_sharing_cores = 1;
  double fmas_per_cycle = 0;  ///< vector instructions, as the next one
  double dots_per_cycle = 0;  ///< of bf16 pairs; 0 where the instruction set has none
  double fma_latency = 0;     ///< cycles
  double loads_per_cycle = 0;
  double l1_bytes_per_cycle = 0;
  double l2_bytes_per_cycle = 0;
  double l3_bytes_per_cycle = 0;
  double memory_bytes_per_cycle = 0;
  double activation_cycles = 0;  ///< of one vector
  double barrier_cycles = 0;     ///< of two threads
  double enlist_cycles = 0;      ///< until other threads have joined a call
  double cycles_per_us = 0;
};

/// The figures of a device of the hardware database, with what was put in place of those it lacks: a sentence each is
/// added to `notes`.
CpuFacts facts_of(const hw::Device& device, Isa isa, int threads, std::vector<std::string>* notes);

/// The best instruction set that the device's figures speak of.
Isa isa_of(const hw::Device& device, std::vector<std::string>* notes);

/// This machine; read once per process.
struct Machine {
  std::string description;
  int cores = 1;             ///< that this process may run on
  const hw::Device* device;  ///< never null; what CPUID and the system report wins over the database
  /// Where the two disagree, and what is wrong with files of the database.
  std::vector<std::string> log;
};
const Machine& this_machine();

/// The best instruction set that runs here.
Isa best_isa();

}  // namespace flashrnn::cpu

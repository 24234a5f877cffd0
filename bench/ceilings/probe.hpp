// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace flashrnn::bench {

/// How long a probe measures: the best of `repeats` runs of about `seconds` each. The best, because a ceiling is what
/// the machine can do, not what a disturbed machine did.
struct ProbeEffort {
  int repeats = 5;
  double seconds = 0.008;
};

/// Work per second, summed over `threads` threads that start together. `work` is called again and again with the
/// thread's index and returns how much it has done.
double measure_rate(int threads, const ProbeEffort& effort, const std::function<double(int)>& work);

/// Floating-point operations per second of fp32 multiply-adds in registers, with the widest vectors of this CPU.
double measure_fp32_peak(int threads, const ProbeEffort& effort = {});

/// The same for dot products of bf16 pairs; 0 where the CPU has no such instruction.
double measure_bf16_peak(int threads, const ProbeEffort& effort = {});

/// Bytes per second when every thread reads `bytes_per_thread` bytes of its own over and over.
double measure_read(int threads, size_t bytes_per_thread, const ProbeEffort& effort = {});

/// "avx512_bf16", "avx512", "avx2" or "baseline": what the probes above use.
std::string probe_isa();

}  // namespace flashrnn::bench

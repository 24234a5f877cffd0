// SPDX-License-Identifier: Apache-2.0
#include "bench/ceilings/ceiling.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>

namespace flashrnn::bench {
namespace {

/// The level of the memory hierarchy that `bytes` fit in, as the system describes the first core's caches.
std::string level_name(double bytes_per_thread, int threads) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder = "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    int level = 0;
    double kilobytes = 0;
    std::string type;
    std::ifstream(folder + "level") >> level;
    std::ifstream(folder + "type") >> type;
    if (!(std::ifstream(folder + "size") >> kilobytes)) continue;
    if (type == "Instruction") continue;
    const double held = level >= 3 ? bytes_per_thread * threads : bytes_per_thread;
    if (held < kilobytes * 1024) return std::string("L").append(std::to_string(level));
  }
  return "memory";
}

double share_of_r(const Point& point) {
  const double elements = static_cast<double>(cell_counts(point.cell).recurrent_gates * point.heads) *
                          static_cast<double>(point.head_dim * point.head_dim);
  return elements * static_cast<double>(dtype_bytes(point.dtype)) / point.threads;
}

void make_falling(std::vector<Machine::Read>& reads) {
  std::sort(reads.begin(), reads.end(),
            [](const auto& a, const auto& b) { return a.bytes_per_thread < b.bytes_per_thread; });
  // A smaller set can always be read as fast as a larger one: what says otherwise is noise.
  for (size_t i = reads.size(); i-- > 1;) reads[i - 1].rate = std::max(reads[i - 1].rate, reads[i].rate);
}

}  // namespace

double Machine::read_rate(double bytes_per_thread) const {
  if (reads.empty()) throw std::logic_error("no read bandwidth has been measured");
  if (bytes_per_thread <= static_cast<double>(reads.front().bytes_per_thread)) return reads.front().rate;
  for (size_t i = 1; i < reads.size(); ++i) {
    const double low = static_cast<double>(reads[i - 1].bytes_per_thread);
    const double high = static_cast<double>(reads[i].bytes_per_thread);
    if (bytes_per_thread > high) continue;
    const double position = std::log(bytes_per_thread / low) / std::log(high / low);
    return reads[i - 1].rate + position * (reads[i].rate - reads[i - 1].rate);
  }
  return reads.back().rate;
}

Machine measure_machine(int threads, const ProbeEffort& effort) {
  Machine machine;
  machine.threads = threads;
  machine.fp32_peak = measure_fp32_peak(threads, effort);
  machine.bf16_peak = measure_bf16_peak(threads, effort);
  constexpr size_t kKiB = 1024;
  for (const size_t kib : {8,    16,   24,   32,   48,   64,    128,   256,   512,   768,   1024,  1536,
                           2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 65536, 131072})
    machine.reads.push_back({kib * kKiB, measure_read(threads, kib * kKiB, effort)});
  make_falling(machine.reads);
  return machine;
}

Machine measure_machine_for(const Point& point, const ProbeEffort& effort) {
  Machine machine;
  machine.threads = point.threads;
  machine.fp32_peak = measure_fp32_peak(point.threads, effort);
  if (point.dtype == "bf16") machine.bf16_peak = measure_bf16_peak(point.threads, effort);
  const size_t share = static_cast<size_t>(share_of_r(point));
  machine.reads.push_back({share, measure_read(point.threads, share, effort)});
  return machine;
}

Ceiling point_ceiling(const Machine& machine, const Point& point, const std::string& pass) {
  const double steps = static_cast<double>(point.time);
  const double share = share_of_r(point);
  const bool dot = point.dtype == "bf16" && machine.bf16_peak > 0;
  const double compute_ms = 1e3 * recurrent_operations(point) / (dot ? machine.bf16_peak : machine.fp32_peak);
  const double read_ms = 1e3 * steps * share * point.threads / machine.read_rate(share);
  const double walk_ms = std::max(compute_ms, read_ms);

  const double walks = pass == "fwbw" ? 2 : 1;
  const double weight_gradients = pass == "fwbw" || pass == "bw" ? 1 : 0;
  Ceiling ceiling;
  ceiling.ms = walks * walk_ms + weight_gradients * compute_ms;
  ceiling.compute_ms = (walks + weight_gradients) * compute_ms;
  ceiling.read_ms = walks * read_ms;
  ceiling.bound = read_ms > compute_ms ? "R from " + level_name(share, point.threads) : dot ? "bf16 dot" : "fp32 FMA";
  return ceiling;
}

double stream_ms(const Machine& machine, const Point& point, const std::string& pass) {
  const double gates = static_cast<double>(cell_counts(point.cell).input_gates);
  const double plane = static_cast<double>(point.batch * point.time * point.heads * point.head_dim) *
                       static_cast<double>(dtype_bytes(point.dtype));
  // inf: Wx in, h out. Then the reserve out and in, dh and h in, dWx out and in again for dR.
  const double bytes = plane * (pass == "inf" ? gates + 1 : 5 * gates + 3);
  return 1e3 * bytes / machine.read_rate(bytes / point.threads);
}

}  // namespace flashrnn::bench

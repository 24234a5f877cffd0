// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "bench/ceilings/probe.hpp"
#include "bench/common/point.hpp"

namespace flashrnn::bench {

/// What a machine can do at most with a number of threads, as the probes have measured it.
struct Machine {
  struct Read {
    size_t bytes_per_thread;
    double rate;  // bytes per second, all threads together
  };
  int threads = 1;
  double fp32_peak = 0;     // FLOP/s, all threads together
  double bf16_peak = 0;     // 0 = no bf16 instructions: fp32 multiply-adds bind
  std::vector<Read> reads;  // by rising size, rates not rising

  /// The rate for a working set between the measured ones, on a logarithmic scale of sizes.
  double read_rate(double bytes_per_thread) const;
};

/// Sizes from L1 to DRAM.
Machine measure_machine(int threads, const ProbeEffort& effort = {});

/// Only what point_ceiling needs for `point`: some tens of milliseconds.
Machine measure_machine_for(const Point& point, const ProbeEffort& effort = {});

/// The least time a point can take, and what sets it.
struct Ceiling {
  double ms = 0;
  std::string bound;  // "fp32 FMA", "bf16 dot" or "R from L2"
  double compute_ms = 0;
  double read_ms = 0;
};

/**
 * Forward: 2 B T Gr N D^2 operations at the peak, or R read once a step (each thread its share) at the rate of the
 * level that the share fits in, whichever takes longer. fwbw: that of the forward, again for the product dh = R^T dg
 * that walks back, and the operations of dR, which reads no R.
 */
Ceiling point_ceiling(const Machine& machine, const Point& point, const std::string& pass);

/// Moving Wx, h and, for fwbw, the reserve and the gradients once, in ms. Not part of the ceiling: it can overlap with
/// the rest. Needs the whole table of read rates.
double stream_ms(const Machine& machine, const Point& point, const std::string& pass);

}  // namespace flashrnn::bench

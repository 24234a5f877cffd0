// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// A plan and what was weighed for it, as `flashrnn explain` shows it: the same for GPUs and CPUs, for devices present
/// and devices that only the database knows. Plain values.
namespace flashrnn::plan {

/// One decision: {"batch_tile", 16}.
struct Choice {
  std::string name;
  std::int64_t value = 0;
};

/// What a candidate takes of something that the device has a limit of.
struct Usage {
  std::string what;  ///< "shared memory of a block"
  std::string unit;  ///< "B"; empty for a count
  double used = 0;
  double limit = 0;
};

/// A part of the estimated time. Parts that overlap are in `hidden`: they are shown and do not count.
struct CostPart {
  std::string what;  ///< "matrix work", "exchange of h", ...
  double us_per_step = 0;
  bool hidden = false;
};

struct Candidate {
  std::string form;  ///< "block", "cluster", "grid", "stepwise"; on CPUs "strands", "lockstep"
  std::vector<Choice> choices;
  std::vector<Usage> usage;
  std::vector<CostPart> cost;
  double us_per_step = 0;  ///< the parts that count, together
  double total_us = 0;     ///< T steps, launch and what comes before and after
  /// Why the form cannot be: the constraint in figures, "shared memory of a block: 241 KB > 227 KB". Empty: it can.
  std::string refusal;
};

struct Report {
  std::string device;   ///< "nvidia/h200"
  std::string problem;  ///< "--cell lstm --dtype bf16 -B 16 -T 1024 -N 12 -D 64 --pass forward"
  Candidate chosen;
  std::vector<Candidate> others;   ///< the cheapest of each other kind first, refused ones last
  std::vector<std::string> notes;  ///< figures that the database lacks and what was taken instead, a sentence each
  double planning_ms = 0;
};

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "constrint/solve.hpp"

namespace constrint::bench {

struct PeerAnswer {
  std::optional<Solution> solution;  ///< in the model's order
  bool complete = false;             ///< not stopped by the limit
  double milliseconds = 0;           ///< building the peer's model included
};

std::string gecode_version();

/// The first solution in the order of `options`, or, for a model with an objective, the best one.
PeerAnswer solve_by_gecode(const Model& model, const SolveOptions& options, double limit_ms);

}  // namespace constrint::bench

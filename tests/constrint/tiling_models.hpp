// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "constrint/solve.hpp"

/// Models of the shape and size that a recurrent kernel's planner makes: two passes (walk and back) over one head's
/// weight matrix, each cut into fragments, warps, loops and blocks, with the limits of registers, shared memory,
/// threads and multiprocessors. 28 ordered variables, 29 others, 59 constraints.
namespace constrint::testing {

struct TilingProblem {
  std::string name;
  Value heads = 1;
  Value units = 768;  ///< per head
  Value batch = 16;
  Value gates = 4;      ///< with a recurrent matrix
  bool single = false;  ///< fp32 instead of bf16
};

/// The ten problems of the tests and the benchmark.
const std::vector<TilingProblem>& tiling_problems();

/// In the native language, or in the original's (which has no brackets, `<=` and `==` only).
std::string tiling_model(const TilingProblem& problem, bool compat);

/// The planner's order: large fragments and many blocks first, few loops.
SolveOptions tiling_options();

/// A term that a planner would minimize, in the native language: blocks and loops of both passes.
std::string tiling_objective();

}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "constrint/solve.hpp"

/// Why there is no solution, and what holds a solution back.
namespace constrint {

/// How a constraint stands at given values.
struct ConstraintValues {
  std::int32_t constraint = 0;  ///< index in the model
  bool holds = false;
  /// An inequality that holds with both sides equal, or an alternative that holds in one branch only.
  bool tight = false;
  /// "HEAD_DIM % TILE == 0: 100 % 24 is 4".
  std::string text;
};

struct CheckResult {
  bool holds = false;
  std::vector<ConstraintValues> constraints;  ///< of every constraint, in the model's order
  std::string message;                        ///< a variable without a value, a value outside its domain, an overflow
};

/// At a value for every variable.
CONSTRINT_EXPORT CheckResult check(const Model& model, const std::vector<Assigned>& values);

struct Conflict {
  enum class Kind : std::uint8_t {
    kFeasible,  ///< there is a solution
    kMinimal,   ///< taking any one constraint away makes the rest feasible
    kReduced,   ///< infeasible together; the time did not suffice to make it minimal
    kUnknown,   ///< the time did not suffice to decide, or an overflow: message says which
  };
  Kind kind = Kind::kFeasible;
  std::vector<std::int32_t> constraints;  ///< indices, in the model's order
  /// One line for each, with the values that its variables can take from the rest of the conflict.
  std::vector<std::string> text;
  std::string message;
};

/// The smallest set of constraints in conflict that can be found in the time given.
CONSTRINT_EXPORT Conflict explain(const Model& model, double time_limit_ms = 1000);

}  // namespace constrint

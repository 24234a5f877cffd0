// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "constrint/export.hpp"
#include "constrint/model.hpp"

/// Search. Deterministic: the same model and options give the same answer, limits of time apart.
namespace constrint {

enum class ValueOrder : std::uint8_t { kSmallestFirst, kLargestFirst };

struct OrderedVariable {
  std::string name;
  ValueOrder values = ValueOrder::kSmallestFirst;
};

struct Assigned {
  std::string name;
  Value value = 0;
};

struct SolveOptions {
  /// Variables are decided in this order, then the others in the model's order with `rest`. The solutions come in the
  /// lexicographic order that this gives: the first one is the same for any propagation strength.
  std::vector<OrderedVariable> order;
  ValueOrder rest = ValueOrder::kSmallestFirst;
  /// Stops after so many solutions; 0: all. With an objective only the best is searched for, and this is not looked at.
  std::int64_t max_solutions = 1;
  /// Count, keep none.
  bool count_only = false;
  /// Solutions are told apart by the variables of `order` alone, as the original does: each combination of their values
  /// comes once, with the first values of the others. False, or an empty order: by all variables.
  bool distinct_by_order = false;
  /// No solution that agrees with one of these in all the variables that it names.
  std::vector<std::vector<Assigned>> exclude;
  /// 0: none. A search that meets one says so in the result.
  std::int64_t node_limit = 0;
  double time_limit_ms = 0;
};

enum class Outcome : std::uint8_t {
  kComplete,    ///< the search space was seen whole, or max_solutions were found: see SolveResult::exhausted
  kNodeLimit,   ///< stopped by node_limit: what was found so far is in the result
  kTimeLimit,   ///< stopped by time_limit_ms
  kOverflow,    ///< a term left 128 bits where its value decides: SolveResult::message names the constraint
  kBadOptions,  ///< an unknown or repeated name in order or exclude, a negative limit, a tree too deep: see message
};

/// A value for each variable of the model, in the model's order.
using Solution = std::vector<Value>;

struct SolveResult {
  Outcome outcome = Outcome::kComplete;
  /// No further solution exists (with an objective: the best is proved).
  bool exhausted = false;
  std::vector<Solution> solutions;
  std::int64_t count = 0;
  Value objective = 0;  ///< of the best solution, in the objective as it was given
  std::int64_t nodes = 0;
  std::int64_t propagations = 0;
  std::string message;
};

CONSTRINT_EXPORT SolveResult solve(const Model& model, const SolveOptions& options = {});

/// What propagation alone leaves. Where bounds move by single steps through a wide range, it stops after a number of
/// steps that the model's size gives: the domains so far, which hold every solution, and `feasible` unless the
/// opposite was shown.
struct Domains {
  bool feasible = true;
  /// Of each variable in the model's order; empty ones when infeasible.
  std::vector<std::vector<Progression>> values;
  std::string message;  ///< overflow, else empty
};

CONSTRINT_EXPORT Domains propagate(const Model& model);

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "brute_force.hpp"
#include "propagation/engine.hpp"

namespace constrint::testing {

using Sets = std::vector<std::vector<Value>>;

/// One propagator under test.
struct Subject {
  /// Makes it over variables 0, 1, ... of the engine.
  std::function<Propagator*(Engine&)> make;
  /// Whether values of these variables satisfy the constraint.
  std::function<bool(std::span<const Value>)> holds;
  int variables = 2;
  /// Every value that is left is part of a tuple that satisfies the constraint.
  bool domain_consistent = false;
};

/// Posts the propagator on these domains and holds what it does against all tuples: nothing that satisfies the
/// constraint goes, a failure and an entailment are true, fixed variables are decided, a second run changes nothing.
/// Then cuts a domain and looks again.
void check_on(const Subject& subject, const Sets& sets, Random& random);

/// check_on() for every choice of intervals inside [low, high].
void check_intervals(const Subject& subject, Value low, Value high);

/// check_on() for random subsets of [low, high].
void check_random(const Subject& subject, Value low, Value high, int times, std::uint64_t seed);

/// Copies into the engine's own memory.
std::span<const Var> vars(Engine& engine, std::initializer_list<Var> list);

}  // namespace constrint::testing

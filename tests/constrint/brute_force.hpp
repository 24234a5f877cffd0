// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "constrint/model.hpp"
#include "constrint/solve.hpp"

/// The oracle of the tests: all assignments, one after the other, against the trees. Shares nothing with the solver;
/// values must stay small enough for 64 bits.
namespace constrint::testing {

/// Every value that a term can have at these values of the variables: several where it has lists, none where it is not
/// defined.
std::set<std::int64_t> term_values(const Model& model, NodeId term, std::span<const Value> values);

bool holds(const Model& model, NodeId constraint, std::span<const Value> values);

/// All values of a variable, ascending.
std::vector<Value> values_of(const Variable& variable);

/// All solutions in the lexicographic order of the options (order, rest; nothing else is looked at).
std::vector<Solution> all_solutions(const Model& model, const SolveOptions& options = {});

/// A deterministic source of numbers for tests.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x1234567u) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  /// In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool one_in(std::int64_t n) { return between(1, n) == 1; }

 private:
  std::uint64_t state_;
};

}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "constrint/model.hpp"
#include "constrint/solve.hpp"

/// What a small model means, by trying every value: written from the language's definition alone. Shares nothing with
/// the solver.
namespace constrint::testing {

class Oracle {
 public:
  __extension__ using Wide = __int128;

  explicit Oracle(const Model& model) : model_(model) {}

  /// All solutions, in the order that these options give, without limits and objective.
  [[nodiscard]] std::vector<Solution> solutions(const SolveOptions& options);
  [[nodiscard]] bool holds(NodeId constraint, std::span<const Value> values);
  [[nodiscard]] bool all_hold(std::span<const Value> values);
  /// The values that a term can have, ascending: several where it has lists, none where it is not defined.
  std::vector<Wide> evaluate(NodeId term, std::span<const Value> values);
  /// Of an objective without lists and divisions.
  [[nodiscard]] Wide objective(const Solution& values) { return evaluate(model_.objective()->term, values).front(); }
  /// A value beyond 2^62 was met: the solver may call this an overflow.
  [[nodiscard]] bool met_large() const { return met_large_; }

 private:
  std::vector<Wide> combine(Op op, const std::vector<Wide>& left, const std::vector<Wide>& right);
  Wide noted(Wide value);

  const Model& model_;
  bool met_large_ = false;
};

/// All values of a variable, ascending.
std::vector<Value> values_of(const Variable& variable);

// What most tests ask of it; their values fit into 64 bits.

std::set<std::int64_t> term_values(const Model& model, NodeId term, std::span<const Value> values);
bool holds(const Model& model, NodeId constraint, std::span<const Value> values);
/// In the lexicographic order of the options (order, rest; nothing else is looked at).
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

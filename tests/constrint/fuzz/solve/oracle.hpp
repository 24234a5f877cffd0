// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "constrint/solve.hpp"

/// What a small model means, by trying every value: written from the language's definition alone.
namespace constrint::fuzz {

__extension__ using Wide = __int128;

class Oracle {
 public:
  explicit Oracle(const Model& model);

  /// All solutions, in the order that these options give, without limits and objective.
  [[nodiscard]] std::vector<Solution> solutions(const SolveOptions& options);
  [[nodiscard]] bool holds(NodeId constraint, const Solution& values);
  [[nodiscard]] bool all_hold(const Solution& values);
  /// Of an objective without lists and divisions.
  [[nodiscard]] Wide objective(const Solution& values);
  /// A value beyond 2^62 was met: the solver may call this an overflow.
  [[nodiscard]] bool met_large() const { return met_large_; }

  /// All values of a variable, ascending.
  [[nodiscard]] std::vector<Value> values_of(std::size_t variable) const;

 private:
  /// The values that a term can have: several with lists, none where it is not defined.
  std::vector<Wide> evaluate(NodeId term, const Solution& values);
  std::vector<Wide> combine(Op op, const std::vector<Wide>& left, const std::vector<Wide>& right);
  Wide noted(Wide value);

  const Model& model_;
  bool met_large_ = false;
};

}  // namespace constrint::fuzz

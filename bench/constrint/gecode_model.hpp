// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gecode/int.hh>

#include "constrint/solve.hpp"

namespace constrint::bench {

/// A model's tree as Gecode's propagators: sums are linear constraints with a variable for each product, products
/// chains of `mult`, and `a % b == 0` a product with a quotient. Values are at most Gecode's limit of 2^31 - 2, which
/// is more than any value of the tiling models. Alternatives and the other relations do not occur in them.
class GecodeModel : public Gecode::Space {
 public:
  GecodeModel(const Model& model, const SolveOptions& options);
  GecodeModel(GecodeModel& other);
  Gecode::Space* copy() override { return new GecodeModel(*this); }
  /// For branch and bound: better than this solution.
  void constrain(const Gecode::Space& best) override;
  [[nodiscard]] Solution values() const;

 private:
  void post(const Model& model, NodeId constraint);
  Gecode::IntVar term(const Model& model, NodeId id);
  Gecode::IntVar product(const Gecode::IntVar& a, const Gecode::IntVar& b);
  Gecode::IntVar fresh(int low);
  /// Adds `sign` times a term to a linear expression.
  void linear(const Model& model, NodeId id, int sign, Gecode::IntArgs* coefficients, Gecode::IntVarArgs* terms,
              int* constant);

  Gecode::IntVarArray variables_;
  Gecode::IntVar objective_;
  bool has_objective_ = false;
  bool maximize_ = false;
};

}  // namespace constrint::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "constrint/model.hpp"
#include "propagation/engine.hpp"
#include "propagation/linear.hpp"
#include "propagation/term_table.hpp"

namespace constrint {

/// Turns a model's trees into variables and propagators of an engine. A term is a linear sum over variables; a product
/// of variables, a minimum and the like become a variable of their own with a propagator that defines it, one for all
/// places where the same term occurs. Variables that are fixed already count as constants, so the plain constraints (X
/// == 5, X <= 9) are taken first.
///
/// Definitions are total and hold everywhere. Quotients and remainders are not defined everywhere: their conditions
/// belong to the relation that they occur in, and so to the branch of an alternative that it is in.
class Flattener {
 public:
  /// The model's variables become the engine's variables 0, 1, ...
  Flattener(const Model& model, Engine& engine);

  /// In this order, after the plain ones among them. False when one of them cannot hold; nothing more is to be done
  /// then.
  bool add(std::span<const NodeId> constraints);
  /// The variable that stands for the objective. False when it is defined nowhere.
  bool objective(NodeId term, Var* variable);
  void exclude(std::span<const Var> variables, std::span<const Value> values);

 private:
  /// Where a relation is: at the top, or in a branch of an alternative.
  struct Scope {
    Value id = 0;  ///< 0: the top
    bool possible = true;
    std::vector<PropagatorId> propagators;
    std::vector<PropagatorId> definitions;
  };
  struct Linear {
    std::vector<Term> terms;
    Wide constant = 0;
  };
  struct Factor {
    Var variable;
    Value exponent;
  };
  struct Monomial {
    Value coefficient = 1;
    std::vector<Factor> factors;
  };
  struct Definition {
    PropagatorId first = 0;
    int count = 0;
  };

  bool plain(NodeId constraint, bool* possible);
  void constraint(NodeId id, Scope& scope);
  void relation(NodeId id, Scope& scope);
  void divides(NodeId dividend, NodeId divisor, Scope& scope);
  bool define_by(NodeId id, Scope& scope);
  void alternatives(std::span<const NodeId> children, Scope& scope);
  void post_linear(Op op, Linear& linear, Scope& scope);

  void linear(NodeId id, Value coefficient, Linear& out, Scope& scope);
  void add_term(Value coefficient, Var variable, Linear& out);
  void scaled(Value coefficient, Value by, Var variable, Linear& out);
  void factor(NodeId id, Value exponent, Monomial& out, Scope& scope);
  void multiply(Value value, Value exponent, Monomial& out);
  void add_factor(Var variable, Value exponent, Monomial& out);
  Var monomial(Monomial& m, Var result, Scope& scope);
  Var variable_of(NodeId id, Scope& scope);
  Var variable_of(Linear& linear, Scope& scope);
  Var atom(NodeId id, Scope& scope);
  Var quotient(Var a, Var b, Scope& scope);
  Var remainder(Var a, Var b, Scope& scope);
  Var power(Var base, Value exponent, Var result, Scope& scope);
  Var product(std::vector<Var>& factors, Var result, Scope& scope);
  void not_zero(Var x, Scope& scope);

  Var fresh(const Domain& domain);
  Var constant(Value value);
  void simplify(Linear& linear);
  std::span<const Var> keep(std::span<const Var> variables) { return engine_.permanent().copy(variables); }
  /// Of one relation, which holds in the scope only.
  void post(Propagator* propagator, Scope& scope);
  /// Of a term, which holds everywhere.
  void define(Var variable, Propagator* propagator);
  /// A branch runs the definitions of what it speaks of.
  void require(Var variable, Scope& scope);
  [[nodiscard]] bool known(Var x) const { return engine_.store()[x].fixed(); }
  [[nodiscard]] Value value(Var x) const { return engine_.store()[x].low; }
  Propagator* linear_propagator(Op op, std::span<const Term> terms, Wide constant);

  const Model& model_;
  Engine& engine_;
  Store& store_;
  TermTable table_;
  std::vector<Definition> definitions_;  // of each variable
  Value scopes_ = 0;
  // Memory of lists that are done: most terms need one for a moment.
  std::vector<Term> spare_terms_;
  std::vector<Factor> spare_factors_;
  std::vector<Var> spare_variables_;
};

}  // namespace constrint

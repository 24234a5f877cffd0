// SPDX-License-Identifier: Apache-2.0
#include "propagation/flattener.hpp"

#include <algorithm>

#include "propagation/exclusion.hpp"
#include "propagation/product.hpp"

namespace constrint {
namespace {

constexpr Op mirrored(Op op) {
  switch (op) {
    case Op::kLess:
      return Op::kGreater;
    case Op::kLessEqual:
      return Op::kGreaterEqual;
    case Op::kGreater:
      return Op::kLess;
    case Op::kGreaterEqual:
      return Op::kLessEqual;
    default:
      return op;
  }
}

}  // namespace

Flattener::Flattener(const Model& model, Engine& engine) : model_(model), engine_(engine), store_(engine.store()) {
  definitions_.reserve(2 * model.variables().size() + 16);
  spare_terms_.reserve(kMaxFactors);
  spare_factors_.reserve(kMaxFactors);
  spare_variables_.reserve(kMaxFactors + 1);
  for (const Variable& variable : model.variables()) {
    fresh(from_progressions(variable.domain, engine.permanent()));
  }
}

Var Flattener::fresh(const Domain& domain) {
  definitions_.push_back({});
  return store_.add(domain);
}

Var Flattener::constant(Value value) {
  const Value key[] = {-1, value};
  Var x = table_.find(key);
  if (x < 0) {
    x = fresh(single(value));
    table_.insert(key, x);
  }
  return x;
}

bool Flattener::add(std::span<const NodeId> constraints) {
  std::vector<NodeId> rest;
  rest.reserve(constraints.size());
  bool possible = true;
  for (const NodeId id : constraints) {
    if (!plain(id, &possible)) rest.push_back(id);
    if (!possible) return false;
  }
  Scope top;
  for (const NodeId id : rest) {
    constraint(id, top);
    if (!top.possible) return false;
  }
  return true;
}

/// One variable against a constant or a list: its domain takes it up.
bool Flattener::plain(NodeId id, bool* possible) {
  Op op = model_.node(id).op;
  if (!is_constraint(op) || op == Op::kAll || op == Op::kAny) return false;
  NodeId left = model_.children(id)[0];
  NodeId right = model_.children(id)[1];
  if (model_.node(left).op != Op::kVariable) {
    std::swap(left, right);
    op = mirrored(op);
  }
  const Node& variable = model_.node(left);
  const Node& other = model_.node(right);
  if (variable.op != Op::kVariable) return false;
  const auto x = static_cast<Var>(variable.value);
  if (other.op == Op::kList && op == Op::kEqual) {
    const std::span<const NodeId> list = model_.children(right);
    if (list.size() > kMaxPieces) return false;
    Value values[kMaxPieces];
    for (std::size_t i = 0; i < list.size(); ++i) values[i] = model_.node(list[i]).value;
    *possible = store_.intersect(x, from_values({values, list.size()}, engine_.permanent()));
    return true;
  }
  if (other.op != Op::kConstant) return false;
  switch (op) {
    case Op::kEqual:
      *possible = store_.fix(x, other.value);
      return true;
    case Op::kLessEqual:
      *possible = store_.set_high(x, other.value);
      return true;
    case Op::kLess:
      *possible = store_.set_high(x, other.value - 1);
      return true;
    case Op::kGreaterEqual:
      *possible = store_.set_low(x, other.value);
      return true;
    case Op::kGreater:
      *possible = store_.set_low(x, other.value + 1);
      return true;
    default:
      return false;
  }
}

bool Flattener::objective(NodeId term, Var* variable) {
  Scope top;
  *variable = variable_of(term, top);
  return top.possible;
}

void Flattener::exclude(std::span<const Var> variables, std::span<const Value> values) {
  Scope top;
  post(engine_.permanent().make<Exclusion>(keep(variables), engine_.permanent().copy(values)), top);
}

void Flattener::post(Propagator* propagator, Scope& scope) {
  const PropagatorId id = engine_.post(propagator, scope.id == 0);
  if (scope.id == 0) return;
  scope.propagators.push_back(id);
  for (const Var x : propagator->variables()) require(x, scope);
}

void Flattener::define(Var variable, Propagator* propagator) {
  Definition& d = definitions_[static_cast<std::size_t>(variable)];
  const PropagatorId id = engine_.post(propagator);
  // A variable of the model may be defined twice; what defines it holds anyway, so a branch can do without.
  if (d.count != 0 && id != d.first + d.count) return;
  if (d.count == 0) d.first = id;
  ++d.count;
}

void Flattener::require(Var variable, Scope& scope) {
  const Definition d = definitions_[static_cast<std::size_t>(variable)];
  if (d.count == 0) return;
  if (std::find(scope.definitions.begin(), scope.definitions.end(), d.first) != scope.definitions.end()) return;
  for (int i = 0; i < d.count; ++i) scope.definitions.push_back(d.first + i);
  for (const Var x : engine_.propagator(d.first)->variables()) require(x, scope);
}

void Flattener::simplify(Linear& l) {
  std::vector<Term>& terms = l.terms;
  if (terms.size() > 1) {
    std::sort(terms.begin(), terms.end(), [](const Term& a, const Term& b) { return a.variable < b.variable; });
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < terms.size();) {
    const Var x = terms[i].variable;
    Wide coefficient = 0;
    std::size_t j = i;
    for (; j < terms.size() && terms[j].variable == x; ++j) coefficient += terms[j].coefficient;
    if (coefficient > kLimit || coefficient < -kLimit) {
      // Kept apart: each is in range, and the propagators are sound for repeated variables.
      for (; i < j; ++i) terms[kept++] = terms[i];
      continue;
    }
    if (coefficient != 0) terms[kept++] = {static_cast<Value>(coefficient), x};
    i = j;
  }
  terms.resize(kept);
}

Propagator* Flattener::linear_propagator(Op op, std::span<const Term> terms, Wide constant) {
  Arena& arena = engine_.permanent();
  Var* variables = arena.allocate<Var>(terms.size());
  for (std::size_t i = 0; i < terms.size(); ++i) variables[i] = terms[i].variable;
  const std::span<const Var> over(variables, terms.size());
  const std::span<const Term> kept = arena.copy(terms);
  if (op == Op::kEqual) return arena.make<LinearEqual>(kept, over, constant);
  if (op == Op::kNotEqual) return arena.make<LinearNotEqual>(kept, over, constant);
  return arena.make<LinearAtMost>(kept, over, constant);
}

}  // namespace constrint

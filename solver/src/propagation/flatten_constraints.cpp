// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "propagation/alternatives.hpp"
#include "propagation/divides.hpp"
#include "propagation/flattener.hpp"

/// Constraints: relations, conjunctions, alternatives.
namespace constrint {

void Flattener::constraint(NodeId id, Scope& scope) {
  switch (model_.node(id).op) {
    case Op::kAll:
      for (const NodeId child : model_.children(id)) {
        constraint(child, scope);
        if (!scope.possible) return;
      }
      return;
    case Op::kAny:
      alternatives(model_.children(id), scope);
      return;
    default:
      relation(id, scope);
  }
}

void Flattener::relation(NodeId id, Scope& scope) {
  Op op = model_.node(id).op;
  const NodeId left = model_.children(id)[0];
  const NodeId right = model_.children(id)[1];
  if (op == Op::kEqual) {
    const Node& l = model_.node(left);
    const Node& r = model_.node(right);
    if (l.op == Op::kRemainder && r.op == Op::kConstant && r.value == 0) {
      divides(model_.children(left)[0], model_.children(left)[1], scope);
      return;
    }
    if (r.op == Op::kRemainder && l.op == Op::kConstant && l.value == 0) {
      divides(model_.children(right)[0], model_.children(right)[1], scope);
      return;
    }
    if (scope.id == 0 && define_by(id, scope)) return;
  }
  const bool turned = op == Op::kGreater || op == Op::kGreaterEqual;
  Linear difference;
  difference.terms.swap(spare_terms_);
  difference.terms.clear();
  linear(left, turned ? -1 : 1, difference, scope);
  linear(right, turned ? 1 : -1, difference, scope);
  if (op == Op::kLess || op == Op::kGreater) difference.constant += 1;
  if (op != Op::kEqual && op != Op::kNotEqual) op = Op::kLessEqual;
  post_linear(op, difference, scope);
  spare_terms_.swap(difference.terms);
}

/// A variable that equals a product at the top stands for it wherever it occurs.
bool Flattener::define_by(NodeId id, Scope& scope) {
  NodeId left = model_.children(id)[0];
  NodeId right = model_.children(id)[1];
  if (model_.node(left).op != Op::kVariable) std::swap(left, right);
  if (model_.node(left).op != Op::kVariable) return false;
  const Op op = model_.node(right).op;
  if (op != Op::kProduct && op != Op::kPower) return false;
  const auto result = static_cast<Var>(model_.node(left).value);
  if (known(result)) return false;
  Monomial m;
  m.factors.swap(spare_factors_);
  m.factors.clear();
  factor(right, 1, m, scope);
  const bool own =
      std::none_of(m.factors.begin(), m.factors.end(), [&](const Factor& f) { return f.variable == result; });
  Linear equal;
  equal.terms.swap(spare_terms_);
  equal.terms.clear();
  bool defined = false;
  if (m.coefficient == 1 && !m.factors.empty() && own) {
    const Var y = monomial(m, result, scope);
    defined = y == result;
    add_term(1, result, equal);
    add_term(-1, y, equal);
  } else {
    add_term(-1, result, equal);
    if (m.factors.empty()) {
      equal.constant += m.coefficient;
    } else if (m.coefficient != 0) {
      add_term(m.coefficient, monomial(m, -1, scope), equal);
    }
  }
  spare_factors_.swap(m.factors);
  if (!defined) post_linear(Op::kEqual, equal, scope);
  spare_terms_.swap(equal.terms);
  return true;
}

/// linear op 0.
void Flattener::post_linear(Op op, Linear& l, Scope& scope) {
  simplify(l);
  if (l.terms.empty()) {
    const bool holds = op == Op::kEqual ? l.constant == 0 : op == Op::kNotEqual ? l.constant != 0 : l.constant <= 0;
    if (!holds) scope.possible = false;
    return;
  }
  Value g = 0;
  for (const Term& t : l.terms) g = greatest_common_divisor(g, t.coefficient);
  if (g > 1) {
    if (l.constant % g != 0 && op == Op::kEqual) {
      scope.possible = false;
      return;
    }
    if (l.constant % g != 0 && op == Op::kNotEqual) return;
    for (Term& t : l.terms) t.coefficient /= g;
    l.constant = ceil_divide(l.constant, g);
  }
  if (l.terms.size() == 1 && scope.id == 0) {
    const Term& t = l.terms[0];
    bool possible = true;
    if (op != Op::kNotEqual) possible = term_at_most(t, -l.constant, store_);
    if (op == Op::kEqual) possible = possible && term_at_least(t, -l.constant, store_);
    if (op != Op::kNotEqual) {
      if (!possible) scope.possible = false;
      return;
    }
  }
  while (l.terms.size() > kMaxTerms) {
    Linear part;
    const auto from = l.terms.end() - static_cast<std::ptrdiff_t>(kMaxTerms / 2);
    part.terms.assign(from, l.terms.end());
    l.terms.erase(from, l.terms.end());
    l.terms.push_back({1, variable_of(part, scope)});
  }
  post(linear_propagator(op, l.terms, l.constant), scope);
}

void Flattener::divides(NodeId dividend, NodeId divisor, Scope& scope) {
  const Var a = variable_of(dividend, scope);
  const Var b = variable_of(divisor, scope);
  if (a == b) {
    not_zero(b, scope);
    return;
  }
  const Var variables[] = {b, a};
  post(engine_.permanent().make<Divides>(keep(variables)), scope);
}

void Flattener::alternatives(std::span<const NodeId> children, Scope& scope) {
  std::vector<Scope> branches;
  for (const NodeId child : children) {
    Scope branch;
    branch.id = ++scopes_;
    constraint(child, branch);
    if (!branch.possible) continue;
    if (branch.propagators.empty()) return;  // it holds always
    branches.push_back(std::move(branch));
  }
  if (branches.empty()) {
    scope.possible = false;
    return;
  }
  Arena& arena = engine_.permanent();
  auto* kept = arena.allocate<Branch>(branches.size());
  std::vector<Var> all;
  std::vector<Var> shared;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Scope& branch = branches[i];
    std::vector<Var> mine;
    for (const auto* list : {&branch.propagators, &branch.definitions}) {
      for (const PropagatorId id : *list) {
        const std::span<const Var> variables = engine_.propagator(id)->variables();
        mine.insert(mine.end(), variables.begin(), variables.end());
      }
    }
    std::sort(mine.begin(), mine.end());
    mine.erase(std::unique(mine.begin(), mine.end()), mine.end());
    std::vector<Var> both;
    if (i != 0) std::set_intersection(shared.begin(), shared.end(), mine.begin(), mine.end(), std::back_inserter(both));
    shared = i == 0 ? mine : both;
    all.insert(all.end(), mine.begin(), mine.end());
    new (kept + i) Branch{arena.copy(std::span<const PropagatorId>(branch.propagators)),
                          arena.copy(std::span<const PropagatorId>(branch.definitions))};
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  post(arena.make<Alternatives>(engine_, std::span<const Branch>(kept, branches.size()), keep(shared), keep(all)),
       scope);
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#include "bench/constrint/gecode_model.hpp"

#include <algorithm>
#include <vector>

namespace constrint::bench {

using namespace Gecode;  // its operators on relations have to be found

namespace {

constexpr int kMost = Int::Limits::max;

int bounded(Value value) { return static_cast<int>(std::clamp<Value>(value, -kMost, kMost)); }

}  // namespace

GecodeModel::GecodeModel(const Model& model, const SolveOptions& options)
    : variables_(*this, static_cast<int>(model.variables().size())) {
  for (std::size_t i = 0; i < model.variables().size(); ++i) {
    const std::vector<Progression>& domain = model.variables()[i].domain;
    variables_[static_cast<int>(i)] = IntVar(*this, bounded(domain.front().first), bounded(domain.back().last));
  }
  for (const Constraint& constraint : model.constraints()) post(model, constraint.root);
  if (model.objective()) {
    has_objective_ = true;
    maximize_ = model.objective()->maximize;
    objective_ = term(model, model.objective()->term);
  }
  std::vector<bool> ordered(model.variables().size());
  for (const OrderedVariable& next : options.order) {
    const std::int32_t index = *model.find(next.name);
    ordered[static_cast<std::size_t>(index)] = true;
    branch(*this, variables_[index], next.values == ValueOrder::kLargestFirst ? INT_VAL_MAX() : INT_VAL_MIN());
  }
  IntVarArgs rest;
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (!ordered[i]) rest << variables_[static_cast<int>(i)];
  }
  if (rest.size() > 0) branch(*this, rest, INT_VAR_NONE(), INT_VAL_MIN());
}

GecodeModel::GecodeModel(GecodeModel& other)
    : Space(other), has_objective_(other.has_objective_), maximize_(other.maximize_) {
  variables_.update(*this, other.variables_);
  if (has_objective_) objective_.update(*this, other.objective_);
}

void GecodeModel::constrain(const Space& best) {
  const IntVar& value = static_cast<const GecodeModel&>(best).objective_;
  rel(*this, objective_, maximize_ ? IRT_GR : IRT_LE, value.val());
}

Solution GecodeModel::values() const {
  Solution solution;
  for (int i = 0; i < variables_.size(); ++i) solution.push_back(variables_[i].val());
  return solution;
}

IntVar GecodeModel::fresh(int low) { return {*this, low, kMost}; }

IntVar GecodeModel::product(const IntVar& a, const IntVar& b) {
  const IntVar result = fresh(0);
  mult(*this, a, b, result);
  return result;
}

void GecodeModel::linear(const Model& model, NodeId id, int sign, IntArgs* coefficients, IntVarArgs* terms,
                         int* constant) {
  const Node& node = model.node(id);
  const auto children = model.children(id);
  if (node.op == Op::kSum) {
    for (const NodeId child : children) linear(model, child, sign, coefficients, terms, constant);
  } else if (node.op == Op::kConstant) {
    *constant += sign * bounded(node.value);
  } else if (node.op == Op::kProduct) {
    // Constants are coefficients, not factors.
    int factor = 1;
    std::vector<IntVar> factors;
    for (const NodeId child : children) {
      if (model.node(child).op == Op::kConstant) {
        factor *= bounded(model.node(child).value);
      } else {
        factors.push_back(term(model, child));
      }
    }
    if (factors.empty()) {
      *constant += sign * factor;
      return;
    }
    IntVar all = factors.front();
    for (std::size_t i = 1; i < factors.size(); ++i) all = product(all, factors[i]);
    *coefficients << sign * factor;
    *terms << all;
  } else {
    *coefficients << sign;
    *terms << term(model, id);
  }
}

IntVar GecodeModel::term(const Model& model, NodeId id) {
  const Node& node = model.node(id);
  const auto children = model.children(id);
  switch (node.op) {
    case Op::kVariable:
      return variables_[static_cast<int>(node.value)];
    case Op::kConstant:
      return {*this, bounded(node.value), bounded(node.value)};
    case Op::kList: {
      std::vector<int> values;
      for (const NodeId child : children) values.push_back(bounded(model.node(child).value));
      return {*this, IntSet(IntArgs(values))};
    }
    case Op::kPower: {
      const IntVar result = fresh(0);
      pow(*this, term(model, children[0]), bounded(node.value), result);
      return result;
    }
    default: {
      IntArgs coefficients;
      IntVarArgs terms;
      int constant = 0;
      linear(model, id, 1, &coefficients, &terms, &constant);
      const IntVar result = fresh(0);
      coefficients << -1;
      terms << result;
      Gecode::linear(*this, coefficients, terms, IRT_EQ, -constant);
      return result;
    }
  }
}

void GecodeModel::post(const Model& model, NodeId constraint) {
  const Node& node = model.node(constraint);
  const auto children = model.children(constraint);
  const Node& left = model.node(children[0]);
  if (left.op == Op::kRemainder) {
    const auto parts = model.children(children[0]);
    mult(*this, term(model, parts[1]), fresh(1), term(model, parts[0]));
    return;
  }
  const Node& right = model.node(children[1]);
  if (right.op == Op::kList) {
    rel(*this, term(model, children[0]), IRT_EQ, term(model, children[1]));
    return;
  }
  IntArgs coefficients;
  IntVarArgs terms;
  int constant = 0;
  linear(model, children[0], 1, &coefficients, &terms, &constant);
  linear(model, children[1], -1, &coefficients, &terms, &constant);
  // Two products of constants and variables: a product constraint propagates more than a linear one of two variables.
  Gecode::linear(*this, coefficients, terms, node.op == Op::kEqual ? IRT_EQ : IRT_LQ, -constant);
}

}  // namespace constrint::bench

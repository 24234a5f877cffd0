// SPDX-License-Identifier: Apache-2.0
#include "brute_force.hpp"

#include <algorithm>

namespace constrint::testing {
namespace {

using Values = std::set<std::int64_t>;

Values pairs(Op op, const Values& left, const Values& right) {
  Values result;
  for (const std::int64_t a : left) {
    for (const std::int64_t b : right) {
      if (op == Op::kSum) result.insert(a + b);
      if (op == Op::kDifference) result.insert(a - b);
      if (op == Op::kProduct) result.insert(a * b);
      if (op == Op::kMin) result.insert(std::min(a, b));
      if (op == Op::kMax) result.insert(std::max(a, b));
      if (op == Op::kQuotient && b != 0 && a % b == 0) result.insert(a / b);
      if (op == Op::kRemainder && b != 0) {
        std::int64_t rest = a;
        const std::int64_t size = b < 0 ? -b : b;
        while (rest < 0) rest += size;
        while (rest >= size) rest -= size;
        result.insert(rest);
      }
    }
  }
  return result;
}

bool related(Op op, std::int64_t a, std::int64_t b) {
  switch (op) {
    case Op::kEqual:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kLessEqual:
      return a <= b;
    case Op::kLess:
      return a < b;
    case Op::kGreaterEqual:
      return a >= b;
    default:
      return a > b;
  }
}

}  // namespace

std::set<std::int64_t> term_values(const Model& model, NodeId term, std::span<const Value> values) {
  const Node& node = model.node(term);
  const auto children = model.children(term);
  if (node.op == Op::kConstant) return {node.value};
  if (node.op == Op::kVariable) return {values[static_cast<std::size_t>(node.value)]};
  Values result;
  if (node.op == Op::kList) {
    for (const NodeId child : children) result.merge(term_values(model, child, values));
    return result;
  }
  result = term_values(model, children[0], values);
  if (node.op == Op::kNegate) return pairs(Op::kDifference, {0}, result);
  if (node.op == Op::kPower) {
    Values raised;
    for (const std::int64_t base : result) {
      std::int64_t power = 1;
      for (Value i = 0; i < node.value; ++i) power *= base;
      raised.insert(power);
    }
    return raised;
  }
  for (std::size_t i = 1; i < children.size(); ++i) {
    result = pairs(node.op, result, term_values(model, children[i], values));
  }
  return result;
}

bool holds(const Model& model, NodeId constraint, std::span<const Value> values) {
  const Op op = model.node(constraint).op;
  const auto children = model.children(constraint);
  const auto one = [&](NodeId child) { return holds(model, child, values); };
  if (op == Op::kAll) return std::all_of(children.begin(), children.end(), one);
  if (op == Op::kAny) return std::any_of(children.begin(), children.end(), one);
  for (const std::int64_t a : term_values(model, children[0], values)) {
    for (const std::int64_t b : term_values(model, children[1], values)) {
      if (related(op, a, b)) return true;
    }
  }
  return false;
}

std::vector<Value> values_of(const Variable& variable) {
  std::vector<Value> values;
  for (const Progression& p : variable.domain) {
    for (Value v = p.first; v <= p.last; v += p.step) values.push_back(v);
  }
  return values;
}

std::vector<Solution> all_solutions(const Model& model, const SolveOptions& options) {
  struct Choice {
    std::size_t variable;
    std::vector<Value> values;
  };
  std::vector<Choice> choices;
  const auto add = [&](std::size_t x, ValueOrder order) {
    for (const Choice& c : choices) {
      if (c.variable == x) return;
    }
    std::vector<Value> values = values_of(model.variables()[x]);
    if (order == ValueOrder::kLargestFirst) std::reverse(values.begin(), values.end());
    choices.push_back({x, values});
  };
  for (const OrderedVariable& o : options.order) add(static_cast<std::size_t>(*model.find(o.name)), o.values);
  for (std::size_t x = 0; x < model.variables().size(); ++x) add(x, options.rest);

  std::vector<Solution> solutions;
  Solution values(model.variables().size());
  std::vector<std::size_t> at(choices.size());
  while (true) {
    for (std::size_t i = 0; i < choices.size(); ++i) values[choices[i].variable] = choices[i].values[at[i]];
    bool all = true;
    for (const Constraint& c : model.constraints()) all = all && holds(model, c.root, values);
    if (all) solutions.push_back(values);
    std::size_t i = choices.size();
    while (i > 0 && ++at[i - 1] == choices[i - 1].values.size()) at[--i] = 0;
    if (i == 0) return solutions;
  }
}

}  // namespace constrint::testing

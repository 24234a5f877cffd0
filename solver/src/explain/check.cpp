// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>

#include "constrint/explain.hpp"
#include "explain/describe.hpp"
#include "search/evaluate.hpp"
#include "search/search.hpp"

namespace constrint {
namespace {

/// Of a constraint that holds.
bool tight(const Model& model, const Evaluator& evaluator, NodeId id, std::span<const Value> values) {
  const Op op = model.node(id).op;
  const std::span<const NodeId> children = model.children(id);
  const auto holds = [&](NodeId child) { return evaluator.holds(child, values) == Truth::kTrue; };
  switch (op) {
    case Op::kAll:
      return std::any_of(children.begin(), children.end(),
                         [&](NodeId child) { return tight(model, evaluator, child, values); });
    case Op::kAny:
      return children.size() > 1 && std::count_if(children.begin(), children.end(), holds) == 1;
    case Op::kLessEqual:
    case Op::kGreaterEqual:
    case Op::kLess:
    case Op::kGreater: {
      const Exact a = evaluator.term(children[0], values, op == Op::kLessEqual || op == Op::kLess);
      const Exact b = evaluator.term(children[1], values, op == Op::kGreaterEqual || op == Op::kGreater);
      if (a.state != Exact::kExact || b.state != Exact::kExact) return false;
      const Wide apart = a.value > b.value ? a.value - b.value : b.value - a.value;
      // A strict one cannot be closer than 1.
      return apart == (op == Op::kLess || op == Op::kGreater ? 1 : 0);
    }
    default:
      return false;
  }
}

/// The values in the model's order; false with a message when one is missing or does not fit.
bool collect(const Model& model, const std::vector<Assigned>& values, Solution* all, std::string* message) {
  std::vector<std::uint8_t> given(model.variables().size());
  all->assign(model.variables().size(), 0);
  for (const Assigned& assigned : values) {
    const auto x = model.find(assigned.name);
    if (!x) {
      *message = "the model has no variable '" + assigned.name + "'.";
      return false;
    }
    const auto i = static_cast<std::size_t>(*x);
    if (given[i] != 0) {
      *message = "variable '" + assigned.name + "' has two values.";
      return false;
    }
    given[i] = 1;
    (*all)[i] = assigned.value;
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Variable& variable = model.variables()[i];
    if (given[i] == 0) {
      *message = "variable '" + variable.name + "' has no value.";
      return false;
    }
    Arena arena;
    const Domain domain = from_progressions(variable.domain, arena);
    if (!domain.contains((*all)[i])) {
      *message = "variable '" + variable.name + "' is " + std::to_string((*all)[i]) +
                 ", which is not one of its values " + describe_domain(domain) + ".";
      return false;
    }
  }
  return true;
}

}  // namespace

CheckResult check(const Model& model, const std::vector<Assigned>& values) {
  CheckResult result;
  Solution all;
  if (!collect(model, values, &all, &result.message)) return result;
  const Evaluator evaluator(model);
  result.holds = true;
  for (std::size_t i = 0; i < model.constraints().size(); ++i) {
    const NodeId root = model.constraints()[i].root;
    const Truth truth = evaluator.holds(root, all);
    ConstraintValues one;
    one.constraint = static_cast<std::int32_t>(i);
    one.holds = truth == Truth::kTrue;
    one.tight = one.holds && tight(model, evaluator, root, all);
    one.text = model.text(root);
    const std::string sides = describe_values(model, root, all);
    if (!sides.empty()) one.text += ": " + sides;
    if (truth == Truth::kUnknown && result.message.empty()) {
      result.message = describe_constraint(model, one.constraint) + ": a term leaves 128 bits.";
    }
    result.holds = result.holds && one.holds;
    result.constraints.push_back(std::move(one));
  }
  return result;
}

}  // namespace constrint

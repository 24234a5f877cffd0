// SPDX-License-Identifier: Apache-2.0
#include "brute_force.hpp"

#include <algorithm>
#include <optional>

namespace constrint::testing {
namespace {

using Wide = Oracle::Wide;

/// Beyond it values are all alike: larger than anything they are compared with, and far from 2^127.
constexpr Wide kHuge = Wide{1} << 100;

bool compare(Op op, Wide a, Wide b) {
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

std::optional<Wide> apply(Op op, Wide a, Wide b) {
  switch (op) {
    case Op::kSum:
      return a + b;
    case Op::kDifference:
      return a - b;
    case Op::kProduct: {
      Wide product = 0;
      if (__builtin_mul_overflow(a, b, &product)) return (a < 0) == (b < 0) ? kHuge : -kHuge;
      return product;
    }
    case Op::kQuotient:
      if (b == 0 || a % b != 0) return std::nullopt;
      return a / b;
    case Op::kRemainder: {
      if (b == 0) return std::nullopt;
      const Wide rest = a % b;
      return rest < 0 ? rest + (b < 0 ? -b : b) : rest;
    }
    case Op::kMin:
      return std::min(a, b);
    default:
      return std::max(a, b);
  }
}

}  // namespace

Oracle::Wide Oracle::noted(Wide value) {
  if (value > kLimit || value < -Wide{kLimit}) met_large_ = true;
  return std::clamp(value, -kHuge, kHuge);
}

std::vector<Oracle::Wide> Oracle::combine(Op op, const std::vector<Wide>& left, const std::vector<Wide>& right) {
  std::set<Wide> results;
  for (const Wide a : left) {
    for (const Wide b : right) {
      if (const auto value = apply(op, a, b)) results.insert(noted(*value));
    }
  }
  return {results.begin(), results.end()};
}

std::vector<Oracle::Wide> Oracle::evaluate(NodeId term, std::span<const Value> values) {
  const Node& node = model_.node(term);
  const auto children = model_.children(term);
  switch (node.op) {
    case Op::kConstant:
      return {node.value};
    case Op::kVariable:
      return {values[static_cast<std::size_t>(node.value)]};
    case Op::kList: {
      std::set<Wide> all;
      for (const NodeId child : children) all.insert(model_.node(child).value);
      return {all.begin(), all.end()};
    }
    case Op::kNegate:
      return combine(Op::kDifference, {0}, evaluate(children[0], values));
    case Op::kPower: {
      // One choice of a list in the base, for all its factors.
      std::set<Wide> results;
      for (const Wide base : evaluate(children[0], values)) {
        std::vector<Wide> power{1};
        for (Value i = 0; i < node.value; ++i) power = combine(Op::kProduct, power, {base});
        results.insert(power.front());
      }
      return {results.begin(), results.end()};
    }
    default: {
      std::vector<Wide> result = evaluate(children[0], values);
      for (std::size_t i = 1; i < children.size(); ++i)
        result = combine(node.op, result, evaluate(children[i], values));
      return result;
    }
  }
}

bool Oracle::holds(NodeId constraint, std::span<const Value> values) {
  const Node& node = model_.node(constraint);
  const auto children = model_.children(constraint);
  // No short cut: a large value anywhere counts.
  if (node.op == Op::kAll || node.op == Op::kAny) {
    std::size_t holding = 0;
    for (const NodeId child : children) holding += holds(child, values) ? 1 : 0;
    return node.op == Op::kAll ? holding == children.size() : holding > 0;
  }
  const std::vector<Wide> left = evaluate(children[0], values);
  const std::vector<Wide> right = evaluate(children[1], values);
  bool found = false;
  for (const Wide a : left) {
    for (const Wide b : right) found = found || compare(node.op, a, b);
  }
  return found;
}

bool Oracle::all_hold(std::span<const Value> values) {
  bool all = true;
  for (const Constraint& constraint : model_.constraints()) all = holds(constraint.root, values) && all;
  return all;
}

std::vector<Value> values_of(const Variable& variable) {
  std::vector<Value> values;
  for (const Progression& p : variable.domain) {
    for (Value value = p.first; value <= p.last; value += p.step) values.push_back(value);
  }
  return values;
}

std::vector<Solution> Oracle::solutions(const SolveOptions& options) {
  struct Digit {
    std::size_t variable;
    std::vector<Value> values;
  };
  std::vector<Digit> digits;
  const auto add = [&](std::size_t variable, ValueOrder order) {
    digits.push_back({variable, values_of(model_.variables()[variable])});
    if (order == ValueOrder::kLargestFirst) std::reverse(digits.back().values.begin(), digits.back().values.end());
  };
  for (const OrderedVariable& v : options.order) add(static_cast<std::size_t>(*model_.find(v.name)), v.values);
  const std::size_t ordered = digits.size();
  for (std::size_t i = 0; i < model_.variables().size(); ++i) {
    const bool there =
        std::any_of(digits.begin(), digits.end(), [&](const Digit& digit) { return digit.variable == i; });
    if (!there) add(i, options.rest);
  }
  const auto excluded = [&](const Solution& values) {
    return std::any_of(options.exclude.begin(), options.exclude.end(), [&](const std::vector<Assigned>& list) {
      return std::all_of(list.begin(), list.end(), [&](const Assigned& one) {
        return values[static_cast<std::size_t>(*model_.find(one.name))] == one.value;
      });
    });
  };
  std::vector<Solution> found;
  std::vector<std::size_t> choice(digits.size(), 0);
  Solution values(digits.size(), 0);
  while (true) {
    for (std::size_t i = 0; i < digits.size(); ++i) values[digits[i].variable] = digits[i].values[choice[i]];
    if (all_hold(values) && !excluded(values)) {
      const bool same = options.distinct_by_order && ordered > 0 && !found.empty() &&
                        std::all_of(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(ordered),
                                    [&](const Digit& d) { return found.back()[d.variable] == values[d.variable]; });
      if (!same) found.push_back(values);
    }
    std::size_t place = digits.size();
    while (place > 0 && ++choice[place - 1] == digits[place - 1].values.size()) choice[--place] = 0;
    if (place == 0) return found;
  }
}

std::set<std::int64_t> term_values(const Model& model, NodeId term, std::span<const Value> values) {
  std::set<std::int64_t> found;
  for (const Wide value : Oracle(model).evaluate(term, values)) found.insert(static_cast<std::int64_t>(value));
  return found;
}

bool holds(const Model& model, NodeId constraint, std::span<const Value> values) {
  return Oracle(model).holds(constraint, values);
}

std::vector<Solution> all_solutions(const Model& model, const SolveOptions& options) {
  SolveOptions order;
  order.order = options.order;
  order.rest = options.rest;
  return Oracle(model).solutions(order);
}

}  // namespace constrint::testing

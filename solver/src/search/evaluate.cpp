// SPDX-License-Identifier: Apache-2.0
#include "search/evaluate.hpp"

#include <algorithm>
#include <cstddef>

namespace constrint {
namespace {

constexpr Wide kBound = Wide{1} << 126;
constexpr std::size_t kMaxChoices = 1 << 16;

Exact exact(Wide value) {
  if (value > kBound) return {0, Exact::kAbove};
  if (value < -kBound) return {0, Exact::kBelow};
  return {value, Exact::kExact};
}

/// -1, 0 or 1 of what is neither undefined nor unknown.
int sign(const Exact& a) {
  if (a.state == Exact::kAbove) return 1;
  if (a.state == Exact::kBelow) return -1;
  return a.value > 0 ? 1 : a.value < 0 ? -1 : 0;
}

Exact beyond(int sign) { return {0, sign > 0 ? Exact::kAbove : Exact::kBelow}; }

Exact negated(Exact a) {
  if (a.state == Exact::kAbove || a.state == Exact::kBelow) return beyond(-sign(a));
  a.value = -a.value;
  return a;
}

Exact add(const Exact& a, const Exact& b) {
  const bool far_a = a.state != Exact::kExact;
  const bool far_b = b.state != Exact::kExact;
  if (!far_a && !far_b) return exact(a.value + b.value);
  if (sign(a) * sign(b) < 0) return {0, Exact::kUnknown};
  return far_a ? a : b;
}

Exact multiplied(const Exact& a, const Exact& b) {
  const int s = sign(a) * sign(b);
  if (s == 0) return {0, Exact::kExact};
  if (a.state != Exact::kExact || b.state != Exact::kExact) return beyond(s);
  Wide value = 0;
  if (__builtin_mul_overflow(a.value, b.value, &value)) return beyond(s);
  return exact(value);
}

Exact divided(const Exact& a, const Exact& b) {
  if (sign(b) == 0) return {0, Exact::kUndefined};
  if (sign(a) == 0) return a;
  if (a.state != Exact::kExact) return {0, Exact::kUnknown};
  if (b.state != Exact::kExact || a.value % b.value != 0) return {0, Exact::kUndefined};  // |b| > |a| in the first case
  return {a.value / b.value, Exact::kExact};
}

Exact remaining(const Exact& a, const Exact& b) {
  if (sign(b) == 0) return {0, Exact::kUndefined};
  if (b.state != Exact::kExact) return sign(a) >= 0 && a.state == Exact::kExact ? a : Exact{0, Exact::kUnknown};
  if (a.state != Exact::kExact) return {0, Exact::kUnknown};
  const Wide size = b.value < 0 ? -b.value : b.value;
  const Wide rest = a.value % size;
  return {rest < 0 ? rest + size : rest, Exact::kExact};
}

/// Whether a <= b, unless both are beyond the same end.
Truth at_most(const Exact& a, const Exact& b) {
  if (a.state == Exact::kUnknown || b.state == Exact::kUnknown) return Truth::kUnknown;
  const auto rank = [](const Exact& x) { return x.state == Exact::kAbove ? 1 : x.state == Exact::kBelow ? -1 : 0; };
  if (rank(a) != rank(b)) return rank(a) < rank(b) ? Truth::kTrue : Truth::kFalse;
  if (rank(a) != 0) return Truth::kUnknown;
  return a.value <= b.value ? Truth::kTrue : Truth::kFalse;
}

Exact combine(Op op, const Exact& a, const Exact& b) {
  if (a.state == Exact::kUndefined || b.state == Exact::kUndefined) return {0, Exact::kUndefined};
  if (a.state == Exact::kUnknown || b.state == Exact::kUnknown) return {0, Exact::kUnknown};
  switch (op) {
    case Op::kSum:
      return add(a, b);
    case Op::kDifference:
      return add(a, negated(b));
    case Op::kProduct:
      return multiplied(a, b);
    case Op::kQuotient:
      return divided(a, b);
    case Op::kRemainder:
      return remaining(a, b);
    case Op::kMin:
    case Op::kMax: {
      const Truth t = at_most(a, b);
      if (t == Truth::kUnknown) return a;  // both beyond the same end
      return (t == Truth::kTrue) == (op == Op::kMin) ? a : b;
    }
    default:
      return {0, Exact::kUnknown};
  }
}

Exact raised(const Exact& a, Value exponent) {
  if (a.state == Exact::kUndefined || a.state == Exact::kUnknown || exponent == 1) return a;
  if (exponent == 0) return {1, Exact::kExact};
  const int s = exponent % 2 == 0 ? 1 : sign(a);
  if (a.state != Exact::kExact) return beyond(s);
  bool overflow = false;
  const Wide value = exact_power(a.value, exponent, &overflow);
  return overflow ? beyond(s) : exact(value);
}

Truth inverted(Truth t) { return t == Truth::kUnknown ? t : t == Truth::kTrue ? Truth::kFalse : Truth::kTrue; }

Truth related(Op op, const Exact& a, const Exact& b) {
  if (a.state == Exact::kUndefined || b.state == Exact::kUndefined) return Truth::kFalse;
  switch (op) {
    case Op::kLessEqual:
      return at_most(a, b);
    case Op::kGreaterEqual:
      return at_most(b, a);
    case Op::kLess:
      return inverted(at_most(b, a));
    case Op::kGreater:
      return inverted(at_most(a, b));
    default: {
      const Truth below = at_most(a, b);
      const Truth above = at_most(b, a);
      if (below == Truth::kUnknown || above == Truth::kUnknown) return Truth::kUnknown;
      return (below == above) == (op == Op::kEqual) ? Truth::kTrue : Truth::kFalse;
    }
  }
}

Truth compared(Op op, Value a, Value b) {
  const bool holds = op == Op::kLessEqual      ? a <= b
                     : op == Op::kGreaterEqual ? a >= b
                     : op == Op::kLess         ? a < b
                     : op == Op::kGreater      ? a > b
                                               : (a == b) == (op == Op::kEqual);
  return holds ? Truth::kTrue : Truth::kFalse;
}

}  // namespace

bool Evaluator::small(NodeId id, std::span<const Value> values, Value* out) const {
  const Node& node = model_.node(id);
  if (node.op == Op::kConstant || node.op == Op::kVariable) {
    *out = node.op == Op::kConstant ? node.value : values[static_cast<std::size_t>(node.value)];
    return true;
  }
  const bool remainder = node.op == Op::kRemainder;
  if (node.op != Op::kSum && node.op != Op::kProduct && node.op != Op::kDifference && !remainder) return false;
  const std::span<const NodeId> children = model_.children(id);
  Value all = 0;
  if (!small(children[0], values, &all)) return false;
  for (std::size_t i = 1; i < children.size(); ++i) {
    Value next = 0;
    if (!small(children[i], values, &next)) return false;
    if (remainder) {
      if (next <= 0) return false;
      all = modulo(all, next);
      continue;
    }
    const bool overflow = node.op == Op::kSum       ? __builtin_add_overflow(all, next, &all)
                          : node.op == Op::kProduct ? __builtin_mul_overflow(all, next, &all)
                                                    : __builtin_sub_overflow(all, next, &all);
    if (overflow) return false;
  }
  *out = all;
  return true;
}

Exact Evaluator::single(NodeId id, std::span<const Value> values) const {
  const Node& node = model_.node(id);
  switch (node.op) {
    case Op::kConstant:
      return {node.value, Exact::kExact};
    case Op::kVariable:
      return {values[static_cast<std::size_t>(node.value)], Exact::kExact};
    case Op::kList:
      return {0, Exact::kUnknown};
    default:
      break;
  }
  const std::span<const NodeId> children = model_.children(id);
  Exact result = single(children[0], values);
  if (node.op == Op::kNegate) return combine(Op::kDifference, {0, Exact::kExact}, result);
  if (node.op == Op::kPower) return raised(result, node.value);
  for (std::size_t i = 1; i < children.size(); ++i) result = combine(node.op, result, single(children[i], values));
  return result;
}

bool Evaluator::choices(NodeId id, std::span<const Value> values, std::vector<Exact>* out) const {
  const Node& node = model_.node(id);
  const std::span<const NodeId> children = model_.children(id);
  const auto tidy = [](std::vector<Exact>& list) {
    const auto before = [](const Exact& a, const Exact& b) {
      return a.state != b.state ? a.state < b.state : a.value < b.value;
    };
    const auto same = [](const Exact& a, const Exact& b) { return a.state == b.state && a.value == b.value; };
    std::erase_if(list, [](const Exact& a) { return a.state == Exact::kUndefined; });
    std::sort(list.begin(), list.end(), before);
    list.erase(std::unique(list.begin(), list.end(), same), list.end());
  };
  out->clear();
  if (children.empty()) {
    out->push_back(single(id, values));
    return true;
  }
  if (node.op == Op::kList) {
    for (const NodeId child : children) out->push_back(single(child, values));
    tidy(*out);
    return true;
  }
  if (!choices(children[0], values, out)) return false;
  if (node.op == Op::kNegate || node.op == Op::kPower) {
    for (Exact& a : *out) {
      a = node.op == Op::kPower ? raised(a, node.value) : combine(Op::kDifference, {0, Exact::kExact}, a);
    }
    tidy(*out);
    return true;
  }
  std::vector<Exact> right;
  std::vector<Exact> all;
  for (std::size_t i = 1; i < children.size(); ++i) {
    if (!choices(children[i], values, &right)) return false;
    if (out->size() * right.size() > kMaxChoices) return false;
    all.clear();
    for (const Exact& a : *out) {
      for (const Exact& b : right) all.push_back(combine(node.op, a, b));
    }
    tidy(all);
    out->swap(all);
  }
  return true;
}

Truth Evaluator::holds(NodeId id, std::span<const Value> values) const {
  const Node& node = model_.node(id);
  const std::span<const NodeId> children = model_.children(id);
  if (node.op == Op::kAll || node.op == Op::kAny) {
    const Truth decides = node.op == Op::kAll ? Truth::kFalse : Truth::kTrue;
    Truth all = inverted(decides);
    for (const NodeId child : children) {
      const Truth t = holds(child, values);
      if (t == decides) return t;
      if (t == Truth::kUnknown) all = t;
    }
    return all;
  }
  Value left_value = 0;
  if (small(children[0], values, &left_value)) {
    if (node.op == Op::kEqual && model_.node(children[1]).op == Op::kList) {
      const std::span<const NodeId> list = model_.children(children[1]);
      const auto equal = [&](NodeId one) { return model_.node(one).value == left_value; };
      return std::any_of(list.begin(), list.end(), equal) ? Truth::kTrue : Truth::kFalse;
    }
    Value right_value = 0;
    if (small(children[1], values, &right_value)) return compared(node.op, left_value, right_value);
  }
  const Truth plain = related(node.op, single(children[0], values), single(children[1], values));
  if (plain != Truth::kUnknown) return plain;
  // A term with a list, or one that left the range.
  std::vector<Exact> left;
  std::vector<Exact> right;
  if (!choices(children[0], values, &left) || !choices(children[1], values, &right)) return Truth::kUnknown;
  if (left.size() * right.size() > kMaxChoices) return Truth::kUnknown;
  Truth any = Truth::kFalse;
  for (const Exact& a : left) {
    for (const Exact& b : right) {
      const Truth t = related(node.op, a, b);
      if (t == Truth::kTrue) return t;
      if (t == Truth::kUnknown) any = t;
    }
  }
  return any;
}

Exact Evaluator::term(NodeId id, std::span<const Value> values, bool greatest) const {
  const Exact plain = single(id, values);
  if (plain.state != Exact::kUnknown) return plain;
  std::vector<Exact> all;
  if (!choices(id, values, &all)) return plain;
  if (all.empty()) return {0, Exact::kUndefined};
  Exact best = all.front();
  for (const Exact& a : all) best = combine(greatest ? Op::kMax : Op::kMin, best, a);
  return best;
}

}  // namespace constrint

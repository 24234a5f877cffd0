// SPDX-License-Identifier: Apache-2.0
#include "tests/constrint/fuzz/solve/small_model.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace constrint::fuzz {
namespace {

using flashrnn::fuzz::Bytes;

constexpr std::array kNames{"A", "B", "C", "D"};

class Drawer {
 public:
  Drawer(Bytes* in, Model* model) : in_(in), model_(model) {}

  /// `plain`: without lists and divisions, as in an objective.
  NodeId term(int levels, bool plain) {
    if (levels == 0) return leaf(plain);
    const std::int64_t kind = in_->below(16);
    if (kind < 3) return leaf(plain);
    if (kind < 6) return chain(Op::kProduct, levels, plain);
    if (kind < 9) return chain(Op::kSum, levels, plain);
    if (kind == 9) return binary(Op::kDifference, levels, plain);
    if (kind == 10) return add(Op::kNegate, {term(levels - 1, plain)});
    if (kind == 11) return model_->add_node(Op::kPower, std::array{term(levels - 1, plain)}, {}, in_->below(4));
    if (kind == 12) return chain(in_->below(2) == 0 ? Op::kMin : Op::kMax, levels, plain);
    if (plain) return leaf(plain);
    return binary(kind == 13 ? Op::kQuotient : Op::kRemainder, levels, plain);
  }

  NodeId constraint(int levels) {
    if (levels > 0 && in_->rarely(3)) {
      std::vector<NodeId> children;
      for (std::int64_t i = in_->within(2, 3); i > 0; --i) children.push_back(constraint(levels - 1));
      return add(in_->below(3) == 0 ? Op::kAll : Op::kAny, children);
    }
    if (in_->rarely(3)) {  // divisibility
      const NodeId rest = binary(Op::kRemainder, 2, false);
      return add(Op::kEqual, {rest, model_->add_constant(0)});
    }
    const Op op = in_->pick({Op::kEqual, Op::kLessEqual, Op::kNotEqual, Op::kLess, Op::kGreaterEqual, Op::kGreater});
    const NodeId left = term(2, false);
    return add(op, {left, term(2, false)});
  }

 private:
  NodeId add(Op op, const std::vector<NodeId>& children) { return model_->add_node(op, children); }

  NodeId binary(Op op, int levels, bool plain) {
    const NodeId left = term(levels - 1, plain);
    return add(op, {left, term(levels - 1, plain)});
  }

  NodeId chain(Op op, int levels, bool plain) {
    std::vector<NodeId> children;
    for (std::int64_t i = in_->within(2, 3); i > 0; --i) children.push_back(term(levels - 1, plain));
    return add(op, children);
  }

  NodeId leaf(bool plain) {
    const std::int64_t kind = in_->below(8);
    if (kind == 6 && !plain) {
      std::vector<NodeId> values;
      for (std::int64_t i = in_->within(1, 3); i > 0; --i) values.push_back(model_->add_constant(in_->within(-3, 16)));
      return add(Op::kList, values);
    }
    if (kind == 7) return model_->add_constant(in_->within(-12, 40));
    if (kind == 5) return model_->add_constant(in_->within(0, 9));
    return model_->add_variable(
        static_cast<std::int32_t>(in_->below(static_cast<std::int64_t>(model_->variables().size()))));
  }

  Bytes* in_;
  Model* model_;
};

}  // namespace

SmallModel draw_model(Bytes* in) {
  Model model;
  const std::int64_t count = in->within(1, 4);
  for (std::int64_t i = 0; i < count; ++i) {
    const Value first = in->pick<Value>({1, 0, -3, -8, 8, 2, 30});
    const Value step = in->pick<Value>({1, 2, 3, 4, 8});
    const Value last = first + step * in->below(6);
    std::vector<Progression> domain{{first, last, step}};
    if (in->rarely(5)) domain.push_back({last + 3, last + 3, 1});
    model.declare(kNames[static_cast<std::size_t>(i)], domain);
  }
  Drawer drawer(in, &model);
  for (std::int64_t i = in->within(1, 4); i > 0; --i) model.add_constraint(drawer.constraint(2));
  SmallModel drawn{model, {}};
  if (in->rarely(3)) model.set_objective(drawer.term(2, true), in->below(2) == 1);
  drawn.whole = std::move(model);
  return drawn;
}

SolveOptions draw_options(Bytes* in, const Model& model) {
  SolveOptions options;
  std::vector<std::string> names;
  for (const Variable& variable : model.variables()) names.push_back(variable.name);
  for (std::int64_t i = in->below(static_cast<std::int64_t>(names.size()) + 1); i > 0; --i) {
    const auto pick = names.begin() + in->below(static_cast<std::int64_t>(names.size()));
    options.order.push_back({*pick, in->pick({ValueOrder::kSmallestFirst, ValueOrder::kLargestFirst})});
    names.erase(pick);
  }
  options.rest = in->pick({ValueOrder::kSmallestFirst, ValueOrder::kLargestFirst});
  options.distinct_by_order = in->below(2) == 1;
  for (std::int64_t i = in->rarely(4) ? 2 : 0; i > 0; --i) {
    options.exclude.emplace_back();
    for (const Variable& variable : model.variables()) {
      const Progression& p = variable.domain.front();
      if (in->below(2) == 0) options.exclude.back().push_back({variable.name, p.first + p.step * in->below(3)});
    }
    if (options.exclude.back().empty()) options.exclude.pop_back();
  }
  return options;
}

}  // namespace constrint::fuzz

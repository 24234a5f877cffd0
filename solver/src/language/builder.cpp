// SPDX-License-Identifier: Apache-2.0
#include "constrint/builder.hpp"

#include <algorithm>

#include "language/names.hpp"
#include "language/ranges.hpp"

namespace constrint {
namespace builder {

/// Expressions are drafted, where terms can share parts and sums of sums are as deep as they were written; what is
/// required is copied to the model as the parser would have made it: a tree, chains in one node.
struct State {
  struct Extent {
    int depth;          ///< once chains are one node
    std::int64_t size;  ///< as a tree, at most kMaxSize + 1
  };
  static constexpr std::int64_t kMaxSize = std::int64_t{1} << 20;

  Model model;
  Model draft;                  ///< nodes only; its variables are those of `model`
  std::vector<Extent> extents;  ///< of each node of the draft
  std::vector<std::string> errors;

  NodeId add(Op op, std::span<const NodeId> children, Value value);
  NodeId copy(NodeId id);
};

namespace {

constexpr bool is_chain(Op op) { return op == Op::kSum || op == Op::kProduct || op == Op::kAny || op == Op::kAll; }

constexpr const char* kNoTerm =
    "an integer beyond the limit of 2^62, or an expression of numbers alone, stands in an expression";

/// The node of an operand in `state`; -1 after an error.
NodeId operand_node(const Handle& operand, State* state) {
  if (operand.state != nullptr) return operand.node;
  if (operand.is_number && operand.number >= -kLimit && operand.number <= kLimit) {
    return state->add(Op::kConstant, {}, operand.number);
  }
  state->errors.emplace_back(kNoTerm);
  return -1;
}

}  // namespace

NodeId State::add(Op op, std::span<const NodeId> children, Value value) {
  Extent extent{1, 1};
  for (const NodeId child : children) {
    const Extent& inner = extents[static_cast<std::size_t>(child)];
    const bool same_chain = is_chain(op) && draft.node(child).op == op;
    extent.depth = std::max(extent.depth, inner.depth + (same_chain ? 0 : 1));
    extent.size = std::min(extent.size + inner.size, kMaxSize + 1);
  }
  extents.push_back(extent);
  return draft.add_node(op, children, {}, value);
}

/// As deep as the tree, at most kMaxDepth: the caller has looked at its extent.
NodeId State::copy(NodeId id) {
  const Node node = draft.node(id);
  const auto given = draft.children(id);
  std::vector<NodeId> waiting(given.rbegin(), given.rend());
  std::vector<NodeId> children;
  while (!waiting.empty()) {
    const NodeId child = waiting.back();
    waiting.pop_back();
    if (is_chain(node.op) && draft.node(child).op == node.op) {
      const auto inner = draft.children(child);
      waiting.insert(waiting.end(), inner.rbegin(), inner.rend());
    } else {
      children.push_back(copy(child));
    }
  }
  return model.add_node(node.op, children, {}, node.value);
}

Handle join(Op op, std::span<const Handle> operands, Value value) {
  const auto owner =
      std::find_if(operands.begin(), operands.end(), [](const Handle& operand) { return operand.state != nullptr; });
  if (owner == operands.end()) return {};  // reported where it is used
  State& state = *owner->state;
  Handle result{owner->state, -1, 0, false};
  for (const Handle& operand : operands) {
    if (operand.state == nullptr || operand.state == owner->state) continue;
    for (State* const one : {&state, operand.state.get()}) {
      one->errors.emplace_back("an expression joins terms of two builders");
    }
    return result;
  }
  if (op == Op::kPower && (value < 0 || value > kLimit)) {
    state.errors.push_back("an exponent is " + std::to_string(value) + ", and must be from 0 to 2^62");
    return result;
  }
  std::vector<NodeId> nodes;
  for (const Handle& operand : operands) {
    nodes.push_back(operand_node(operand, &state));
    if (nodes.back() < 0) return result;
  }
  result.node = nodes.size() == 1 && is_chain(op) ? nodes.front() : state.add(op, nodes, value);
  return result;
}

}  // namespace builder

namespace {

using builder::Handle;
using builder::State;

Condition join_conditions(Op op, std::span<const Condition> conditions) {
  std::vector<Handle> handles;
  for (const Condition& condition : conditions) handles.push_back(condition.handle());
  return Condition(builder::join(op, handles));
}

/// The node of an expression in the model; -1 after an error, which names `what`.
NodeId adopt(State* state, const Handle& handle, const std::string& what) {
  const auto fail = [&](const std::string& message) -> NodeId {
    state->errors.push_back(what + ": " + message);
    return -1;
  };
  const NodeId node = handle.node;
  if (handle.state == nullptr) {
    return fail("nothing in it is of this builder, which has variables, constants and lists");
  }
  if (handle.state.get() != state) return fail("its terms are of another builder");
  if (node < 0) return -1;  // the error was reported where it was made
  const State::Extent extent = state->extents[static_cast<std::size_t>(node)];
  if (extent.depth > kMaxDepth) {
    return fail("it is " + std::to_string(extent.depth) + " levels deep, and the limit is " +
                std::to_string(kMaxDepth));
  }
  if (extent.size > State::kMaxSize) return fail("it has more than 2^20 nodes, shared ones counted at each use");
  return state->copy(node);
}

/// Declares, or keeps an error.
Term declared(const std::shared_ptr<State>& state, std::string_view name, std::vector<Progression> values) {
  const Handle none{state, -1, 0, false};
  if (!language::can_be_quoted(name)) {
    state->errors.push_back("the name " + language::quoted(name) +
                            " of a variable is empty, or has a backtick or a control character");
    return Term(none);
  }
  for (const Progression& p : values) {
    if (p.first >= -kLimit && p.last <= kLimit) continue;
    state->errors.push_back("a value of " + language::quoted(name) + " is beyond the limit of 2^62");
    return Term(none);
  }
  if (!values.empty()) {
    auto disjoint = language::ascending(std::move(values));
    if (!disjoint || !state->model.declare(name, std::move(*disjoint))) {
      state->errors.push_back("no value of " + language::quoted(name) +
                              " is left: its declarations have none in common");
      return Term(none);
    }
  }
  const std::int32_t index = state->model.variable(name);
  return Term(Handle{state, state->add(Op::kVariable, {}, index), 0, false});
}

}  // namespace

Condition all(std::span<const Condition> conditions) { return join_conditions(Op::kAll, conditions); }
Condition any(std::span<const Condition> conditions) { return join_conditions(Op::kAny, conditions); }

Builder::Builder() : state_(std::make_shared<State>()) {}

Term Builder::variable(std::string_view name) { return declared(state_, name, {}); }

Term Builder::variable(std::string_view name, Value low, Value high, Value step) {
  if (low > high || step < 1) {
    state_->errors.push_back(language::quoted(name) + " has the values " + std::to_string(low) + ".." +
                             std::to_string(high) + " in steps of " + std::to_string(step) + ", and these are none");
    return Term(Handle{state_, -1, 0, false});
  }
  const auto distance = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  const auto rest = static_cast<Value>(distance % static_cast<std::uint64_t>(step));
  return declared(state_, name, {{low, high - rest, step}});
}

Term Builder::variable(std::string_view name, std::span<const Value> values) {
  std::vector<Progression> progressions;
  for (const Value value : values) progressions.push_back({value, value, 1});
  if (progressions.empty()) {
    state_->errors.push_back(language::quoted(name) + " has an empty list of values");
    return Term(Handle{state_, -1, 0, false});
  }
  return declared(state_, name, std::move(progressions));
}

Term Builder::variable(std::string_view name, std::initializer_list<Value> values) {
  return variable(name, std::span(values.begin(), values.size()));
}

Term Builder::constant(std::string_view name, Value value) { return variable(name, {value}); }

Term Builder::list(std::initializer_list<Value> values) {
  std::vector<NodeId> nodes;
  for (const Value value : values) {
    nodes.push_back(builder::operand_node(Handle{nullptr, -1, value, true}, state_.get()));
    if (nodes.back() < 0) return Term(Handle{state_, -1, 0, false});
  }
  if (nodes.empty()) {
    state_->errors.emplace_back("a list has no number");
    return Term(Handle{state_, -1, 0, false});
  }
  return Term(Handle{state_, state_->add(Op::kList, nodes, 0), 0, false});
}

void Builder::require(const Condition& condition, std::string_view part) {
  const std::string what = "constraint " + std::to_string(state_->model.constraints().size() + 1);
  const NodeId root = adopt(state_.get(), condition.handle(), what);
  if (root >= 0) state_->model.add_constraint(root, {}, part);
}

void Builder::set_objective(const Term& term, bool maximize) {
  if (state_->model.objective()) {
    state_->errors.emplace_back("objective: there is one already, and a model has one");
    return;
  }
  const NodeId node = adopt(state_.get(), term.handle(), "objective");
  if (node >= 0) state_->model.set_objective(node, maximize);
}

void Builder::minimize(const Term& term) { set_objective(term, false); }
void Builder::maximize(const Term& term) { set_objective(term, true); }

const std::vector<std::string>& Builder::errors() const { return state_->errors; }

std::optional<Model> Builder::build() const {
  return state_->errors.empty() ? std::optional(state_->model) : std::nullopt;
}

}  // namespace constrint

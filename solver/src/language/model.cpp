// SPDX-License-Identifier: Apache-2.0
#include "constrint/model.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "language/ranges.hpp"

namespace constrint {
namespace {

/// What a declaration leaves of a variable's values.
std::vector<Progression> declared_values(const Variable& variable, const std::vector<Progression>& domain) {
  return variable.declared ? language::intersect(variable.domain, domain) : domain;
}

}  // namespace

std::int32_t Model::variable(std::string_view name, Location where) {
  if (const auto found = index_.find(name); found != index_.end()) return found->second;
  const auto index = static_cast<std::int32_t>(variables_.size());
  variables_.push_back({std::string(name), {{kDefaultLow, kDefaultHigh, 1}}, false, where});
  index_.emplace(name, index);
  return index;
}

bool Model::declare(std::string_view name, std::vector<Progression> domain, Location where) {
  if (domain.empty()) return false;
  Variable& variable = variables_[static_cast<std::size_t>(this->variable(name, where))];
  domain = declared_values(variable, domain);
  if (domain.empty()) return false;
  variable.domain = std::move(domain);
  if (!variable.declared) variable.where = where;
  variable.declared = true;
  return true;
}

std::optional<std::int32_t> Model::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

NodeId Model::add_constant(Value value, Location where) { return add_node(Op::kConstant, {}, where, value); }

NodeId Model::add_variable(std::int32_t index, Location where) { return add_node(Op::kVariable, {}, where, index); }

NodeId Model::add_node(Op op, std::span<const NodeId> children, Location where, Value value) {
  const std::less<const NodeId*> before;
  if (!children.empty() && !before(children.data(), children_.data()) &&
      before(children.data(), children_.data() + children_.size())) {
    const std::vector<NodeId> copy(children.begin(), children.end());  // our own list grows below
    return add_node(op, copy, where, value);
  }
  std::uint16_t deepest = 0;
  for (const NodeId child : children) deepest = std::max(deepest, node(child).depth);
  if (deepest != std::numeric_limits<std::uint16_t>::max()) ++deepest;
  nodes_.push_back(
      {op, deepest, static_cast<NodeId>(children_.size()), static_cast<std::int32_t>(children.size()), value, where});
  children_.insert(children_.end(), children.begin(), children.end());
  return static_cast<NodeId>(nodes_.size()) - 1;
}

void Model::add_constraint(NodeId root, Location where, std::string_view part) {
  constraints_.push_back({root, where, std::string(part)});
}

void Model::set_objective(NodeId term, bool maximize, Location where) { objective_ = Objective{term, maximize, where}; }

bool Model::merge(const Model& part) {
  if (&part == this) return merge(Model(part));
  for (const Variable& variable : part.variables_) {
    const auto mine = find(variable.name);
    if (!mine || !variable.declared) continue;
    if (declared_values(variables_[static_cast<std::size_t>(*mine)], variable.domain).empty()) return false;
  }
  std::vector<std::int32_t> indices;
  indices.reserve(part.variables_.size());
  for (const Variable& variable : part.variables_) {
    indices.push_back(this->variable(variable.name, variable.where));
    if (variable.declared) declare(variable.name, variable.domain, variable.where);
  }
  const auto first_node = static_cast<NodeId>(nodes_.size());
  const auto first_child = static_cast<NodeId>(children_.size());
  for (Node node : part.nodes_) {
    node.first_child += first_child;
    if (node.op == Op::kVariable) node.value = indices[static_cast<std::size_t>(node.value)];
    nodes_.push_back(node);
  }
  for (const NodeId child : part.children_) children_.push_back(child + first_node);
  for (Constraint constraint : part.constraints_) {
    constraint.root += first_node;
    constraints_.push_back(std::move(constraint));
  }
  if (!objective_ && part.objective_) {
    objective_ = part.objective_;
    objective_->term += first_node;
  }
  return true;
}

}  // namespace constrint

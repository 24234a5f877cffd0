// SPDX-License-Identifier: Apache-2.0
#include "common/plan/constraint_model.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "constrint/explain.hpp"
#include "constrint/parse.hpp"

namespace flashrnn::plan {
namespace {

using constrint::Model;
using constrint::Node;
using constrint::Op;
using constrint::Progression;

/// A limit that is taken away: beyond what any quantity of a model comes to, and far from the solver's own bounds.
constexpr std::int64_t kUnlimited = std::int64_t{1} << 52;
/// Minimising a quantity is for a message: a search that takes longer than this settles for the best it has seen.
constexpr std::int64_t kMinimiseNodes = 20000;
constexpr double kConflictMs = 100;

bool is_variable(const Model& model, constrint::NodeId id, std::size_t slot) {
  const Node& node = model.node(id);
  return node.op == Op::kVariable && static_cast<std::size_t>(node.value) == slot;
}

bool holds_limit(const Model& model, std::size_t quantity, std::size_t limit) {
  for (const constrint::Constraint& constraint : model.constraints()) {
    if (model.node(constraint.root).op != Op::kLessEqual) continue;
    const auto children = model.children(constraint.root);
    if (is_variable(model, children[0], quantity) && is_variable(model, children[1], limit)) return true;
  }
  return false;
}

std::string join(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : "; ") + text;
  return all;
}

}  // namespace

ConstraintModel::ConstraintModel(ModelDefinition definition) : definition_(std::move(definition)) {
  const std::string name(definition_.name);
  for (const std::string_view text : definition_.texts) {
    for (const auto& error : constrint::parse_into(model_, text, {.part = name})) errors_.push_back(error.text());
  }
  const auto require = [&](std::string_view variable, std::string_view role) {
    const std::size_t found = slot(variable);
    if (found == kNoSlot) {
      errors_.push_back(name + ": the " + std::string(role) + " " + std::string(variable) + " is not in the text");
    }
    return found;
  };
  for (const std::string_view input : definition_.inputs) input_slots_.push_back(require(input, "input"));
  for (const Limit& limit : definition_.limits) {
    const std::string limit_name = std::string(limit.quantity) + "_LIMIT";
    const LimitSlots slots{require(limit.quantity, "quantity"), require(limit_name, "limit")};
    limit_slots_.push_back(slots);
    if (slots.quantity == kNoSlot || slots.limit == kNoSlot) continue;
    if (!holds_limit(model_, slots.quantity, slots.limit)) {
      errors_.push_back(name + ": the text lacks '" + std::string(limit.quantity) + " <= " + limit_name + "'");
    }
    if (std::find(definition_.inputs.begin(), definition_.inputs.end(), limit_name) == definition_.inputs.end()) {
      errors_.push_back(name + ": the limit " + limit_name + " is not among the inputs");
    }
  }
  options_.rest = definition_.rest;
  options_.distinct_by_order = !definition_.decisions.empty();
  for (const Decision& decision : definition_.decisions) {
    require(decision.name, "decision");
    options_.order.push_back({std::string(decision.name), decision.values});
  }
}

std::size_t ConstraintModel::slot(std::string_view variable) const {
  const std::optional<std::int32_t> found = model_.find(variable);
  return found ? static_cast<std::size_t>(*found) : kNoSlot;
}

bool ConstraintModel::bind(std::span<const Input> inputs, std::span<const Input> fixed, Model& bound,
                           std::string& error) const {
  if (!errors_.empty()) {
    error = errors_.front();
    return false;
  }
  bound = model_;
  for (std::size_t i = 0; i < definition_.inputs.size(); ++i) {
    const std::string_view name = definition_.inputs[i];
    const auto given = std::find_if(inputs.begin(), inputs.end(), [&](const Input& x) { return x.name == name; });
    if (given == inputs.end()) {
      error = std::string(definition_.name) + ": the input " + std::string(name) + " has no value";
      return false;
    }
    const bool in_range = given->value >= -constrint::kLimit && given->value <= constrint::kLimit;
    if (!in_range || !bound.declare(name, {Progression{given->value, given->value, 1}})) {
      error = std::string(definition_.name) + ": the input " + std::string(name) + " is " +
              std::to_string(given->value) + ", which its declaration excludes";
      return false;
    }
  }
  for (const Input& held : fixed) {
    const bool known = bound.find(held.name).has_value();
    if (known && bound.declare(held.name, {Progression{held.value, held.value, 1}})) continue;
    error = std::string(definition_.name) + ": " + std::string(held.name) +
            (known ? " can't be " + std::to_string(held.value) : " is no variable of the model");
    return false;
  }
  return true;
}

Configurations ConstraintModel::find(std::span<const Input> inputs, std::int64_t most,
                                     std::span<const Input> fixed) const {
  Configurations found;
  Model bound;
  if (!bind(inputs, fixed, bound, found.error)) return found;
  constrint::SolveOptions options = options_;
  options.max_solutions = most;
  constrint::SolveResult result = constrint::solve(bound, options);
  if (result.outcome != constrint::Outcome::kComplete) {
    found.error = std::string(definition_.name) + ": " + result.message;
    return found;
  }
  found.rows = std::move(result.solutions);
  found.complete = result.exhausted;
  return found;
}

/// The least that the limited quantity can be in a bound model; empty, or why it is not known.
std::string ConstraintModel::smallest(const Model& bound, std::size_t limit, std::int64_t& value) const {
  Model model = bound;
  model.set_objective(model.add_variable(static_cast<std::int32_t>(limit_slots_[limit].quantity)), false);
  constrint::SolveOptions options;
  options.order = options_.order;
  options.rest = options_.rest;
  options.node_limit = kMinimiseNodes;
  const constrint::SolveResult result = constrint::solve(model, options);
  if (result.solutions.empty()) return result.message.empty() ? "no configuration" : result.message;
  value = result.objective;
  return {};
}

std::string ConstraintModel::refusal(std::span<const Input> inputs, std::span<const Input> fixed) const {
  const Configurations found = find(inputs, 1, fixed);
  if (!found.error.empty() || !found.rows.empty()) return found.error;

  const std::size_t count = definition_.limits.size();
  std::vector<Input> relaxed(inputs.begin(), inputs.end());
  std::vector<std::string> names;
  std::vector<std::int64_t> available(count, 0);
  for (const Limit& limit : definition_.limits) names.push_back(std::string(limit.quantity) + "_LIMIT");
  const auto set = [&](std::size_t limit, bool active) {
    for (Input& input : relaxed) {
      if (input.name == names[limit]) input.value = active ? available[limit] : kUnlimited;
    }
  };
  for (std::size_t i = 0; i < count; ++i) {
    for (const Input& input : inputs) {
      if (input.name == names[i]) available[i] = input.value;
    }
    set(i, false);
  }
  const auto figures = [&](std::size_t i, std::int64_t least) {
    const Limit& limit = definition_.limits[i];
    return std::string(limit.what) + ": " + quantity_text(least, limit.unit, available[i]) + " > " +
           quantity_text(available[i], limit.unit, least);
  };

  Model bound;
  std::string error;
  // One limit that no configuration keeps, the others put aside.
  if (!bind(relaxed, fixed, bound, error)) return error;
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t least = 0;
    if (!smallest(bound, i, least).empty()) break;
    if (least > available[i]) return figures(i, least);
  }
  // Limits that can't be kept together: each is put back, until one is left no room by those before it.
  std::string kept;
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t least = 0;
    if (!bind(relaxed, fixed, bound, error)) return error;
    if (!smallest(bound, i, least).empty()) break;
    if (least > available[i]) return figures(i, least) + kept;
    set(i, true);
    const Limit& limit = definition_.limits[i];
    kept += (kept.empty() ? ", with " : ", ") + std::string(limit.what) + " within " +
            quantity_text(available[i], limit.unit, available[i]);
  }
  if (!bind(inputs, fixed, bound, error)) return error;
  const constrint::Conflict conflict = constrint::explain(bound, kConflictMs);
  return conflict.text.empty() ? "no configuration satisfies the constraints of " + std::string(definition_.name)
                               : "constraints in conflict: " + join(conflict.text);
}

std::string ConstraintModel::check(std::span<const Input> inputs, const Row& row) const {
  Model bound;
  std::string error;
  if (!bind(inputs, {}, bound, error)) return error;
  if (row.size() != model_.variables().size()) {
    return std::string(definition_.name) + ": a row of " + std::to_string(row.size()) + " values, not " +
           std::to_string(model_.variables().size());
  }
  std::vector<constrint::Assigned> values;
  for (std::size_t i = 0; i < row.size(); ++i) values.push_back({model_.variables()[i].name, row[i]});
  for (const std::size_t slot : input_slots_) values[slot].value = bound.variables()[slot].domain.front().first;
  const constrint::CheckResult result = constrint::check(bound, values);
  if (result.holds) return {};
  std::vector<std::string> broken;
  if (!result.message.empty()) broken.push_back(result.message);
  for (const auto& constraint : result.constraints) {
    if (!constraint.holds) broken.push_back(constraint.text);
  }
  return broken.empty() ? "the constraints do not hold" : join(broken);
}

std::vector<LimitUse> ConstraintModel::usage(const Row& row) const {
  std::vector<LimitUse> all;
  if (!errors_.empty() || row.size() != model_.variables().size()) return all;
  for (std::size_t i = 0; i < limit_slots_.size(); ++i) {
    all.push_back({&definition_.limits[i], row[limit_slots_[i].quantity], row[limit_slots_[i].limit]});
  }
  return all;
}

}  // namespace flashrnn::plan

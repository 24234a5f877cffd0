// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "constrint/export.hpp"
#include "constrint/expression.hpp"

namespace constrint {

struct Variable {
  std::string name;
  /// Its values: at least one progression, ascending and disjoint.
  std::vector<Progression> domain;
  bool declared = false;  ///< false: the default domain [kDefaultLow, kDefaultHigh]
  Location where;         ///< of the declaration, else of the first use
};

struct Constraint {
  NodeId root = 0;
  Location where;
  /// What the constraint came from, for messages: the name given to the parser, or "" .
  std::string part;
};

/// Variables, constraints and at most one objective. A value type without any solver state: copy it, keep it, solve it
/// from several threads at once.
class CONSTRINT_EXPORT Model {
 public:
  /// Index of the variable, made with the default domain if there is none of this name.
  std::int32_t variable(std::string_view name, Location where = {});
  /// As above with these values (ascending, disjoint). A variable that was declared already keeps the values that both
  /// name; false when none is left, and its domain stays as it was then. One that was used only takes these values.
  bool declare(std::string_view name, std::vector<Progression> domain, Location where = {});
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view name) const;

  NodeId add_constant(Value value, Location where = {});
  NodeId add_variable(std::int32_t index, Location where = {});
  NodeId add_node(Op op, std::span<const NodeId> children, Location where = {}, Value value = 0);
  /// `root` must be a constraint.
  void add_constraint(NodeId root, Location where = {}, std::string_view part = {});
  /// A term to be made as small as can be; maximize is minimize of its negation, printed as it was given.
  void set_objective(NodeId term, bool maximize, Location where = {});

  /// Adds another model's variables (same name: same variable, with the values that `declare` gives), constraints and,
  /// when this one has none, its objective: models are composed from parts. False, and nothing is added, when a
  /// variable has no value in common.
  bool merge(const Model& part);

  [[nodiscard]] std::span<const Variable> variables() const { return variables_; }
  [[nodiscard]] std::span<const Constraint> constraints() const { return constraints_; }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] std::span<const NodeId> children(NodeId id) const {
    const Node& parent = node(id);
    return {children_.data() + parent.first_child, static_cast<std::size_t>(parent.children)};
  }
  struct Objective {
    NodeId term = 0;
    bool maximize = false;
    Location where;
  };
  [[nodiscard]] const std::optional<Objective>& objective() const { return objective_; }

  /// In the language, brackets where they are needed: parsing it again gives the same tree. Names that the language
  /// does not allow as they are stand in backticks.
  [[nodiscard]] std::string text(NodeId id) const;
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Variable> variables_;
  std::vector<Node> nodes_;
  std::vector<NodeId> children_;
  std::vector<Constraint> constraints_;
  std::optional<Objective> objective_;

  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  std::unordered_map<std::string, std::int32_t, NameHash, std::equal_to<>> index_;  ///< of each variable by its name
};

}  // namespace constrint

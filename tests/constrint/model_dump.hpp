// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "constrint/model.hpp"

/// Models as nested lists, for comparing trees without the printer of the library.
namespace constrint::test {

inline std::string dump(const Model& model, NodeId id) {
  static constexpr const char* kNames[] = {"const", "var", "list", "neg", "+",  "-", "*",  "/", "%",   "^",
                                           "min",   "max", "==",   "!=",  "<=", "<", ">=", ">", "all", "any"};
  const Node& node = model.node(id);
  if (node.op == Op::kConstant) return std::to_string(node.value);
  if (node.op == Op::kVariable) return model.variables()[static_cast<std::size_t>(node.value)].name;
  std::string text = std::string("(") + kNames[static_cast<std::size_t>(node.op)];
  if (node.op == Op::kPower) text += std::to_string(node.value);
  for (const NodeId child : model.children(id)) text += " " + dump(model, child);
  return text + ")";
}

/// Of one constraint.
inline std::string dump_constraint(const Model& model, std::size_t index) {
  return dump(model, model.constraints()[index].root);
}

/// Variables with their values, constraints and objective; places and parts are left out.
inline std::string dump(const Model& model) {
  std::string text;
  for (const Variable& variable : model.variables()) {
    text += variable.name + (variable.declared ? ":" : "?");
    for (const Progression& p : variable.domain) {
      text += " " + std::to_string(p.first) + "," + std::to_string(p.last) + "," + std::to_string(p.step);
    }
    text += "\n";
  }
  for (const Constraint& constraint : model.constraints()) text += dump(model, constraint.root) + "\n";
  if (model.objective()) {
    text += (model.objective()->maximize ? "max " : "min ") + dump(model, model.objective()->term) + "\n";
  }
  return text;
}

}  // namespace constrint::test

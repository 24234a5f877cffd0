// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "constrint/model.hpp"
#include "language/names.hpp"

namespace constrint {
namespace {

/// How tightly an operator binds; a looser one inside a tighter one stands in brackets.
enum Level : int { kAnyLevel, kAllLevel, kRelationLevel, kSumLevel, kProductLevel, kMinusLevel, kPowerLevel, kAtom };

Level level_of(const Node& node) {
  switch (node.op) {
    case Op::kAny:
      return kAnyLevel;
    case Op::kAll:
      return kAllLevel;
    case Op::kSum:
    case Op::kDifference:
      return kSumLevel;
    case Op::kProduct:
    case Op::kQuotient:
    case Op::kRemainder:
      return kProductLevel;
    case Op::kNegate:
      return kMinusLevel;
    case Op::kPower:
      return kPowerLevel;
    case Op::kConstant:
      return node.value < 0 ? kMinusLevel : kAtom;
    default:
      return is_constraint(node.op) ? kRelationLevel : kAtom;
  }
}

const char* symbol_of(Op op) {
  switch (op) {
    case Op::kAny:
      return " | ";
    case Op::kAll:
      return " & ";
    case Op::kEqual:
      return " == ";
    case Op::kNotEqual:
      return " != ";
    case Op::kLessEqual:
      return " <= ";
    case Op::kLess:
      return " < ";
    case Op::kGreaterEqual:
      return " >= ";
    case Op::kGreater:
      return " > ";
    case Op::kSum:
      return " + ";
    case Op::kDifference:
      return " - ";
    case Op::kProduct:
      return " * ";
    case Op::kQuotient:
      return " / ";
    case Op::kRemainder:
      return " % ";
    default:
      return ", ";
  }
}

/// The parser makes one node of a chain of `+` (or `*`, `|`, `&`), so one inside another needs brackets; a chain that
/// begins with another operator of the same level does not: `a - b + c` is the sum of a - b and c.
bool needs_brackets(const Node& parent, const Node& child, bool first) {
  const Level inner = level_of(child);
  const Level outer = level_of(parent);
  switch (parent.op) {
    case Op::kList:
    case Op::kMin:
    case Op::kMax:
      return inner < kSumLevel;
    case Op::kPower:
      return inner < kAtom;
    case Op::kNegate:
      return inner < kMinusLevel || child.op == Op::kConstant;  // -5 is a constant, -(5) is not
    case Op::kSum:
    case Op::kProduct:
      return inner < outer || (inner == outer && (!first || child.op == parent.op));
    case Op::kDifference:
    case Op::kQuotient:
    case Op::kRemainder:
      return inner < outer || (inner == outer && !first);
    default:
      return inner <= outer;
  }
}

/// Prints without recursion: a tree made in code may be deep.
class Printer {
 public:
  /// `used` gets the variables in the order of their first use; may be null.
  Printer(const Model& model, std::string* out, std::vector<std::int32_t>* used)
      : model_(model), out_(*out), used_(used), seen_(used == nullptr ? 0 : model.variables().size()) {}

  void print(NodeId root) {
    stack_.push_back({root, Item::kNode, ""});
    while (!stack_.empty()) {
      const Item item = stack_.back();
      stack_.pop_back();
      if (item.kind == Item::kNode) {
        open(item.node);
      } else if (item.kind == Item::kText) {
        out_ += item.text;
      } else {
        out_ += " ^ " + std::to_string(model_.node(item.node).value);
      }
    }
  }

 private:
  struct Item {
    NodeId node;
    enum Kind : std::uint8_t { kNode, kText, kExponent } kind;
    const char* text;
  };

  void open(NodeId id) {
    const Node& node = model_.node(id);
    switch (node.op) {
      case Op::kConstant:
        out_ += std::to_string(node.value);
        return;
      case Op::kVariable:
        use(static_cast<std::int32_t>(node.value));
        return;
      case Op::kNegate:
        out_ += '-';
        break;
      case Op::kList:
        out_ += '[';
        push_text("]");
        break;
      case Op::kMin:
      case Op::kMax:
        out_ += node.op == Op::kMin ? "min(" : "max(";
        push_text(")");
        break;
      case Op::kPower:
        stack_.push_back({id, Item::kExponent, ""});
        break;
      default:
        break;
    }
    const std::span<const NodeId> children = model_.children(id);
    for (std::size_t i = children.size(); i-- > 0;) {
      const bool brackets = needs_brackets(node, model_.node(children[i]), i == 0);
      if (brackets) push_text(")");
      stack_.push_back({children[i], Item::kNode, ""});
      if (brackets) push_text("(");
      if (i > 0) push_text(symbol_of(node.op));
    }
  }

  void push_text(const char* text) { stack_.push_back({0, Item::kText, text}); }

  void use(std::int32_t index) {
    const auto place = static_cast<std::size_t>(index);
    out_ += language::printed_name(model_.variables()[place].name);
    if (used_ == nullptr || seen_[place]) return;
    seen_[place] = true;
    used_->push_back(index);
  }

  const Model& model_;
  std::string& out_;
  std::vector<Item> stack_;
  std::vector<std::int32_t>* used_;
  std::vector<bool> seen_;
};

void print_range(const Progression& p, std::string* out) {
  *out += std::to_string(p.first);
  if (p.first == p.last) return;
  *out += ".." + std::to_string(p.last);
  if (p.step != 1) *out += " step " + std::to_string(p.step);
}

void print_declaration(const Variable& variable, std::string* out) {
  *out += "var " + language::printed_name(variable.name);
  if (variable.declared) {
    const bool range = variable.domain.size() == 1 && variable.domain.front().first < variable.domain.front().last;
    *out += range ? " in " : " in [";
    for (std::size_t i = 0; i < variable.domain.size(); ++i) {
      if (i > 0) *out += ", ";
      print_range(variable.domain[i], out);
    }
    if (!range) *out += "]";
  }
  *out += ";\n";
}

}  // namespace

std::string Model::text(NodeId id) const {
  std::string out;
  Printer(*this, &out, nullptr).print(id);
  return out;
}

std::string Model::text() const {
  std::string statements;
  std::vector<std::int32_t> used;
  Printer printer(*this, &statements, &used);
  for (const Constraint& constraint : constraints_) {
    printer.print(constraint.root);
    statements += ";\n";
  }
  if (objective_) {
    statements += objective_->maximize ? "maximize " : "minimize ";
    printer.print(objective_->term);
    statements += ";\n";
  }
  // The order of the variables counts for the search: where that of their first use is another, all are named first.
  const bool by_use = used.size() == variables_.size() && std::is_sorted(used.begin(), used.end());
  const bool named =
      !by_use || std::any_of(variables_.begin(), variables_.end(), [](const Variable& v) { return v.declared; });
  std::string out;
  for (const Variable& variable : variables_) {
    if (named) print_declaration(variable, &out);
  }
  return out + statements;
}

}  // namespace constrint

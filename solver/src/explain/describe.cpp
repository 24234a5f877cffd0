// SPDX-License-Identifier: Apache-2.0
#include "explain/describe.hpp"

#include <algorithm>
#include <cctype>

namespace constrint {
namespace {

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// The text of a term with each variable's name replaced by its value.
std::string with_values(const Model& model, NodeId term, std::span<const Value> values) {
  const std::string text = model.text(term);
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_name_start(text[i])) {
      result += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && is_name_part(text[end])) ++end;
    const std::string name = text.substr(i, end - i);
    const auto x = model.find(name);
    const bool call = end < text.size() && text[end] == '(';  // min, max
    if (x && !call) {
      const Value v = values[static_cast<std::size_t>(*x)];
      result += v < 0 ? "(" + std::to_string(v) + ")" : std::to_string(v);
    } else {
      result += name;
    }
    i = end;
  }
  return result;
}

std::string value_text(const Exact& value) {
  switch (value.state) {
    case Exact::kExact:
      return number_text(value.value);
    case Exact::kUndefined:
      return "not defined";
    case Exact::kAbove:
      return "more than 2^126";
    case Exact::kBelow:
      return "less than -2^126";
    default:
      return "not known";
  }
}

bool has_list(const Model& model, NodeId id) {
  if (model.node(id).op == Op::kList) return true;
  const auto children = model.children(id);
  return std::any_of(children.begin(), children.end(), [&](NodeId child) { return has_list(model, child); });
}

void collect_sides(const Model& model, NodeId id, std::span<const Value> values, std::vector<std::string>* out) {
  const Node& node = model.node(id);
  for (const NodeId child : model.children(id)) {
    const Node& side = model.node(child);
    if (is_constraint(side.op)) {
      collect_sides(model, child, values, out);
      continue;
    }
    if (side.op == Op::kConstant || side.op == Op::kList || !is_constraint(node.op)) continue;
    std::string text = side.op == Op::kVariable ? model.text(child) : with_values(model, child, values);
    if (!has_list(model, child)) text += " is " + value_text(Evaluator(model).term(child, values, false));
    if (std::find(out->begin(), out->end(), text) == out->end()) out->push_back(std::move(text));
  }
}

}  // namespace

std::string number_text(Wide value) {
  if (value == 0) return "0";
  std::string digits;
  const bool negative = value < 0;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + (value < 0 ? -(value % 10) : value % 10));
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string describe_domain(const Domain& domain) {
  constexpr std::uint32_t kShown = 6;
  std::string text;
  for (std::uint32_t i = 0; i < domain.piece_count(); ++i) {
    if (i != 0) text += ", ";
    if (i == kShown) return text + "... up to " + std::to_string(domain.high);
    const Progression p = domain.piece(i);
    text += std::to_string(p.first);
    if (p.first == p.last) continue;
    text += (p.last == p.first + p.step ? ", " : "..") + std::to_string(p.last);
    if (p.step != 1 && p.last != p.first + p.step) text += " step " + std::to_string(p.step);
  }
  return text;
}

std::vector<std::int32_t> variables_in(const Model& model, NodeId root) {
  std::vector<std::int32_t> found;
  std::vector<NodeId> open{root};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (model.node(id).op == Op::kVariable) found.push_back(static_cast<std::int32_t>(model.node(id).value));
    for (const NodeId child : model.children(id)) open.push_back(child);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::string describe_values(const Model& model, NodeId constraint, std::span<const Value> values) {
  std::vector<std::string> sides;
  collect_sides(model, constraint, values, &sides);
  std::string text;
  for (const std::string& side : sides) text += (text.empty() ? "" : ", ") + side;
  return text;
}

}  // namespace constrint

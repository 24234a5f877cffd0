// SPDX-License-Identifier: Apache-2.0
#include "check_figures.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "hw_db/fields.hpp"

namespace flashrnn::hw {
namespace {

constexpr std::string_view kInstructions = "matrix_instructions";
constexpr std::string_view kRate = "flops_per_clock_per_compute_unit";

std::string short_number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.10g", value);
  return text.data();
}

class FigureChecker {
 public:
  FigureChecker(const Document& document, std::vector<Problem>& problems) : document_(document), problems_(problems) {}

  void run() {
    const Node* figures = document_.root.find("figures");
    if (figures == nullptr) return note(1, "figures", "is missing");
    if (!figures->is_object()) return note(figures->line, "figures", "has to be an object");
    for (const Node& node : figures->members) {
      const std::string& name = node.key;
      if (name == kInstructions && document_.kind == Kind::kGpu) {
        check_instructions(node);
      } else if (document_.kind == Kind::kGpu) {
        check_field(name, node, gpu_fields());
      } else {
        check_field(name, node, cpu_fields());
      }
    }
  }

 private:
  void note(int line, std::string_view field, std::string message) {
    problems_.push_back(problem_at(document_, line, field, std::move(message)));
  }

  template <typename Facts>
  void check_field(const std::string& name, const Node& node, std::span<const Field<Facts>> fields) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name == name; });
    if (field == fields.end()) return note(node.line, name, unknown_field_message(name, document_.kind));
    const Node* value = check_citation(name, node);
    if (value == nullptr) return;
    if (std::holds_alternative<Text Facts::*>(field->member)) {
      check_word(name, *value);
    } else {
      check_number(name, *value, std::holds_alternative<Count Facts::*>(field->member), field->low, field->high);
    }
  }

  /// The value of a figure, an object with value, source and place; null if it is none.
  const Node* check_citation(std::string_view name, const Node& node) {
    if (!node.is_object()) {
      note(node.line, name, "has to be an object with value, source and where");
      return nullptr;
    }
    for (const Node& member : node.members) {
      const std::string& key = member.key;
      if (key != "value" && key != "source" && key != "where" && key != "formula") {
        note(member.line, name, "has '" + key + "'; it may have value, source, where and formula");
      }
    }
    if (node.string("source").empty()) note(node.line, name, "has no source");
    const Node* value = node.find("value");
    if (value == nullptr) note(node.line, name, "has no value");
    return value;
  }

  void check_number(std::string_view name, const Node& value, bool is_count, double low, double high) {
    if (!value.is_number()) return note(value.line, name, "has to be a number");
    if (is_count && value.type != Node::Type::kInteger) return note(value.line, name, "has to be a whole number");
    if (value.real < low || value.real > high) {
      const std::string unit(unit_of(name));
      note(value.line, name,
           "is " + short_number(value.real) + "; plausible is " + short_number(low) + " to " + short_number(high) +
               (unit.empty() ? "" : " " + unit));
    }
  }

  void check_word(std::string_view name, const Node& value) {
    if (!value.is_string()) return note(value.line, name, "has to be a text");
    if (value.text != "amx" && value.text != "sme" && value.text != "none") {
      note(value.line, name, "is '" + value.text + "'; it has to be amx, sme or none");
    }
  }

  void check_instructions(const Node& list) {
    if (!list.is_array()) return note(list.line, kInstructions, "has to be a list");
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const Node& item = list.items[i];
      if (!item.is_object() || item.string("name").empty()) {
        note(item.line, kInstructions, "has an entry without a name");
        continue;
      }
      const std::string field = std::string(kInstructions) + "/" + std::string(item.string("name"));
      for (std::size_t j = 0; j < i; ++j) {
        if (list.items[j].string("name") == item.string("name")) note(item.line, field, "stands twice");
      }
      for (const Node& member : item.members) check_instruction_member(field, member.key, member);
    }
  }

  void check_instruction_member(const std::string& field, const std::string& key, const Node& member) {
    constexpr double kTileMax = 512;
    constexpr std::array<std::string_view, 4> kTypes = {"bf16", "fp16", "tf32", "fp32"};
    if (key == "m" || key == "n" || key == "k" || key == "n_step") {
      check_number(field + "/" + key, member, true, 1, kTileMax);
    } else if (key == "accumulate") {
      if (member.text != "fp16" && member.text != "fp32") {
        note(member.line, field + "/" + key, "has to be fp16 or fp32");
      }
    } else if (key == "input") {
      if (!member.is_string() || std::find(kTypes.begin(), kTypes.end(), member.text) == kTypes.end()) {
        note(member.line, field + "/" + key, "has to be bf16, fp16, tf32 or fp32");
      }
    } else if (key == kRate) {
      const std::string name = field + "/" + key;
      const Node* value = check_citation(name, member);
      if (value != nullptr) check_number(name, *value, false, 16, 65536);
    } else if (key != "name" && key != "source" && key != "where") {
      note(member.line, field,
           "has '" + key + "'; it may have name, m, n, k, n_step, input, accumulate, source, where and " +
               std::string(kRate));
    }
  }

  const Document& document_;
  std::vector<Problem>& problems_;
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

template <typename Facts>
std::string nearest(std::string_view name, std::span<const Field<Facts>> fields) {
  const auto best = std::min_element(fields.begin(), fields.end(), [&](const auto& a, const auto& b) {
    return edit_distance(name, a.name) < edit_distance(name, b.name);
  });
  return std::string(best->name);
}

}  // namespace

std::string unknown_field_message(std::string_view name, Kind kind) {
  const std::string meant = kind == Kind::kGpu ? nearest(name, gpu_fields()) : nearest(name, cpu_fields());
  std::string message = "is no field; the nearest is " + meant;
  const std::string unit(unit_of(meant));
  if (!unit.empty() && unit_of(name) != unit) message += ", in " + unit;
  return message;
}

void check_figures(const Document& document, std::vector<Problem>& problems) {
  FigureChecker(document, problems).run();
}

}  // namespace flashrnn::hw

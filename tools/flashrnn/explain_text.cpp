// SPDX-License-Identifier: Apache-2.0
#include "explain_text.hpp"

#include <algorithm>
#include <cmath>

#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

using Align = Table::Align;

/// Three digits or more, as a reader compares them: 0.0123, 1.23, 12.3, 1230.
std::string number_text(double value) {
  const double size = std::fabs(value);
  if (size == 0) return "0";
  return format(size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : size >= 0.1 ? "%.3f" : "%.2g", value);
}

std::string milliseconds_text(double us) { return number_text(us / 1000.0); }

std::string percent_text(double part, double whole) {
  return whole > 0 ? format("%.0f %%", 100.0 * part / whole) : "-";
}

std::string quantity_text(double value, const std::string& unit) {
  if (unit == "B" && value >= 1) return bytes_text(std::llround(value));
  return format("%.6g", value) + (unit.empty() ? "" : " " + unit);
}

std::string choices_text(const std::vector<plan::Choice>& choices) {
  std::vector<std::string> words;
  for (const plan::Choice& choice : choices) words.push_back(choice.name + " " + std::to_string(choice.value));
  return join(words);
}

/// Without those that are 0 or 1, which say that something is not done.
std::string main_choices_text(std::vector<plan::Choice> choices) {
  std::erase_if(choices, [](const plan::Choice& choice) { return choice.value == 0 || choice.value == 1; });
  return choices_text(choices);
}

std::string plan_lines(const plan::Report& report, const std::string& description) {
  const plan::Candidate& chosen = report.chosen;
  std::vector<std::vector<std::string>> lines{
      {"device", report.device + (description.empty() ? "" : " (" + description + ")")}, {"problem", report.problem}};
  if (chosen.refusal.empty()) {
    lines.push_back({"plan", chosen.form});
    if (!chosen.choices.empty()) lines.push_back({"choices", choices_text(chosen.choices)});
    lines.push_back({"estimate", number_text(chosen.us_per_step) + " us per step, " +
                                     milliseconds_text(chosen.total_us) + " ms in all"});
  } else {
    lines.push_back({"plan", "none: " + (chosen.form.empty() ? "" : chosen.form + " is refused, ") + chosen.refusal});
  }
  lines.push_back({"planned in", number_text(report.planning_ms) + " ms"});
  return field_lines(lines);
}

std::string usage_text(const std::vector<plan::Usage>& usage) {
  if (usage.empty()) return "";
  Table table({{"resource", Align::kLeft}, {"used"}, {"limit"}, {"share"}});
  for (const plan::Usage& u : usage) {
    table.add({u.what, quantity_text(u.used, u.unit), quantity_text(u.limit, u.unit), percent_text(u.used, u.limit)});
  }
  return "\n" + table.text();
}

/// Hidden parts overlap with others: their time is shown in brackets and has no share.
std::string cost_text(const plan::Candidate& candidate) {
  if (candidate.cost.empty()) return "";
  Table table({{"cost", Align::kLeft}, {"us per step"}, {"share"}});
  for (const plan::CostPart& part : candidate.cost) {
    table.add({part.what, part.hidden ? "(" + number_text(part.us_per_step) + ")" : number_text(part.us_per_step),
               part.hidden ? "hidden" : percent_text(part.us_per_step, candidate.us_per_step)});
  }
  table.add({"together", number_text(candidate.us_per_step), ""});
  return "\n" + table.text();
}

std::string others_text(const plan::Report& report) {
  if (report.others.empty()) return "";
  Table table({{"other candidates", Align::kLeft},
               {"us per step"},
               {"total ms"},
               {"to the plan"},
               {"choices, or what refuses it", Align::kLeft}});
  for (const plan::Candidate& c : report.others) {
    if (!c.refusal.empty()) {
      table.add({c.form, "-", "-", "-", "refused: " + c.refusal});
      continue;
    }
    const bool comparable = report.chosen.refusal.empty() && report.chosen.total_us > 0;
    table.add({c.form, number_text(c.us_per_step), milliseconds_text(c.total_us),
               comparable ? format("%.2fx", c.total_us / report.chosen.total_us) : "-", choices_text(c.choices)});
  }
  return "\n" + table.text();
}

std::string notes_text(const std::vector<std::string>& notes) {
  if (notes.empty()) return "";
  std::string text = "\nNotes:\n";
  for (const std::string& note : notes) text += "- " + note + "\n";
  return text;
}

Json candidate_json(const plan::Candidate& c) {
  Json choices = Json::object();
  for (const plan::Choice& choice : c.choices) choices[choice.name] = choice.value;
  Json usage = Json::array();
  for (const plan::Usage& u : c.usage) {
    usage.push_back({{"what", u.what}, {"unit", u.unit}, {"used", u.used}, {"limit", u.limit}});
  }
  Json cost = Json::array();
  for (const plan::CostPart& part : c.cost) {
    cost.push_back({{"what", part.what}, {"us_per_step", part.us_per_step}, {"hidden", part.hidden}});
  }
  const bool can_be = c.refusal.empty();
  return {{"form", c.form},
          {"choices", choices},
          {"usage", usage},
          {"cost", cost},
          {"us_per_step", can_be ? Json(c.us_per_step) : Json(nullptr)},
          {"total_us", can_be ? Json(c.total_us) : Json(nullptr)},
          {"refusal", can_be ? Json(nullptr) : Json(c.refusal)}};
}

}  // namespace

std::string explain_text(const plan::Report& report, const std::string& description) {
  return plan_lines(report, description) + usage_text(report.chosen.usage) + cost_text(report.chosen) +
         others_text(report) + notes_text(report.notes);
}

Json explain_json(const plan::Report& report) {
  Json others = Json::array();
  for (const plan::Candidate& candidate : report.others) others.push_back(candidate_json(candidate));
  return {{"device", report.device}, {"problem", report.problem}, {"chosen", candidate_json(report.chosen)},
          {"others", others},        {"notes", report.notes},     {"planning_ms", report.planning_ms}};
}

void sort_by_time(std::vector<plan::Report>& reports) {
  std::stable_sort(reports.begin(), reports.end(), [](const plan::Report& a, const plan::Report& b) {
    const bool a_can = a.chosen.refusal.empty();
    const bool b_can = b.chosen.refusal.empty();
    return a_can != b_can ? a_can : a_can && a.chosen.total_us < b.chosen.total_us;
  });
}

std::string comparison_text(const std::vector<plan::Report>& reports) {
  Table table({{"device", Align::kLeft},
               {"form", Align::kLeft},
               {"us per step"},
               {"total ms"},
               {"choices above 1, or what refuses it", Align::kLeft}});
  for (const plan::Report& report : reports) {
    const plan::Candidate& c = report.chosen;
    const bool can_be = c.refusal.empty();
    table.add({report.device, c.form.empty() ? "-" : c.form, can_be ? number_text(c.us_per_step) : "-",
               can_be ? milliseconds_text(c.total_us) : "-",
               can_be ? main_choices_text(c.choices) : "refused: " + c.refusal});
  }
  return table.text();
}

Json comparison_json(const std::vector<plan::Report>& reports) {
  Json rows = Json::array();
  for (const plan::Report& report : reports) rows.push_back(explain_json(report));
  return rows;
}

}  // namespace flashrnn::tool

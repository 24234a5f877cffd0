// SPDX-License-Identifier: Apache-2.0
#include "constrint/solve.hpp"

#include <charconv>
#include <chrono>
#include <limits>
#include <memory>

#include "commands.hpp"
#include "lists.hpp"
#include "model_options.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

struct Options {
  ModelOptions model;
  std::string order;
  std::int64_t all = 1;
  std::string minimize;
  std::string maximize;
  std::vector<std::string> exclude;
  std::int64_t node_limit = 0;
  double time_limit = 0;
  bool count = false;
  bool json = false;
  bool time = false;
};

struct Answer {
  SolveResult result;
  bool optimal = false;  ///< an objective was given
  double parse_ms = 0;
  double solve_ms = 0;
};

const char* outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
      return "complete";
    case Outcome::kNodeLimit:
      return "node limit";
    case Outcome::kTimeLimit:
      return "time limit";
    case Outcome::kOverflow:
      return "overflow";
    case Outcome::kBadOptions:
      return "bad options";
  }
  return "";
}

Json json_of(const Options& o, const Model& model, const Answer& answer) {
  const SolveResult& r = answer.result;
  Json solutions = Json::array();
  for (const Solution& solution : r.solutions) {
    Json values = Json::object();
    for (std::size_t i = 0; i < solution.size(); ++i) values[model.variables()[i].name] = solution[i];
    solutions.push_back(std::move(values));
  }
  Json out{{"solutions", std::move(solutions)},
           {"complete", r.outcome == Outcome::kComplete},
           {"outcome", outcome_name(r.outcome)},
           {"exhausted", r.exhausted},
           {"count", r.count}};
  if (answer.optimal && !r.solutions.empty()) out["objective"] = r.objective;
  out["nodes"] = r.nodes;
  out["propagations"] = r.propagations;
  if (!r.message.empty()) out["message"] = r.message;
  if (o.time) {
    out["parse_ms"] = answer.parse_ms;
    out["solve_ms"] = answer.solve_ms;
  }
  return out;
}

/// A row for each solution where the lines stay short, else a line for each variable.
std::string solutions_text(const Model& model, const std::vector<Solution>& solutions) {
  Rows rows(1);
  for (const Variable& variable : model.variables()) rows[0].push_back(variable.name);
  for (const Solution& solution : solutions) {
    rows.emplace_back();
    for (const Value value : solution) rows.back().push_back(std::to_string(value));
  }
  const std::string table = aligned(rows, std::vector<bool>(rows[0].size(), true));
  if (solutions.size() > 1 && table.find('\n') <= 120) return table;
  std::string out;
  for (std::size_t s = 1; s < rows.size(); ++s) {
    Rows lines;
    for (std::size_t i = 0; i < rows[0].size(); ++i) lines.push_back({rows[0][i], rows[s][i]});
    if (solutions.size() > 1) out += (s > 1 ? "\nsolution " : "solution ") + std::to_string(s) + "\n";
    out += aligned(lines, {false, true});
  }
  return out;
}

std::string summary(const Options& o, const Answer& answer) {
  const SolveResult& r = answer.result;
  const auto found = static_cast<std::int64_t>(r.solutions.size());
  const std::int64_t count = o.count ? r.count : found;
  std::string text;
  if (count == 0) {
    text = "No solution";
    text += r.exhausted ? "; 'constrint explain' says which constraints are in conflict." : " was found.";
  } else if (answer.optimal) {
    text = "Objective " + std::to_string(r.objective) + (r.exhausted ? ", the best." : ", the best so far.");
  } else {
    text = std::to_string(count) + (count == 1 ? " solution" : " solutions");
    text += r.exhausted ? "; there are no more." : "; there may be more.";
  }
  if (r.outcome == Outcome::kNodeLimit || r.outcome == Outcome::kTimeLimit) {
    text += std::string(" Stopped by the ") + outcome_name(r.outcome) + " after " + std::to_string(r.nodes) + " nodes.";
  }
  return text;
}

std::string text_of(const Options& o, const Model& model, const Answer& answer) {
  std::string out = solutions_text(model, answer.result.solutions);
  if (!out.empty()) out += "\n";
  out += summary(o, answer) + "\n";
  if (o.time) {
    out += "parsed in " + time_text(answer.parse_ms) + ", solved in " + time_text(answer.solve_ms) + ", " +
           std::to_string(answer.result.nodes) + " nodes, " + std::to_string(answer.result.propagations) +
           " propagations\n";
  }
  return out;
}

ExitCode exit_code(const Options& o, const SolveResult& r) {
  if (r.outcome == Outcome::kOverflow) return kExitOverflow;
  if (r.outcome != Outcome::kComplete) return kExitLimit;
  return (o.count ? r.count > 0 : !r.solutions.empty()) ? kExitYes : kExitNo;
}

SolveOptions solve_options(const Options& o, const Model& model) {
  SolveOptions options;
  if (!o.order.empty()) options.order = read_order("--order", o.order);
  for (const OrderedVariable& variable : options.order) index_of("--order", model, variable.name);
  options.distinct_by_order = !options.order.empty();
  options.max_solutions = o.count && o.all == 1 ? 0 : o.all;
  options.count_only = o.count;
  for (const std::string& list : o.exclude) {
    options.exclude.push_back(read_assignments("--exclude", list));
    for (const Assigned& assigned : options.exclude.back()) index_of("--exclude", model, assigned.name);
  }
  options.node_limit = o.node_limit;
  options.time_limit_ms = o.time_limit;
  return options;
}

ExitCode run(const Options& o) {
  Loaded loaded = load(o.model);
  if (!o.minimize.empty() && !o.maximize.empty()) throw UsageError("Give --minimize or --maximize, not both.");
  if (!o.minimize.empty()) set_objective(loaded.model, "--minimize", o.minimize, false);
  if (!o.maximize.empty()) set_objective(loaded.model, "--maximize", o.maximize, true);
  Answer answer;
  answer.parse_ms = loaded.parse_ms;
  answer.optimal = loaded.model.objective().has_value();
  if (answer.optimal && o.count) {
    throw UsageError("With an objective the best solution alone is searched for; take --count or the objective away.");
  }
  const SolveOptions options = solve_options(o, loaded.model);
  const auto start = std::chrono::steady_clock::now();
  answer.result = solve(loaded.model, options);
  answer.solve_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (answer.result.outcome == Outcome::kBadOptions) throw UsageError(answer.result.message);
  if (o.json) {
    print_json(json_of(o, loaded.model, answer));
  } else {
    print(text_of(o, loaded.model, answer));
  }
  if (answer.result.outcome == Outcome::kOverflow) throw Overflow(answer.result.message);
  return exit_code(o, answer.result);
}

/// An option that takes a number within [least, most]; anything else is a UsageError that names both.
template <typename Number>
void add_number(CLI::App& app, const std::string& name, Number& target, Number least, Number most,
                const std::string& type, const std::string& description) {
  const auto check = [=](const std::string& text) -> std::string {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most) return {};
    throw UsageError(name + " is '" + text + "'; give a number from " +
                     std::to_string(static_cast<std::int64_t>(least)) + " to " +
                     std::to_string(static_cast<std::int64_t>(most)) + ".");
  };
  app.add_option(name, target, description)->check(CLI::Validator(check, "", "number"))->type_name(type);
}

}  // namespace

Action add_solve(CLI::App& app) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  const auto o = std::make_shared<Options>();
  add_model_options(app, o->model);
  app.add_option("--order", o->order,
                 "The variables to decide first, and which of their values comes first: 'A:largest,B:smallest'")
      ->type_name("LIST");
  add_number<std::int64_t>(app, "--all", o->all, 0, kMost, "N", "Up to N solutions instead of one; 0: every one");
  app.add_flag("--count", o->count, "Count the solutions (up to --all, or every one) and print none");
  app.add_option("--minimize", o->minimize, "Find the solution in which this term is smallest")->type_name("TERM");
  app.add_option("--maximize", o->maximize, "Find the solution in which this term is largest")->type_name("TERM");
  app.add_option("--exclude", o->exclude, "No solution with all of these values: 'A=1,B=2'; may be given again")
      ->type_name("LIST")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_number<std::int64_t>(app, "--node-limit", o->node_limit, 0, kMost, "N",
                           "Stop the search after N decisions; 0: never");
  add_number<double>(app, "--time-limit", o->time_limit, 0.0, 1e12, "MS", "Stop it after MS milliseconds; 0: never");
  app.add_flag("--json", o->json, "Print JSON");
  app.add_flag("--time", o->time, "Print how long it took");
  app.footer(
      "Solutions come in the order of the variables and values that --order gives; the other variables follow in the\n"
      "order of the text, smallest value first. With --order, each combination of values of its variables comes once.\n"
      "--minimize and --maximize take the place of an objective in the files; with one, --all is not looked at.\n"
      "Example: constrint solve kernel.txt device.txt --set HEAD_DIM=768 --order TILE:largest");
  return [o] { return run(*o); };
}

}  // namespace constrint::tool

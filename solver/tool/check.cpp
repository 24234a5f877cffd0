// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "commands.hpp"
#include "constrint/explain.hpp"
#include "lists.hpp"
#include "model_options.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

struct Options {
  ModelOptions model;
  std::vector<std::string> assign;
  bool json = false;
};

/// Values for all variables: those given, and those that follow from them by propagation.
struct Completed {
  std::vector<Assigned> values;
  std::vector<std::string> missing;
  bool feasible = true;
};

Completed complete(const Model& model, const std::vector<Assigned>& given) {
  Model narrowed = model;
  for (const Assigned& one : given) assign(narrowed, one.name, one.value, "--assign");
  Completed completed;
  completed.values = given;
  if (given.size() == model.variables().size()) return completed;
  const Domains domains = propagate(narrowed);
  if (!domains.message.empty()) throw Overflow(domains.message);
  completed.feasible = domains.feasible;
  if (!domains.feasible) return completed;
  for (std::size_t i = 0; i < model.variables().size(); ++i) {
    const std::string& name = model.variables()[i].name;
    if (std::any_of(given.begin(), given.end(), [&](const Assigned& one) { return one.name == name; })) continue;
    const std::vector<Progression>& values = domains.values[i];
    if (values.size() == 1 && values.front().first == values.front().last) {
      completed.values.push_back({name, values.front().first});
    } else {
      completed.missing.push_back(name);
    }
  }
  return completed;
}

/// No values of the other variables go with those given: the conflict says why.
ExitCode refuse(const Options& o, const Model& model, const std::vector<Assigned>& given) {
  Model narrowed = model;
  for (const Assigned& one : given) assign(narrowed, one.name, one.value, "--assign");
  const Conflict conflict = explain(narrowed);
  if (o.json) {
    print_json(Json{{"holds", false}, {"constraints", Json::array()}, {"conflict", conflict.text}});
    return kExitNo;
  }
  print("Does not hold, whatever the other variables are. In conflict:\n");
  for (const std::string& line : conflict.text) print("  " + line + "\n");
  return kExitNo;
}

void print_result(const Options& o, const Model& model, const Completed& completed, const CheckResult& result) {
  if (o.json) {
    Json list = Json::array();
    for (const ConstraintValues& one : result.constraints) {
      const Constraint& constraint = model.constraints()[static_cast<std::size_t>(one.constraint)];
      list.push_back({{"holds", one.holds},
                      {"tight", one.tight},
                      {"text", one.text},
                      {"part", constraint.part},
                      {"line", constraint.where.line}});
    }
    Json values = Json::object();
    for (const Assigned& one : completed.values) values[one.name] = one.value;
    Json out{{"holds", result.holds}, {"values", values}, {"constraints", list}};
    if (!result.message.empty()) out["message"] = result.message;
    print_json(out);
    return;
  }
  Rows rows{{"where", "", "constraint"}};
  for (const ConstraintValues& one : result.constraints) {
    rows.push_back({place_text(model.constraints()[static_cast<std::size_t>(one.constraint)]),
                    !one.holds  ? "FAILS"
                    : one.tight ? "tight"
                                : "holds",
                    one.text});
  }
  print(aligned(rows, {false, false, false}));
  const auto failed = std::count_if(result.constraints.begin(), result.constraints.end(),
                                    [](const ConstraintValues& one) { return !one.holds; });
  if (!result.message.empty()) print("\n" + result.message + ".\n");
  print(result.holds ? "\nAll hold.\n" : "\nDoes not hold: " + std::to_string(failed) + " constraints fail.\n");
}

bool in_domain(const Variable& variable, Value value) {
  return std::any_of(variable.domain.begin(), variable.domain.end(), [&](const Progression& p) {
    return value >= p.first && value <= p.last &&
           (static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(p.first)) %
                   static_cast<std::uint64_t>(p.step) ==
               0;
  });
}

ExitCode run(const Options& o) {
  const Loaded loaded = load(o.model);
  std::vector<Assigned> given;
  std::string joined;
  for (const std::string& list : o.assign) joined += (joined.empty() ? "" : ",") + list;
  if (!joined.empty()) given = read_assignments("--assign", joined);
  bool inside = true;
  for (const Assigned& one : given) {
    const std::int32_t index = index_of("--assign", loaded.model, one.name);
    inside = inside && in_domain(loaded.model.variables()[static_cast<std::size_t>(index)], one.value);
  }
  const Completed completed = complete(loaded.model, given);
  if (!completed.feasible) return refuse(o, loaded.model, given);
  if (!completed.missing.empty()) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(completed.missing.size(), 10); ++i) {
      names += (i == 0 ? "" : ", ") + completed.missing[i];
    }
    if (completed.missing.size() > 10) names += ", and " + std::to_string(completed.missing.size() - 10) + " more";
    throw UsageError("The values given do not determine all variables. Add to --assign values of: " + names + ".");
  }
  const CheckResult result = check(loaded.model, completed.values);
  print_result(o, loaded.model, completed, result);
  // With every variable in its domain, only an overflow leaves a message.
  if (!result.message.empty() && inside) throw Overflow(result.message);
  return result.holds ? kExitYes : kExitNo;
}

}  // namespace

Action add_check(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  add_model_options(app, o->model);
  app.add_option("--assign", o->assign, "The values: 'A=1,B=2'")
      ->type_name("LIST")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Variables whose values follow from those given need none. A constraint is tight when it holds with nothing to\n"
      "spare: an inequality with equal sides, an alternative of which one branch holds.\n"
      "Example: constrint check rules.txt --assign 'TILE=16,WARPS=4'");
  return [o] { return run(*o); };
}

}  // namespace constrint::tool

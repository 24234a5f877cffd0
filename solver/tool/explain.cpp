// SPDX-License-Identifier: Apache-2.0
#include "constrint/explain.hpp"

#include <memory>

#include "commands.hpp"
#include "model_options.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

struct Options {
  ModelOptions model;
  double time_limit = 1000;
  bool json = false;
};

const char* kind_name(Conflict::Kind kind) {
  switch (kind) {
    case Conflict::Kind::kFeasible:
      return "feasible";
    case Conflict::Kind::kMinimal:
      return "minimal";
    case Conflict::Kind::kReduced:
      return "reduced";
    case Conflict::Kind::kUnknown:
      return "unknown";
  }
  return "";
}

Json json_of(const Model& model, const Conflict& conflict) {
  Json list = Json::array();
  for (std::size_t i = 0; i < conflict.constraints.size(); ++i) {
    const Constraint& constraint = model.constraints()[static_cast<std::size_t>(conflict.constraints[i])];
    list.push_back({{"constraint", model.text(constraint.root)},
                    {"text", i < conflict.text.size() ? conflict.text[i] : ""},
                    {"part", constraint.part},
                    {"line", constraint.where.line}});
  }
  Json out{{"kind", kind_name(conflict.kind)}, {"conflict", list}};
  if (!conflict.message.empty()) out["message"] = conflict.message;
  return out;
}

std::string text_of(const Model& model, const Conflict& conflict) {
  if (conflict.kind == Conflict::Kind::kFeasible) return "There is a solution: nothing is in conflict.\n";
  if (conflict.kind == Conflict::Kind::kUnknown)
    return "Not known whether there is a solution: " + conflict.message + ".\n";
  Rows rows;
  for (std::size_t i = 0; i < conflict.constraints.size(); ++i) {
    const Constraint& constraint = model.constraints()[static_cast<std::size_t>(conflict.constraints[i])];
    rows.push_back(
        {"  " + place_text(constraint), i < conflict.text.size() ? conflict.text[i] : model.text(constraint.root)});
  }
  const std::string head =
      conflict.kind == Conflict::Kind::kMinimal
          ? "No solution. In conflict, and without any one of them no longer:\n"
          : "No solution. In conflict (the time did not suffice to leave out what is not needed):\n";
  std::string out = head + aligned(rows, {false, false});
  if (!conflict.message.empty()) out += conflict.message + ".\n";
  return out;
}

ExitCode run(const Options& o) {
  const Loaded loaded = load(o.model);
  const Conflict conflict = explain(loaded.model, o.time_limit);
  if (o.json) {
    print_json(json_of(loaded.model, conflict));
  } else {
    print(text_of(loaded.model, conflict));
  }
  if (conflict.kind == Conflict::Kind::kFeasible) return kExitYes;
  if (conflict.kind != Conflict::Kind::kUnknown) return kExitNo;
  const Domains domains = propagate(loaded.model);
  return domains.message.empty() ? kExitLimit : kExitOverflow;
}

}  // namespace

Action add_explain(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  add_model_options(app, o->model);
  app.add_option("--time-limit", o->time_limit, "Time to look for the smallest conflict")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->type_name("MS");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Each line names a constraint of the conflict, and the values that its variables can take from the others.\n"
      "Example: constrint explain kernel.txt --set HEAD_DIM=100");
  return [o] { return run(*o); };
}

}  // namespace constrint::tool

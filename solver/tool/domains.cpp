// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "commands.hpp"
#include "constrint/solve.hpp"
#include "model_options.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

struct Options {
  ModelOptions model;
  bool json = false;
};

Json json_of(const Model& model, const Domains& domains) {
  Json values = Json::object();
  for (std::size_t i = 0; i < domains.values.size(); ++i) {
    Json list = Json::array();
    for (const Progression& p : domains.values[i]) {
      list.push_back({{"first", p.first}, {"last", p.last}, {"step", p.step}});
    }
    values[model.variables()[i].name] = std::move(list);
  }
  Json out{{"feasible", domains.feasible}, {"domains", values}};
  if (!domains.message.empty()) out["message"] = domains.message;
  return out;
}

ExitCode run(const Options& o) {
  const Loaded loaded = load(o.model);
  const Domains domains = propagate(loaded.model);
  if (o.json) {
    print_json(json_of(loaded.model, domains));
  } else if (domains.message.empty() && domains.feasible) {
    Rows rows{{"variable", "values"}};
    for (std::size_t i = 0; i < domains.values.size(); ++i) {
      rows.push_back({loaded.model.variables()[i].name, domain_text(domains.values[i])});
    }
    print(aligned(rows, {false, false}));
  } else if (domains.message.empty()) {
    print("No solution; 'constrint explain' says which constraints are in conflict.\n");
  }
  if (!domains.message.empty()) throw Overflow(domains.message);
  return domains.feasible ? kExitYes : kExitNo;
}

}  // namespace

Action add_domains(CLI::App& app) {
  const auto o = std::make_shared<Options>();
  add_model_options(app, o->model);
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "first..last step s are the values first, first + s, ..., last. Values that no solution has may be among them:\n"
      "nothing is searched.\n"
      "Example: constrint domains rules.txt --set HEAD_DIM=768");
  return [o] { return run(*o); };
}

}  // namespace constrint::tool

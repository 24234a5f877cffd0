// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "constrint/constrint.hpp"
#include "tests/constrint/tiling_models.hpp"
#ifdef CONSTRINT_BENCH_GECODE
#include "bench/constrint/peer.hpp"
#endif

/// bench_constrint [LIMIT_MS]: ours and Gecode on every tiling model, one JSON line each.
/// bench_constrint --dump: the models as trees, for peers in other languages.
namespace {

using Json = nlohmann::ordered_json;
using constrint::Model;
using constrint::SolveOptions;
using constrint::SolveResult;

double milliseconds_of(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// The median of calls over about a fifth of a second, at least three and at most 200, behind a twentieth of a second
/// of calls that are not counted: the first ones of a process meet a cold machine.
double median_ms(const std::function<void()>& call) {
  std::vector<double> times;
  double total = 0;
  while (total < 50) total += milliseconds_of(call);
  total = 0;
  while (times.size() < 3 || (total < 200 && times.size() < 200)) {
    times.push_back(milliseconds_of(call));
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

Model parsed(const std::string& text) {
  constrint::ParseResult result = constrint::parse(text);
  if (result.ok()) return std::move(result.model);
  std::fprintf(stderr, "%s\n", result.errors.front().text().c_str());
  std::exit(1);
}

Json named(const Model& model, const constrint::Solution& solution) {
  Json values = Json::object();
  for (std::size_t i = 0; i < solution.size(); ++i) values[model.variables()[i].name] = solution[i];
  return values;
}

bool checked(const Model& model, const constrint::Solution& solution) {
  std::vector<constrint::Assigned> values;
  for (std::size_t i = 0; i < solution.size(); ++i) values.push_back({model.variables()[i].name, solution[i]});
  return check(model, values).holds;
}

Json tree(const Model& model, constrint::NodeId id) {
  static constexpr const char* kNames[] = {"const", "var", "list", "neg", "+",  "-", "*",  "/", "%",   "^",
                                           "min",   "max", "==",   "!=",  "<=", "<", ">=", ">", "all", "any"};
  const constrint::Node& node = model.node(id);
  if (node.op == constrint::Op::kConstant) return node.value;
  if (node.op == constrint::Op::kVariable) return model.variables()[static_cast<std::size_t>(node.value)].name;
  Json list = Json::array({kNames[static_cast<std::size_t>(node.op)]});
  for (const constrint::NodeId child : model.children(id)) list.push_back(tree(model, child));
  if (node.op == constrint::Op::kPower) list.push_back(node.value);
  return list;
}

Model with_objective(Model model) {
  parse_objective(model, constrint::testing::tiling_objective(), false);
  return model;
}

void dump() {
  Json all = Json::array();
  for (const auto& problem : constrint::testing::tiling_problems()) {
    const Model model = with_objective(parsed(tiling_model(problem, false)));
    Json constraints = Json::array();
    for (const constrint::Constraint& constraint : model.constraints()) {
      constraints.push_back(tree(model, constraint.root));
    }
    Json variables = Json::array();
    for (const constrint::Variable& variable : model.variables()) {
      variables.push_back({variable.name, variable.domain.front().first, variable.domain.back().last});
    }
    Json order = Json::array();
    for (const auto& next : constrint::testing::tiling_options().order) {
      order.push_back({next.name, next.values == constrint::ValueOrder::kLargestFirst});
    }
    all.push_back({{"problem", problem.name},
                   {"text", model.text()},
                   {"variables", variables},
                   {"constraints", constraints},
                   {"objective", tree(model, model.objective()->term)},
                   {"order", order}});
  }
  std::printf("%s\n", all.dump().c_str());
}

void print(const Json& row) {
  std::printf("%s\n", row.dump().c_str());
  std::fflush(stdout);
}

void run_ours(const constrint::testing::TilingProblem& problem) {
  const std::string text = tiling_model(problem, false);
  const std::string compat = tiling_model(problem, true);
  const Model model = parsed(text);
  const Model best_model = with_objective(model);
  const SolveOptions options = constrint::testing::tiling_options();
  SolveResult first;
  SolveResult best;
  Json row{{"solver", "constrint"}, {"problem", problem.name}};
  row["constraints"] = model.constraints().size();
  row["variables"] = model.variables().size();
  row["parse_ms"] = median_ms([&] { constrint::parse(compat, {.compat = true}); });
  row["first_ms"] = median_ms([&] { first = solve(model, options); });
  row["nodes"] = first.nodes;
  row["first_complete"] = first.outcome == constrint::Outcome::kComplete;
  if (!first.solutions.empty()) {
    row["first"] = named(model, first.solutions.front());
    row["first_holds"] = checked(model, first.solutions.front());
  }
  row["best_ms"] = median_ms([&] { best = solve(best_model, options); });
  row["best_complete"] = best.outcome == constrint::Outcome::kComplete && best.exhausted;
  if (!best.solutions.empty()) {
    row["best_holds"] = checked(model, best.solutions.front());
    row["objective"] = best.objective;
  }
  print(row);
}

#ifdef CONSTRINT_BENCH_GECODE
void run_gecode(const constrint::testing::TilingProblem& problem, double limit_ms) {
  const Model model = parsed(tiling_model(problem, false));
  const SolveOptions options = constrint::testing::tiling_options();
  Json row{{"solver", "Gecode " + constrint::bench::gecode_version()}, {"problem", problem.name}};
  const auto measure = [&](const Model& one, const std::string& what) {
    constrint::bench::PeerAnswer answer = constrint::bench::solve_by_gecode(one, options, limit_ms);
    if (answer.complete && answer.milliseconds < 100) {
      answer.milliseconds = median_ms([&] { answer = constrint::bench::solve_by_gecode(one, options, limit_ms); });
    }
    row[what + "_ms"] = answer.milliseconds;
    row[what + "_complete"] = answer.complete;
    if (!answer.solution) return;
    row[what] = named(one, *answer.solution);
    row[what + "_holds"] = checked(one, *answer.solution);
  };
  measure(model, "first");
  const Model best_model = with_objective(model);
  measure(best_model, "best");
  print(row);
}
#endif

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--dump") {
    dump();
    return 0;
  }
  [[maybe_unused]] const double limit_ms = argc == 2 ? std::strtod(argv[1], nullptr) : 3000.0;
  for (const auto& problem : constrint::testing::tiling_problems()) {
    run_ours(problem);
#ifdef CONSTRINT_BENCH_GECODE
    run_gecode(problem, limit_ms);
#endif
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "constrint/explain.hpp"
#include "constrint/solve.hpp"
#include "search/search.hpp"
#include "tests/constrint/brute_force.hpp"
#include "tests/constrint/fuzz/solve/small_model.hpp"

/// Small models from bytes against the enumeration of all their values: the same solutions in the same order, the same
/// optimum, check() and explain() in agreement, and propagation that takes no solution away.
namespace {

using constrint::Model;
using constrint::Outcome;
using constrint::Solution;
using constrint::SolveOptions;
using constrint::SolveResult;
using constrint::testing::Oracle;

std::vector<constrint::Assigned> named(const Model& model, const Solution& values) {
  std::vector<constrint::Assigned> assigned;
  for (std::size_t i = 0; i < values.size(); ++i) assigned.push_back({model.variables()[i].name, values[i]});
  return assigned;
}

std::string described(const Model& model, const SolveOptions& options) {
  std::string text = model.text() + "# order";
  for (const auto& v : options.order) {
    text += " " + v.name + (v.values == constrint::ValueOrder::kLargestFirst ? ":largest" : ":smallest");
  }
  text += options.rest == constrint::ValueOrder::kLargestFirst ? ", rest largest" : ", rest smallest";
  if (options.distinct_by_order) text += ", distinct";
  for (const auto& list : options.exclude) {
    text += ", not";
    for (const auto& one : list) text += " " + one.name + "=" + std::to_string(one.value);
  }
  return text;
}

std::vector<std::int32_t> all_constraints(const Model& model) {
  std::vector<std::int32_t> all(model.constraints().size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check_search(const Model& model, SolveOptions options, const std::vector<Solution>& expected, const char* text) {
  options.max_solutions = 0;
  const SolveResult all = solve(model, options);
  FUZZ_CHECK(all.outcome == Outcome::kComplete && all.exhausted, "outcome %d: %s\n%s", static_cast<int>(all.outcome),
             all.message.c_str(), text);
  FUZZ_CHECK(all.solutions == expected, "%zu solutions instead of %zu, or another order\n%s", all.solutions.size(),
             expected.size(), text);
  const std::vector<std::int32_t> every = all_constraints(model);
  constrint::Search strong(model, every, options);
  strong.strong_after(0);
  FUZZ_CHECK(strong.run().solutions == expected, "strong propagation changes the solutions\n%s", text);
  options.max_solutions = 1;
  const SolveResult first = solve(model, options);
  FUZZ_CHECK(first.solutions.size() == std::min<std::size_t>(expected.size(), 1), "%zu first solutions\n%s",
             first.solutions.size(), text);
  FUZZ_CHECK(expected.empty() || first.solutions.front() == expected.front(), "another first solution\n%s", text);
  options.max_solutions = 0;
  options.count_only = true;
  const SolveResult count = solve(model, options);
  FUZZ_CHECK(count.count == static_cast<std::int64_t>(expected.size()), "counted %lld instead of %zu\n%s",
             static_cast<long long>(count.count), expected.size(), text);
}

void check_optimum(const Model& model, Oracle* oracle, SolveOptions options, const char* text) {
  options.distinct_by_order = false;
  const std::vector<Solution> all = oracle->solutions(options);
  std::vector<Oracle::Wide> objectives;
  for (const Solution& one : all) objectives.push_back(oracle->objective(one));
  if (oracle->met_large()) return;
  const SolveResult best = solve(model, options);
  FUZZ_CHECK(best.outcome == Outcome::kComplete && best.exhausted, "outcome %d: %s\n%s", static_cast<int>(best.outcome),
             best.message.c_str(), text);
  FUZZ_CHECK(best.solutions.size() == std::min<std::size_t>(all.size(), 1), "%zu best solutions of %zu\n%s",
             best.solutions.size(), all.size(), text);
  const std::vector<std::int32_t> every = all_constraints(model);
  constrint::Search halving(model, every, options);
  halving.strong_after(2);
  halving.budget(1);
  const SolveResult same = halving.run();
  FUZZ_CHECK(same.solutions == best.solutions && same.exhausted, "halving finds another one\n%s", text);
  if (all.empty()) return;
  const auto found = std::find(all.begin(), all.end(), best.solutions.front());
  FUZZ_CHECK(found != all.end(), "the best is no solution\n%s", text);
  const Oracle::Wide value = objectives[static_cast<std::size_t>(found - all.begin())];
  FUZZ_CHECK(value == best.objective, "the objective is not that of the solution\n%s", text);
  const auto ends = std::minmax_element(objectives.begin(), objectives.end());
  FUZZ_CHECK(value == (model.objective()->maximize ? *ends.second : *ends.first), "there is a better one\n%s", text);
}

void check_values(const Model& model, Oracle* oracle, const Solution& values, const char* text) {
  const constrint::CheckResult result = check(model, named(model, values));
  FUZZ_CHECK(result.constraints.size() == model.constraints().size(), "checked %zu: %s\n%s", result.constraints.size(),
             result.message.c_str(), text);
  for (const auto& one : result.constraints) {
    const bool holds = oracle->holds(model.constraints()[static_cast<std::size_t>(one.constraint)].root, values);
    FUZZ_CHECK(one.holds == holds, "'%s' holds: %d\n%s", one.text.c_str(), one.holds ? 1 : 0, text);
  }
  FUZZ_CHECK(result.holds == oracle->all_hold(values), "all hold: %d\n%s", result.holds ? 1 : 0, text);
}

void check_propagation(const Model& model, const std::vector<Solution>& solutions, const char* text) {
  const constrint::Domains domains = propagate(model);
  FUZZ_CHECK(domains.feasible || solutions.empty(), "propagation finds a feasible model infeasible\n%s", text);
  for (const Solution& solution : solutions) {
    for (std::size_t i = 0; i < solution.size(); ++i) {
      const bool there = std::any_of(domains.values[i].begin(), domains.values[i].end(), [&](const auto& p) {
        return solution[i] >= p.first && solution[i] <= p.last && (solution[i] - p.first) % p.step == 0;
      });
      FUZZ_CHECK(there, "propagation took a solution away\n%s", text);
    }
  }
}

void check_conflict(const Model& model, bool feasible, const char* text) {
  const constrint::Conflict conflict = explain(model);
  using Kind = constrint::Conflict::Kind;
  FUZZ_CHECK((conflict.kind == Kind::kFeasible) == feasible, "explained as kind %d: %s\n%s",
             static_cast<int>(conflict.kind), conflict.message.c_str(), text);
  if (feasible) return;
  Model domains;
  for (const constrint::Variable& variable : model.variables()) domains.declare(variable.name, variable.domain);
  const std::vector<Solution> candidates = Oracle(domains).solutions({});
  Oracle oracle(model);
  const auto feasible_without = [&](std::int32_t left_out) {
    return std::any_of(candidates.begin(), candidates.end(), [&](const Solution& candidate) {
      return std::all_of(conflict.constraints.begin(), conflict.constraints.end(), [&](std::int32_t c) {
        return c == left_out || oracle.holds(model.constraints()[static_cast<std::size_t>(c)].root, candidate);
      });
    });
  };
  FUZZ_CHECK(!feasible_without(-1), "the conflict is none\n%s", text);
  if (conflict.kind != Kind::kMinimal) return;
  for (const std::int32_t constraint : conflict.constraints) {
    FUZZ_CHECK(feasible_without(constraint), "constraint %d is not needed\n%s", constraint, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flashrnn::fuzz::Bytes in(data, size);
  const constrint::fuzz::SmallModel drawn = constrint::fuzz::draw_model(&in);
  const Model& model = drawn.constraints;
  const SolveOptions options = constrint::fuzz::draw_options(&in, model);
  const std::string text = described(drawn.whole, options);

  Oracle oracle(model);
  const std::vector<Solution> expected = oracle.solutions(options);
  if (oracle.met_large()) {
    SolveOptions all = options;
    all.max_solutions = 0;
    const SolveResult result = solve(model, all);
    FUZZ_CHECK(result.outcome == Outcome::kOverflow || result.solutions == expected, "neither overflow nor right\n%s",
               text.c_str());
    return 0;
  }
  check_search(model, options, expected, text.c_str());
  const std::vector<Solution> all = oracle.solutions({});
  check_propagation(model, all, text.c_str());
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 3); ++i) {
    check_values(model, &oracle, all[i], text.c_str());
  }
  Solution any;
  for (std::size_t i = 0; i < model.variables().size(); ++i) {
    const std::vector<constrint::Value> values = constrint::testing::values_of(model.variables()[i]);
    any.push_back(values[static_cast<std::size_t>(in.below(static_cast<std::int64_t>(values.size())))]);
  }
  check_values(model, &oracle, any, text.c_str());
  if (in.rarely(3)) check_conflict(model, !all.empty(), text.c_str());
  if (drawn.whole.objective()) {
    Oracle whole(drawn.whole);
    check_optimum(drawn.whole, &whole, options, text.c_str());
  }
  return 0;
}

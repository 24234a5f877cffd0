// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numeric>

#include "brute_force.hpp"
#include "constrint/parse.hpp"
#include "search/search.hpp"
#include "tiling_models.hpp"

namespace constrint::testing {
namespace {

Model tiling(const TilingProblem& problem, bool compat = false) {
  ParseOptions options;
  options.compat = compat;
  ParseResult parsed = parse(tiling_model(problem, compat), options);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

TEST(Tiling, EachProblemHasAFirstSolutionThatSatisfiesEveryConstraint) {
  for (const TilingProblem& problem : tiling_problems()) {
    SCOPED_TRACE(problem.name);
    const Model model = tiling(problem);
    SolveOptions options = tiling_options();
    options.node_limit = 5000;
    const SolveResult result = solve(model, options);
    ASSERT_EQ(result.outcome, Outcome::kComplete);
    ASSERT_EQ(result.solutions.size(), 1u);
    for (const Constraint& c : model.constraints()) {
      EXPECT_TRUE(holds(model, c.root, result.solutions[0])) << model.text(c.root);
    }
  }
}

TEST(Tiling, BothDialectsHaveTheSameSolution) {
  for (const TilingProblem& problem : tiling_problems()) {
    SCOPED_TRACE(problem.name);
    const Model native = tiling(problem);
    const Model compat = tiling(problem, true);
    const SolveResult a = solve(native, tiling_options());
    const SolveResult b = solve(compat, tiling_options());
    ASSERT_EQ(a.count, 1);
    ASSERT_EQ(b.count, 1);
    for (std::size_t x = 0; x < native.variables().size(); ++x) {
      const auto other = compat.find(native.variables()[x].name);
      ASSERT_TRUE(other.has_value());
      EXPECT_EQ(a.solutions[0][x], b.solutions[0][static_cast<std::size_t>(*other)]);
    }
  }
}

TEST(Tiling, TheFirstSolutionIsTheFirstOfAll) {
  // No earlier value of an ordered variable has a solution, given the values of those before it.
  const TilingProblem& problem = tiling_problems()[2];
  const Model model = tiling(problem);
  const SolveOptions options = tiling_options();
  const Solution first = solve(model, options).solutions.at(0);
  std::string fixed;
  for (const OrderedVariable& o : options.order) {
    const Value value = first[static_cast<std::size_t>(*model.find(o.name))];
    const bool largest = o.values == ValueOrder::kLargestFirst;
    ParseResult earlier =
        parse(tiling_model(problem, false) + fixed + o.name + (largest ? " > " : " < ") + std::to_string(value) + ";");
    ASSERT_TRUE(earlier.ok());
    SolveOptions any;
    any.order = options.order;
    const SolveResult result = solve(earlier.model, any);
    EXPECT_EQ(result.outcome, Outcome::kComplete);
    EXPECT_EQ(result.count, 0) << o.name;
    fixed += o.name + " == " + std::to_string(value) + ";\n";
  }
}

TEST(Tiling, AnObjectiveFindsNothingWorseThanTheFirst) {
  const TilingProblem& problem = tiling_problems()[2];
  ParseResult parsed = parse(tiling_model(problem, false) + "minimize " + tiling_objective() + ";");
  ASSERT_TRUE(parsed.ok()) << parsed.errors[0].text();
  SolveOptions options = tiling_options();
  const SolveResult best = solve(parsed.model, options);
  ASSERT_EQ(best.outcome, Outcome::kComplete);
  ASSERT_TRUE(best.exhausted);
  const Solution first = solve(tiling(problem), options).solutions.at(0);
  const auto values = term_values(parsed.model, parsed.model.objective()->term, first);
  EXPECT_LE(best.objective, *values.begin());
  // There is nothing better.
  ParseResult better =
      parse(tiling_model(problem, false) + tiling_objective() + " < " + std::to_string(best.objective) + ";");
  ASSERT_TRUE(better.ok());
  EXPECT_EQ(solve(better.model, tiling_options()).count, 0);
}

}  // namespace
}  // namespace constrint::testing

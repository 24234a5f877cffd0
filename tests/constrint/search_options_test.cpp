// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "brute_force.hpp"
#include "constrint/parse.hpp"
#include "constrint/solve.hpp"

namespace constrint::testing {
namespace {

Model model_of(const std::string& text) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

TEST(SolveOptions, ValuesComeInTheOrderThatWasAsked) {
  const Model model = model_of("var A, B in 1..3; A != B;");
  SolveOptions options;
  options.max_solutions = 0;
  options.order = {{"B", ValueOrder::kLargestFirst}};
  EXPECT_EQ(solve(model, options).solutions, (std::vector<Solution>{{1, 3}, {2, 3}, {1, 2}, {3, 2}, {2, 1}, {3, 1}}));
  options.rest = ValueOrder::kLargestFirst;
  EXPECT_EQ(solve(model, options).solutions, (std::vector<Solution>{{2, 3}, {1, 3}, {3, 2}, {1, 2}, {3, 1}, {2, 1}}));
}

TEST(SolveOptions, StopsAfterSoManySolutionsAndSaysThatThereMayBeMore) {
  const Model model = model_of("var A in 1..9;");
  SolveOptions options;
  options.max_solutions = 4;
  const SolveResult some = solve(model, options);
  EXPECT_EQ(some.count, 4);
  EXPECT_EQ(some.outcome, Outcome::kComplete);
  EXPECT_FALSE(some.exhausted);
  options.max_solutions = 10;
  const SolveResult all = solve(model, options);
  EXPECT_EQ(all.count, 9);
  EXPECT_TRUE(all.exhausted);
}

TEST(SolveOptions, CountsWithoutKeeping) {
  const Model model = model_of("var A, B, C in 0..9; A + B + C == 9;");
  SolveOptions options;
  options.max_solutions = 0;
  options.count_only = true;
  const SolveResult result = solve(model, options);
  EXPECT_EQ(result.count, 55);
  EXPECT_TRUE(result.solutions.empty());
}

TEST(SolveOptions, AModelWithoutVariablesOrConstraints) {
  EXPECT_EQ(solve(Model{}).count, 1);
  EXPECT_TRUE(solve(Model{}).exhausted);
  EXPECT_EQ(solve(model_of("3 <= 4;")).count, 1);
  EXPECT_EQ(solve(model_of("3 > 4;")).count, 0);
  EXPECT_EQ(solve(model_of("1 / 0 == 1 | 6 / 2 == 3;")).count, 1);
  EXPECT_EQ(solve(model_of("1 / 0 != 1;")).count, 0);
  EXPECT_EQ(solve(model_of("7 % 0 != 1;")).count, 0);
}

TEST(SolveOptions, TheNodeLimitIsReported) {
  const Model model = model_of("var A, B, C in 1..40; A * A + B * B == C * C + 1; A < B; B < C;");
  SolveOptions options;
  options.max_solutions = 0;
  options.node_limit = 5;
  const SolveResult result = solve(model, options);
  EXPECT_EQ(result.outcome, Outcome::kNodeLimit);
  EXPECT_EQ(result.nodes, 5);
  EXPECT_FALSE(result.exhausted);
}

TEST(SolveOptions, TheTimeLimitIsReported) {
  // No solution, and bounds creep: far too many nodes for 20 ms.
  const Model model = model_of("A * A * A + B * B * B == C * C * C;");
  SolveOptions options;
  options.time_limit_ms = 20;
  const SolveResult result = solve(model, options);
  EXPECT_EQ(result.outcome, Outcome::kTimeLimit);
  EXPECT_EQ(result.count, 0);
  EXPECT_FALSE(result.exhausted);
  const Model creeping = model_of("max(A, D) + 1 <= B; B + 1 <= C; C <= A;");
  EXPECT_EQ(solve(creeping, options).outcome, Outcome::kTimeLimit);
  const Model branches = model_of("A + 1 <= B & B + 1 <= A | C + 1 <= D & D + 1 <= C;");
  EXPECT_EQ(solve(branches, options).outcome, Outcome::kTimeLimit);
}

TEST(SolveOptions, WhatIsWrongIsNamed) {
  const Model model = model_of("var A, B in 1..3; A <= B;");
  const auto message = [&](SolveOptions options) {
    const SolveResult result = solve(model, options);
    EXPECT_EQ(result.outcome, Outcome::kBadOptions);
    EXPECT_EQ(result.count, 0);
    return result.message;
  };
  SolveOptions options;
  options.order = {{"Q", ValueOrder::kSmallestFirst}};
  EXPECT_NE(message(options).find("'Q'"), std::string::npos);
  options.order = {{"A", ValueOrder::kSmallestFirst}, {"A", ValueOrder::kLargestFirst}};
  EXPECT_NE(message(options).find("'A' twice"), std::string::npos);
  options = {};
  options.exclude = {{{"Z", 1}}};
  EXPECT_NE(message(options).find("'Z'"), std::string::npos);
  options.exclude = {{{"A", 1}, {"A", 2}}};
  EXPECT_NE(message(options).find("twice"), std::string::npos);
  options = {};
  options.node_limit = -1;
  EXPECT_NE(message(options).find("node_limit is -1"), std::string::npos);
  options = {};
  options.max_solutions = -3;
  EXPECT_NE(message(options).find("-3"), std::string::npos);
  options = {};
  options.time_limit_ms = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(message(options).find("time_limit_ms"), std::string::npos);
}

TEST(SolveOptions, ExclusionsOfPartsAndOfNothing) {
  const Model model = model_of("var A, B in 1..2;");
  SolveOptions options;
  options.max_solutions = 0;
  options.exclude = {{{"A", 1}}, {{"A", 2}, {"B", 2}}, {{"B", 77}}};
  EXPECT_EQ(solve(model, options).solutions, (std::vector<Solution>{{2, 1}}));
  options.exclude = {{}};  // every solution agrees with it in all that it names
  EXPECT_EQ(solve(model, options).count, 0);
}

TEST(SolveOptions, MoreThan64Decisions) {
  // Levels behind the 63rd share a bit.
  std::string text;
  for (int i = 0; i < 80; ++i) text += "var V" + std::to_string(i) + " in 0..1;\n";
  text += "V2 + V70 + V75 + V79 == 3; V1 + V79 <= 1; V0 + V66 == 1;";
  const Model model = model_of(text + "V40 + V68 >= 2;");
  SolveOptions options;
  options.max_solutions = 3;
  const SolveResult result = solve(model, options);
  ASSERT_EQ(result.count, 3);
  for (const Solution& s : result.solutions) {
    for (const Constraint& c : model.constraints()) EXPECT_TRUE(holds(model, c.root, s));
  }
  EXPECT_LT(result.solutions[0], result.solutions[1]);
  EXPECT_LT(result.solutions[1], result.solutions[2]);

  std::string parity;
  std::string sum;
  for (int i = 0; i < 70; ++i) {
    parity += "var W" + std::to_string(i) + " in 0..1;\n";
    if (i >= 60) sum += (sum.empty() ? "W" : " + W") + std::to_string(i) + " * W" + std::to_string(i - 1);
  }
  options.max_solutions = 0;
  options.order.clear();
  for (int i = 0; i < 70; ++i) {
    if (i < 58) parity += "W" + std::to_string(i) + " == 0;\n";
  }
  const Model odd = model_of(parity + sum + " == 9;");
  // Ten neighbours of eleven, one of the ten products missing.
  const SolveResult all = solve(odd, options);
  std::int64_t expected = 0;
  for (unsigned bits = 0; bits < 1u << 12; ++bits) {  // W58 to W69
    int products = 0;
    for (int i = 2; i < 12; ++i) products += static_cast<int>((bits >> i & 1u) & (bits >> (i - 1) & 1u));
    expected += products == 9 ? 1 : 0;
  }
  EXPECT_EQ(all.count, expected);
}

TEST(SolveOptions, ATreeThatIsTooDeepIsRefused) {
  Model model;
  const auto x = model.add_variable(model.variable("X"));
  NodeId term = x;
  for (int i = 0; i < 3000; ++i) term = model.add_node(Op::kNegate, std::span<const NodeId>(&term, 1));
  const NodeId sides[] = {term, x};
  model.add_constraint(model.add_node(Op::kEqual, sides));
  const SolveResult result = solve(model);
  EXPECT_EQ(result.outcome, Outcome::kBadOptions);
  EXPECT_NE(result.message.find("levels deep"), std::string::npos);
}

}  // namespace
}  // namespace constrint::testing

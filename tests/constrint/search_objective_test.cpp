// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <utility>

#include "constrint/parse.hpp"
#include "constrint/solve.hpp"

namespace constrint::testing {
namespace {

SolveResult solved(const std::string& text, ValueOrder rest) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  SolveOptions options;
  options.rest = rest;
  options.node_limit = 100000;
  return solve(parsed.model, options);
}

TEST(Objective, AMillionSmallImprovementsAreNotMadeOneByOne) {
  // In this order each solution is better than the last one by 1.
  const SolveResult least =
      solved("var A, B in 0..1000000000; A + B >= 1000; minimize A + B;", ValueOrder::kLargestFirst);
  EXPECT_EQ(least.outcome, Outcome::kComplete);
  EXPECT_TRUE(least.exhausted);
  EXPECT_EQ(least.objective, 1000);
  EXPECT_EQ(least.solutions.at(0), (Solution{1000, 0}));
  EXPECT_LT(least.nodes, 20000);
  const SolveResult greatest =
      solved("var A, B in 0..1000000000; A + B <= 1500000000; maximize 3 * A + B;", ValueOrder::kSmallestFirst);
  EXPECT_EQ(greatest.objective, 3500000000);
  EXPECT_EQ(greatest.solutions.at(0), (Solution{1000000000, 500000000}));
  EXPECT_LT(greatest.nodes, 20000);
}

TEST(Objective, AmongEqualsTheFirstInTheOrder) {
  const std::string text = "var A, B, C in 1..12; A * B * C == 72; minimize max(A, B, C);";
  EXPECT_EQ(solved(text, ValueOrder::kSmallestFirst).solutions.at(0), (Solution{2, 6, 6}));
  EXPECT_EQ(solved(text, ValueOrder::kLargestFirst).solutions.at(0), (Solution{6, 6, 2}));
}

}  // namespace
}  // namespace constrint::testing

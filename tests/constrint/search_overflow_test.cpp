// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <utility>

#include "constrint/parse.hpp"
#include "constrint/solve.hpp"
#include "search/evaluate.hpp"

namespace constrint::testing {
namespace {

Model model_of(const std::string& text) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

SolveResult solved(const std::string& text, ValueOrder rest = ValueOrder::kSmallestFirst) {
  SolveOptions options;
  options.rest = rest;
  return solve(model_of(text), options);
}

TEST(Overflow, UpperBoundsBeyondTheLimitAreUnbounded) {
  const SolveResult result = solved("A * B * C * D <= 100;", ValueOrder::kLargestFirst);
  ASSERT_EQ(result.outcome, Outcome::kComplete);
  EXPECT_EQ(result.solutions.at(0), (Solution{100, 1, 1, 1}));
  EXPECT_EQ(solved("A * B * C * D >= 100;").solutions.at(0), (Solution{1, 1, 1, 100}));
}

TEST(Overflow, TermsBetween64And128BitsAreExact) {
  // 2^60 * 2^60 is beyond 64 bits on both sides.
  const SolveResult result = solved("A * B * C * D == E * F; A == 1073741824; B == A; C == A; D == A;");
  ASSERT_EQ(result.outcome, Outcome::kComplete);
  EXPECT_EQ(result.count, 0);
  const SolveResult wide = solved(
      "var E in 1..4611686018427387904; var F in 1152921504606846900..1152921504606847000; A * B * C * D == E * F; A "
      "== 1073741824; B == A; C == A; D == A;"
      "E == 1152921504606846976;");
  ASSERT_EQ(wide.outcome, Outcome::kComplete);
  ASSERT_EQ(wide.count, 1);
  EXPECT_EQ(wide.solutions[0][1], Value{1} << 60);
  EXPECT_EQ(solved("var A in 4611686018427387904; A * A - A * A == 0;").count, 1);
  EXPECT_EQ(solved("var A in 4611686018427387904; A * A != A * A + 1;").count, 1);
  EXPECT_EQ(solved("var A, B in [4611686018427387903, 4611686018427387904]; A * A == B * B + A + B;").count, 1);
}

TEST(Overflow, ATermBeyond128BitsThatDecidesIsAnErrorThatNamesTheConstraint) {
  const SolveResult result = solved("var A in 1..3;\nA <= 3;\nvar B in 1073741824;\nB ^ 5 == B ^ 5 * A;");
  EXPECT_EQ(result.outcome, Outcome::kOverflow);
  EXPECT_NE(result.message.find("B ^ 5"), std::string::npos) << result.message;
  EXPECT_NE(result.message.find("line 4"), std::string::npos) << result.message;
  EXPECT_NE(result.message.find("A = 1"), std::string::npos) << result.message;
}

TEST(Overflow, ATermBeyond128BitsWhoseSizeDecidesIsNone) {
  EXPECT_EQ(solved("var B in 1073741824; B ^ 5 >= 7;").count, 1);
  EXPECT_EQ(solved("var B in 1073741824; B ^ 5 == 7;").outcome, Outcome::kComplete);
  EXPECT_EQ(solved("var B in -1073741824; B ^ 5 < B ^ 6;").count, 1);
  EXPECT_EQ(solved("var B in 1073741824; B ^ 5 == B ^ 5 + 1 | B == 1073741824;").count, 1);
  EXPECT_EQ(solved("var A in 0..1; A ^ 4611686018427387904 == A;").count, 1);
}

TEST(Overflow, ObjectivesAreStoredIn64Bits) {
  EXPECT_EQ(solved("var A in 4611686018427387904; minimize A + A;").outcome, Outcome::kOverflow);
  const SolveResult most = solved("var A in 0..4611686018427387904; maximize A + 5;");
  ASSERT_EQ(most.outcome, Outcome::kComplete);
  EXPECT_EQ(most.objective, kLimit + 5);
  const SolveResult far =
      solved("var A in [4611686018427387901, 4611686018427387904]; minimize A * 2 - 4611686018427387904;");
  ASSERT_EQ(far.outcome, Outcome::kComplete);
  EXPECT_EQ(far.objective, kLimit - 6);
}

TEST(Overflow, TheWidestDomainIsWiderThan63Bits) {
  const std::string wide = "var X, Y in -4611686018427387904..4611686018427387904; ";
  const Solution ends{kLimit, -kLimit};
  EXPECT_EQ(solved(wide + "X - Y >= 2 * 4611686018427387904;").solutions.at(0), ends);
  EXPECT_EQ(solved(wide + "X + Y == 0; X >= 4611686018427387904;").solutions.at(0), ends);
  EXPECT_EQ(solved(wide + "X == -1 * Y; X % 4611686018427387904 == 0; X > 0;").solutions.at(0), ends);
  EXPECT_EQ(solved(wide + "max(X, Y) == X; X / Y == -1; X % 4611686018427387904 == 0;").solutions.at(0), ends);
  EXPECT_EQ(solved(wide + "X == Y;", ValueOrder::kLargestFirst).solutions.at(0), (Solution{kLimit, kLimit}));
  EXPECT_EQ(solved(wide + "minimize X;").objective, -kLimit);
  const Domains domains = propagate(model_of(wide + "X != 3;"));
  ASSERT_EQ(domains.values.at(1).size(), 1u);
  EXPECT_EQ(domains.values[1][0].first, -kLimit);
  EXPECT_EQ(domains.values[1][0].last, kLimit);
  EXPECT_EQ(domains.values.at(0).size(), 2u);
}

TEST(Overflow, ThePlainEvaluatorKnowsItsRange) {
  Model model = model_of("var A, B in 1..4611686018427387904; A ^ 2 * B ^ 2 * 3 <= 1; A ^ 2 % B == 1;");
  const Evaluator evaluator(model);
  const Value far[] = {kLimit, kLimit};
  EXPECT_EQ(evaluator.holds(model.constraints()[0].root, far), Truth::kFalse);
  EXPECT_EQ(evaluator.holds(model.constraints()[1].root, far), Truth::kFalse);
  const Value near[] = {3, 4};
  EXPECT_EQ(evaluator.holds(model.constraints()[1].root, near), Truth::kTrue);
}

}  // namespace
}  // namespace constrint::testing

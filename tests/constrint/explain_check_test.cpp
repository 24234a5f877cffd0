// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <utility>

#include "constrint/explain.hpp"
#include "constrint/parse.hpp"

namespace constrint::testing {
namespace {

Model model_of(const std::string& text) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

TEST(Check, EveryConstraintWithItsValues) {
  const Model model =
      model_of("HEAD_DIM % TILE == 0; TILE <= LIMIT; TILE * 2 < 50; TILE == 24 | LIMIT == 3; LIMIT >= 1;");
  const CheckResult result = check(model, {{"HEAD_DIM", 100}, {"TILE", 24}, {"LIMIT", 24}});
  EXPECT_FALSE(result.holds);
  ASSERT_EQ(result.constraints.size(), 5u);
  EXPECT_FALSE(result.constraints[0].holds);
  EXPECT_EQ(result.constraints[0].text, "HEAD_DIM % TILE == 0: 100 % 24 is 4");
  EXPECT_TRUE(result.constraints[1].holds);
  EXPECT_TRUE(result.constraints[1].tight);
  EXPECT_EQ(result.constraints[1].text, "TILE <= LIMIT: TILE is 24, LIMIT is 24");
  EXPECT_TRUE(result.constraints[2].holds);
  EXPECT_FALSE(result.constraints[2].tight);  // 48 < 50
  EXPECT_TRUE(result.constraints[3].tight);   // one branch only
  EXPECT_FALSE(result.constraints[4].tight);
}

TEST(Check, AStrictInequalityIsTightOneApart) {
  const Model model = model_of("var A, B in 0..9; A < B; A > B - 9; A <= 5 & B <= 9;");
  const CheckResult result = check(model, {{"A", 3}, {"B", 4}});
  EXPECT_TRUE(result.holds);
  EXPECT_TRUE(result.constraints[0].tight);
  EXPECT_FALSE(result.constraints[1].tight);
  EXPECT_FALSE(result.constraints[2].tight);
  EXPECT_TRUE(check(model, {{"A", 5}, {"B", 6}}).constraints[2].tight);
}

TEST(Check, WhatIsWrongWithTheValuesIsNamed) {
  const Model model = model_of("var A in 0..9 step 3; var B in 1..5; A <= B;");
  EXPECT_NE(check(model, {{"A", 3}}).message.find("'B' has no value"), std::string::npos);
  EXPECT_NE(check(model, {{"A", 4}, {"B", 5}}).message.find("0..9 step 3"), std::string::npos);
  EXPECT_NE(check(model, {{"A", 3}, {"B", 5}, {"C", 1}}).message.find("'C'"), std::string::npos);
  EXPECT_NE(check(model, {{"A", 3}, {"B", 5}, {"A", 3}}).message.find("two values"), std::string::npos);
  EXPECT_FALSE(check(model, {{"A", 3}}).holds);
  EXPECT_TRUE(check(model, {{"A", 3}, {"B", 5}}).holds);
}

TEST(Check, UndefinedAndOverflowingTerms) {
  const Model model = model_of("var A in 0..9; var B in 1..1073741824; 7 / A == 3; B ^ 5 == B ^ 5;");
  const CheckResult result = check(model, {{"A", 0}, {"B", 1073741824}});
  EXPECT_FALSE(result.holds);
  EXPECT_EQ(result.constraints[0].text, "7 / A == 3: 7 / 0 is not defined");
  EXPECT_NE(result.message.find("B ^ 5"), std::string::npos);
}

}  // namespace
}  // namespace constrint::testing

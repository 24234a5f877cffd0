// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "constrint/explain.hpp"
#include "constrint/parse.hpp"
#include "constrint/solve.hpp"

namespace constrint::testing {
namespace {

/// Models whose bounds move by single steps through a wide range: nothing here may take as long as the range is wide.

Model model_of(const std::string& text) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << text << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

constexpr const char* kWide = "var A, B, C, D in 0..1000000000000000; ";

TEST(Creeping, SumsThatContradictOneAnotherAreInfeasibleAtOnce) {
  for (const char* text : {
           "A < B; B < A;",
           "A == B + 1; B == A + 1;",
           "A < B; B < C; C < D; D < A;",
           "2 * A + 1 <= 3 * B; 3 * B + 1 <= 2 * C; C <= A;",
           "A + B < C; C < A + B;",
           "A + 2 * B - C >= 5; 2 * C - 2 * A <= 4 * B - 20; 2 * A + 4 * B - 2 * C == 12;",
           "A * B < C; C < D; D < A * B;",
           "A - B == 1; A - C == 1; B - C <= -1;",
       }) {
    const Model model = model_of(kWide + std::string(text));
    EXPECT_FALSE(propagate(model).feasible) << text;
    SolveOptions options;
    options.time_limit_ms = 2000;
    const SolveResult result = solve(model, options);
    EXPECT_EQ(result.outcome, Outcome::kComplete);
    EXPECT_EQ(result.count, 0) << text;
    EXPECT_TRUE(result.exhausted) << text;
    EXPECT_LT(result.propagations, 20000) << text;
    const Conflict conflict = explain(model, 2000);
    EXPECT_EQ(conflict.kind, Conflict::Kind::kMinimal) << text << conflict.message;
  }
}

TEST(Creeping, WhatIsFeasibleStaysSo) {
  for (const char* text : {
           "A < B; B < A + 2;",
           "A == B + 1; C == A + 1; C == B + 2;",
           "A < B; B < C; C < D; D < A + 4;",
           "A + B < C; C < A + B + 2;",
       }) {
    const Model model = model_of(kWide + std::string(text));
    EXPECT_TRUE(propagate(model).feasible) << text;
    SolveOptions options;
    options.time_limit_ms = 2000;
    EXPECT_EQ(solve(model, options).count, 1) << text;
  }
}

TEST(Creeping, WhatNoSumDecidesEndsWithTheDomainsSoFarOrAtTheTimeLimit) {
  for (const char* text : {
           "max(A, B) < C; C < A;",
           "A * B == 1000000000039; A > 1; B > 1;",
           "min(A, B) % 7 + C < D; D < C;",
           "(A < B & B < A) | (A > C & C > A);",
       }) {
    const Model model = model_of(kWide + std::string(text));
    const auto start = std::chrono::steady_clock::now();
    const Domains domains = propagate(model);
    if (domains.feasible) {
      for (const auto& values : domains.values) EXPECT_FALSE(values.empty()) << text;
    }
    SolveOptions options;
    options.time_limit_ms = 50;
    const SolveResult result = solve(model, options);
    EXPECT_EQ(result.count, 0) << text;
    EXPECT_TRUE(result.outcome == Outcome::kTimeLimit || result.exhausted) << text;
    explain(model, 50);
    // Far more than it takes, far less than the steps would.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << text;
  }
}

}  // namespace
}  // namespace constrint::testing

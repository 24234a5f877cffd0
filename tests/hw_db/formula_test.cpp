// SPDX-License-Identifier: Apache-2.0
#include "hw_db/src/formula.hpp"

#include <gtest/gtest.h>

namespace flashrnn::hw {
namespace {

std::optional<double> lookup(std::string_view name) {
  if (name == "a") return 6;
  if (name == "fp32_flops") return 256;
  return std::nullopt;
}

double value_of(std::string_view formula) {
  const auto result = evaluate_formula(formula, lookup);
  EXPECT_TRUE(std::holds_alternative<double>(result)) << formula;
  return std::holds_alternative<double>(result) ? std::get<double>(result) : 0;
}

std::string error_of(std::string_view formula) {
  const auto result = evaluate_formula(formula, lookup);
  EXPECT_TRUE(std::holds_alternative<std::string>(result)) << formula;
  return std::holds_alternative<std::string>(result) ? std::get<std::string>(result) : "";
}

TEST(Formula, KnowsTheOrderOfOperators) {
  EXPECT_EQ(value_of("1 + 2 * 3"), 7);
  EXPECT_EQ(value_of("(1 + 2) * 3"), 9);
  EXPECT_EQ(value_of("10 - 4 - 3"), 3);
  EXPECT_EQ(value_of("64 / 4 / 2"), 8);
  EXPECT_EQ(value_of("2*(3-(1+1))"), 2);
}

TEST(Formula, TakesNumbersAndNames) {
  EXPECT_EQ(value_of("1.5e3"), 1500);
  EXPECT_EQ(value_of("a * fp32_flops"), 1536);
  EXPECT_EQ(value_of("  a  "), 6);
}

TEST(Formula, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(""), "ends too early");
  EXPECT_EQ(error_of("1 +"), "ends too early");
  EXPECT_EQ(error_of("1 2"), "has '2' where an operator or the end belongs");
  EXPECT_EQ(error_of("(1 + 2"), "has a '(' without its ')'");
  EXPECT_EQ(error_of("* 2"), "has '*' where a value belongs");
  EXPECT_EQ(error_of("b + 1"), "uses b, which is no number of this device");
  EXPECT_EQ(error_of("1 / 0"), "has no finite value");
  EXPECT_EQ(error_of("1e999"), "has a number out of range");
  EXPECT_EQ(error_of(std::string(100, '(')), "is nested too deep");
}

}  // namespace
}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "brute_force.hpp"
#include "constrint/parse.hpp"
#include "constrint/solve.hpp"

namespace constrint::testing {
namespace {

std::vector<Value> left_of(const std::string& text, std::string_view name) {
  const ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok());
  const Domains domains = propagate(parsed.model);
  EXPECT_TRUE(domains.feasible);
  return values_of({"", domains.values[static_cast<std::size_t>(*parsed.model.find(name))], true, {}});
}

TEST(Alternatives, KeepTheUnionOfWhatTheBranchesLeave) {
  EXPECT_EQ(left_of("var A in 0..20; A == 3 | A == 17;", "A"), (std::vector<Value>{3, 17}));
  EXPECT_EQ(left_of("var A, B in 1..12; A * B == 6 & A <= 2 | B == 11 & A == 12;", "A"),
            (std::vector<Value>{1, 2, 12}));
  EXPECT_EQ(left_of("var A, B in 1..12; A * B == 6 & A <= 2 | B == 11 & A == 12;", "B"),
            (std::vector<Value>{3, 6, 11}));
}

TEST(Alternatives, TheLastBranchThatIsLeftHolds) {
  EXPECT_EQ(left_of("var A, B in 1..12; A >= 5; A == 3 & B == 1 | B == 2 * A;", "B"), (std::vector<Value>{10, 12}));
  EXPECT_EQ(left_of("var A in 1..9; (A == 1 | A == 2 & A == 3) | A == 11 | (A == 5 & (A == 4 | A == 5));", "A"),
            (std::vector<Value>{1, 5}));
}

TEST(Alternatives, ABranchThatHoldsAnywayBindsNothing) {
  EXPECT_EQ(left_of("var A in 1..9; A <= 9 | A == 3;", "A").size(), 9u);
  EXPECT_EQ(left_of("var A, B in 1..9; A + B >= 2 | A == 3;", "A").size(), 9u);
}

TEST(Alternatives, QuotientsBindTheirOwnBranchOnly) {
  // A / B is not defined at B == 0, which the other branch allows.
  const ParseResult parsed = parse("var A in 0..6; var B in 0..3; A / B == 2 | A == 5;");
  ASSERT_TRUE(parsed.ok());
  SolveOptions options;
  options.max_solutions = 0;
  EXPECT_EQ(solve(parsed.model, options).solutions, all_solutions(parsed.model));
  EXPECT_EQ(solve(parsed.model, options).count, 7);
}

TEST(Alternatives, DeepNestingIsSolvedAsBruteForceDoes) {
  Random random(5);
  for (int i = 0; i < 300; ++i) {
    std::string text = "var A, B, C in 0..4;\n";
    const auto atom = [&] {
      const std::string names = "ABC";
      const auto name = [&] { return std::string(1, names[static_cast<std::size_t>(random.between(0, 2))]); };
      switch (random.between(0, 3)) {
        case 0:
          return name() + " * " + name() + " == " + name() + " + " + std::to_string(random.between(0, 4));
        case 1:
          return name() + " % " + name() + " == " + std::to_string(random.between(0, 2));
        case 2:
          return name() + " / " + name() + " != " + std::to_string(random.between(0, 2));
        default:
          return name() + " < " + name();
      }
    };
    std::function<std::string(int)> tree = [&](int depth) -> std::string {
      if (depth == 0) return atom();
      std::string s = "(" + tree(depth - 1) + ")";
      for (Value k = random.between(1, 2); k > 0; --k) s += (depth % 2 == 0 ? " & (" : " | (") + tree(depth - 1) + ")";
      return s;
    };
    text += tree(4) + ";\n" + tree(3) + ";\n";
    const ParseResult parsed = parse(text);
    ASSERT_TRUE(parsed.ok());
    SolveOptions options;
    options.max_solutions = 0;
    ASSERT_EQ(solve(parsed.model, options).solutions, all_solutions(parsed.model)) << text;
  }
}

}  // namespace
}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

struct Reading {
  const char* text;
  const char* tree;
};

std::ostream& operator<<(std::ostream& out, const Reading& reading) { return out << reading.text; }

class ParseNative : public ::testing::TestWithParam<Reading> {};

TEST_P(ParseNative, GivesTheTree) {
  const ParseResult result = parse(GetParam().text);
  ASSERT_TRUE(result.ok()) << result.errors.front().text();
  ASSERT_EQ(result.model.constraints().size(), 1U);
  EXPECT_EQ(dump_constraint(result.model, 0), GetParam().tree);
}

INSTANTIATE_TEST_SUITE_P(
    Precedence, ParseNative,
    ::testing::Values(
        Reading{"a + b * c == d", "(== (+ a (* b c)) d)"}, Reading{"(a + b) * c == d", "(== (* (+ a b) c) d)"},
        Reading{"a == 1 | b == 2 & c == 3", "(any (== a 1) (all (== b 2) (== c 3)))"},
        Reading{"(a == 1 | b == 2) & c == 3", "(all (any (== a 1) (== b 2)) (== c 3))"},
        Reading{"a - b - c == 0", "(== (- (- a b) c) 0)"}, Reading{"a - (b - c) == 0", "(== (- a (- b c)) 0)"},
        Reading{"a * b % c == 0", "(== (% (* a b) c) 0)"}, Reading{"a % b * c == 0", "(== (* (% a b) c) 0)"},
        Reading{"a / b / c == 1", "(== (/ (/ a b) c) 1)"}, Reading{"a * b / c * d == 1", "(== (* (/ (* a b) c) d) 1)"},
        Reading{"-a ^ 2 <= 4", "(<= (neg (^2 a)) 4)"}, Reading{"-5 ^ 2 <= 4", "(<= (neg (^2 5)) 4)"},
        Reading{"(-5) ^ 2 <= 4", "(<= (^2 -5) 4)"}, Reading{"--a < 1", "(< (neg (neg a)) 1)"},
        Reading{"a * -b > 1", "(> (* a (neg b)) 1)"}, Reading{"-a * b > 1", "(> (* (neg a) b) 1)"},
        Reading{"(a ^ 2) ^ 3 != 1", "(!= (^3 (^2 a)) 1)"}));

INSTANTIATE_TEST_SUITE_P(
    Chains, ParseNative,
    ::testing::Values(Reading{"a + b + c == d", "(== (+ a b c) d)"},
                      Reading{"a + (b + c) == d", "(== (+ a (+ b c)) d)"},
                      Reading{"(a + b) + c == d", "(== (+ (+ a b) c) d)"},
                      Reading{"a - b + c + d == e", "(== (+ (- a b) c d) e)"},
                      Reading{"a + b - c == d", "(== (- (+ a b) c) d)"}, Reading{"a * b * c == d", "(== (* a b c) d)"},
                      Reading{"a + b * c * d + e == f", "(== (+ a (* b c d) e) f)"},
                      Reading{"a == 1 | a == 2 | a == 3", "(any (== a 1) (== a 2) (== a 3))"},
                      Reading{"a == 1 || a == 2 && b == 3", "(any (== a 1) (all (== a 2) (== b 3)))"},
                      Reading{"(a == 1 & b == 2) & c == 3", "(all (all (== a 1) (== b 2)) (== c 3))"}));

INSTANTIATE_TEST_SUITE_P(Atoms, ParseNative,
                         ::testing::Values(Reading{"a == [8, 16, 32]", "(== a (list 8 16 32))"},
                                           Reading{"a == [-8, 16]", "(== a (list -8 16))"},
                                           Reading{"a >= min(b, c + 1, 3)", "(>= a (min b (+ c 1) 3))"},
                                           Reading{"max(a) <= 4", "(<= (max a) 4)"},
                                           Reading{"min1 + maxi + variable == in_", "(== (+ min1 maxi variable) in_)"},
                                           Reading{"`min` == `a b`", "(== min a b)"},
                                           Reading{"a == -(5)", "(== a (neg 5))"}, Reading{"a == - 5", "(== a -5)"},
                                           Reading{"a\n\t==\r\n# comment ; | (\n5 # more", "(== a 5)"},
                                           Reading{"a == 4611686018427387904", "(== a 4611686018427387904)"},
                                           Reading{"a == -4611686018427387904", "(== a -4611686018427387904)"},
                                           Reading{";;; a == 007 ;;", "(== a 7)"}));

std::string values_of(const std::string& declaration) {
  const ParseResult result = parse("var X in " + declaration + ";");
  if (!result.ok()) return result.errors.front().text();
  return dump(result.model);
}

TEST(ParseDeclarations, ReadRangesAndLists) {
  EXPECT_EQ(values_of("0..100"), "X: 0,100,1\n");
  EXPECT_EQ(values_of("0..103 step 4"), "X: 0,100,4\n");
  EXPECT_EQ(values_of("[5]"), "X: 5,5,1\n");
  EXPECT_EQ(values_of("5"), "X: 5,5,1\n");
  EXPECT_EQ(values_of("-3..-1"), "X: -3,-1,1\n");
  EXPECT_EQ(values_of("[0..8 step 2, 16, 32]"), "X: 0,8,2 16,16,1 32,32,1\n");
  EXPECT_EQ(values_of("[32, 16, 16, 0]"), "X: 0,0,1 16,16,1 32,32,1\n");
}

TEST(ParseDeclarations, MakeOverlappingRangesDisjoint) {
  EXPECT_EQ(values_of("[0..10, 5..20]"), "X: 0,20,1\n");
  EXPECT_EQ(values_of("[0..6 step 2, 1..5 step 2]"), "X: 0,6,1\n");
  EXPECT_EQ(
      values_of("[0..4000000000 step 2, 3]"),
      "line 1, column 10: ranges with steps overlap each other and have more than 65536 values: declare one range "
      "and require the rest");
}

TEST(ParseDeclarations, KeepTheCommonValues) {
  const ParseResult result = parse("var X, Y in 0..100 step 6; var X in 10..90 step 4; var Z; var Y;");
  ASSERT_TRUE(result.ok()) << result.errors.front().text();
  EXPECT_EQ(dump(result.model), "X: 18,90,12\nY: 0,96,6\nZ? 1,1073741824,1\n");
}

TEST(ParseDeclarations, TakeThePlaceOfTheDefaultDomain) {
  const ParseResult result = parse("X <= 5; var X in -4..4;");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(dump(result.model), "X: -4,4,1\n(<= X 5)\n");
}

TEST(ParseObjectives, AreRead) {
  const ParseResult result = parse("a <= 5; maximize a + 2 * b;");
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(result.model.objective());
  EXPECT_TRUE(result.model.objective()->maximize);
  EXPECT_EQ(dump(result.model, result.model.objective()->term), "(+ a (* 2 b))");
}

TEST(ParsePlaces, AreThoseOfTheText) {
  const ParseResult result = parse("# first\n\n  a == 1;\n\tvar b in 1..2; b <= a", {.part = "rules.txt"});
  ASSERT_TRUE(result.ok());
  const auto constraints = result.model.constraints();
  EXPECT_EQ(constraints[0].where.line, 3);
  EXPECT_EQ(constraints[0].where.column, 3);
  EXPECT_EQ(constraints[0].part, "rules.txt");
  EXPECT_EQ(constraints[1].where.line, 4);
  EXPECT_EQ(constraints[1].where.column, 17);
  EXPECT_EQ(result.model.variables()[1].where.column, 6);
}

TEST(ParseEmpty, IsAnEmptyModel) {
  for (const char* text : {"", "  \n\t", "# nothing", ";;\n;", "# nothing\n"}) {
    for (const bool compat : {false, true}) {
      const ParseResult result = parse(text, {.compat = compat});
      EXPECT_TRUE(result.ok()) << text;
      EXPECT_EQ(dump(result.model), "") << text;
    }
  }
}

}  // namespace
}  // namespace constrint::test

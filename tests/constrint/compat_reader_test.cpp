// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

using ::testing::HasSubstr;

struct Reading {
  const char* text;
  const char* tree;
};

std::ostream& operator<<(std::ostream& out, const Reading& reading) { return out << reading.text; }

class CompatReader : public ::testing::TestWithParam<Reading> {};

TEST_P(CompatReader, GivesTheTree) {
  const ParseResult result = parse(GetParam().text, {.compat = true});
  ASSERT_TRUE(result.ok()) << result.errors.front().text();
  ASSERT_EQ(result.model.constraints().size(), 1U);
  EXPECT_EQ(dump_constraint(result.model, 0), GetParam().tree);
}

INSTANTIATE_TEST_SUITE_P(Precedence, CompatReader,
                         ::testing::Values(Reading{"A % B * C == 0", "(== (% A (* B C)) 0)"},
                                           Reading{"A + B % C == 0", "(== (% (+ A B) C) 0)"},
                                           Reading{"A * B % C + D * E == 0;", "(== (% (* A B) (+ C (* D E))) 0)"},
                                           Reading{"A + B * C ^ 2 <= D", "(<= (+ A (* B (^2 C))) D)"},
                                           Reading{"A == 1 | B <= 2 | C % 4 == 0",
                                                   "(any (== A 1) (<= B 2) (== (% C 4) 0))"},
                                           Reading{"A + B + C == D * E * F", "(== (+ A B C) (* D E F))"}));

INSTANTIATE_TEST_SUITE_P(Brackets, CompatReader,
                         ::testing::Values(Reading{"(A + B) * C == D", "(== (+ A (* B C)) D)"},
                                           Reading{"A % (B * C) == 0", "(== (% A (* B C)) 0)"},
                                           Reading{"A * (B % C) * D == 0", "(== (% (* A B) (* C D)) 0)"},
                                           Reading{"(A == 1 | B) == 2", "(any (== A 1) (== B 2))"},
                                           Reading{"((A <= 2", "(<= A 2)"}, Reading{")A( <= 2)", "(<= A 2)"},
                                           Reading{"(); ( A == 2; )", "(== A 2)"},
                                           Reading{"A ^ (2) == 4", "(== (^2 A) 4)"}));

INSTANTIATE_TEST_SUITE_P(Blanks, CompatReader,
                         ::testing::Values(Reading{"  ;\n# A == 3;\n ; A == 2 # ; B == 3\n;;", "(== A 2)"},
                                           Reading{"A == 1 |\nB == 2 |\n;", "(any (== A 1) (== B 2))"},
                                           Reading{"A == 1 || B == 2", "(any (== A 1) (== B 2))"},
                                           Reading{"| A == 1 |", "(== A 1)"},
                                           Reading{"A\n*\nB\r\n<= 2", "(<= (* A B) 2)"},
                                           Reading{"A <= 1 # a comment\n + 2", "(<= A (+ 1 2))"},
                                           Reading{"A == [ 8,\n16 , 32 ]", "(== A (list 8 16 32))"}));

INSTANTIATE_TEST_SUITE_P(Words, CompatReader,
                         ::testing::Values(Reading{"var == min * max", "(== var (* min max))"},
                                           Reading{"in <= step + minimize", "(<= in (+ step minimize))"},
                                           Reading{"A1_b2 == 007", "(== A1_b2 7)"},
                                           Reading{"A * A == A ^ 2", "(== (* A A) (^2 A))"},
                                           Reading{"0 == 0", "(== 0 0)"},
                                           Reading{"[1, 2] ^ 2 == A", "(== (^2 (list 1 2)) A)"}));

struct Mistake {
  const char* text;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.text; }

class CompatMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(CompatMistakes, AreTold) {
  const ParseResult result = parse(GetParam().text, {.compat = true});
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_THAT(result.errors[0].text(), HasSubstr(GetParam().message));
  EXPECT_EQ(dump(result.model), "");
}

// What the original takes for something else without a word.
INSTANTIATE_TEST_SUITE_P(
    Misread, CompatMistakes,
    ::testing::Values(
        Mistake{"A <= B <= C",
                "column 8: a constraint has one relation, '==', '<=' or '%' with '== 0', and '<=' is a second one"},
        Mistake{"A == B == C", "column 8: a constraint has one relation"},
        Mistake{"A % B % C == 0", "column 7: expected an operator or '== 0' after the divisor, found '%'"},
        Mistake{"A % B == 1", "column 7: '%' needs '== 0' after the divisor, with one blank between"},
        Mistake{"A % B==0", "column 6: '%' needs '== 0' after the divisor, with one blank between"},
        Mistake{"A % B ==  0", "'%' needs '== 0'"}, Mistake{"A % B == (0)", "'%' needs '== 0'"},
        Mistake{"A % B == 00", "'%' needs '== 0'"},
        Mistake{"A % B", "expected an operator or '== 0' after the divisor"},
        Mistake{"0 == A % B", "column 8: a constraint has one relation"},
        Mistake{"A % B <= 2", "expected an operator or '== 0' after the divisor, found '<='"},
        Mistake{"A % B == 0 == 0", "column 12: a constraint has one relation"},
        Mistake{"A - B == 2",
                "column 3: expected '==', '<=', '%' or another operator, found '-', which the compatible format does "
                "not have"},
        Mistake{"A == B / 2", "found '/', which the compatible format does not have"},
        Mistake{"A >= 2", "found '>=', which the compatible format does not have"},
        Mistake{"A < 2", "found '<', which the compatible format does not have"},
        Mistake{"A != 2", "found '!=', which the compatible format does not have"},
        Mistake{"A == 1 & B == 2", "found '&', which the compatible format does not have"},
        Mistake{"A == -1", "found '-', which the compatible format does not have"},
        Mistake{"A B == 2", "expected '==', '<=', '%' or another operator, found 'B'"},
        Mistake{"A (B) == 2", "found 'B'"}, Mistake{"A = 2", "write '==' for equal"},
        Mistake{"A == B +", "expected a name, an integer or a list"}, Mistake{"A + + B == 2", "expected a name"},
        Mistake{"<= 2", "expected a name"}, Mistake{"A ==", "expected a name"},
        Mistake{"A.B == 2", "'.' is no operator"}, Mistake{"2A == 2", "'2A' is neither an integer nor a name"}));

INSTANTIATE_TEST_SUITE_P(
    Wrong, CompatMistakes,
    ::testing::Values(Mistake{"A * B", "expected '==', '<=', '%' or another operator, found the end of the text"},
                      Mistake{"|", "expected a constraint, found '|' alone"},
                      Mistake{"A ^ B == 2", "expected the exponent, an integer >= 0, found 'B'"},
                      Mistake{"A ^ 2 ^ 2 == 2", "a power can't be raised to a power"},
                      Mistake{"A == []", "expected an integer, found ']'"},
                      Mistake{"A == [1 2]", "expected ',' or ']', found '2'"},
                      Mistake{"A == [-1]", "expected an integer, found '-', which"},
                      Mistake{"A == 4611686018427387905", "beyond the limit of 2^62"},
                      Mistake{"`A` == 2", "which the compatible format does not have"}));

TEST(CompatModels, HaveTheDefaultDomains) {
  const ParseResult result = parse("B == A + 0;", {.compat = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(dump(result.model), "B? 1,1073741824,1\nA? 1,1073741824,1\n(== B (+ A 0))\n");
}

TEST(CompatModels, ArePrintedInTheNativeLanguage) {
  const ParseResult result = parse("min % A * B == 0; A + B * C ^ 2 <= 4 | A == [1, 2];", {.compat = true});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.model.text(), "`min` % (A * B) == 0;\nA + B * C ^ 2 <= 4 | A == [1, 2];\n");
}

TEST(CompatErrors, AreToldOfEveryStatement) {
  const ParseResult result = parse("A == ;\nB == 2;\n(C + ;)\n D - 4; E == 1;", {.compat = true});
  ASSERT_EQ(result.errors.size(), 3U);
  EXPECT_EQ(result.errors[0].where.line, 1);
  EXPECT_EQ(result.errors[1].where.line, 3);
  EXPECT_EQ(result.errors[2].where.line, 4);
}

}  // namespace
}  // namespace constrint::test

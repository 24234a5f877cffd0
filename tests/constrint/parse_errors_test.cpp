// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

using ::testing::HasSubstr;

struct Mistake {
  const char* text;
  const char* message;
};

std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.text; }

class ParseMistakes : public ::testing::TestWithParam<Mistake> {};

TEST_P(ParseMistakes, AreTold) {
  const ParseResult result = parse(GetParam().text);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(result.errors[0].text(), GetParam().message);
  EXPECT_EQ(dump(result.model), "");
}

INSTANTIATE_TEST_SUITE_P(
    Expressions, ParseMistakes,
    ::testing::Values(
        Mistake{"a == 2;\n\nx  <= a + ;", "line 3, column 11: expected a term, found ';'"},
        Mistake{"a + 2 ==", "line 1, column 9: expected a term, found the end of the text"},
        Mistake{"a < b < c;", "line 1, column 7: a relation can't be part of another: join two by '&'"},
        Mistake{"(a < b) < c;", "line 1, column 2: expected a term, found a constraint"},
        Mistake{"a + (b == 3) == 2;", "line 1, column 6: expected a term, found a constraint"},
        Mistake{"a == 2 & b;", "line 1, column 10: expected a constraint, found a term"},
        Mistake{"-(a == 2) == 1;", "line 1, column 3: expected a term, found a constraint"},
        Mistake{"(a == 2) ^ 2 == 1;", "line 1, column 2: expected a term, found a constraint"},
        Mistake{"min(a, b == 2) == 1;", "line 1, column 8: expected a term, found a constraint"},
        Mistake{"a * b;",
                "line 1, column 1: expected a constraint, found a term: a relation such as '==' or '<=' is missing"},
        Mistake{"a b == 2;", "line 1, column 3: expected an operator or ';', found 'b'"},
        Mistake{"(a == 2;",
                "line 1, column 8: expected an operator or the ')' for the '(' at line 1, column 1, found ';'"},
        Mistake{"a == 2);", "line 1, column 7: expected an operator or ';', found ')'"},
        Mistake{"a ^ b == 2;", "line 1, column 5: expected the exponent, an integer >= 0, found 'b'"},
        Mistake{"a ^ -1 == 2;", "line 1, column 5: expected the exponent, an integer >= 0, found '-'"},
        Mistake{"a ^ 2 ^ 2 == 2;", "line 1, column 7: a power of a power needs brackets: write (a ^ b) ^ c"},
        Mistake{"a == [];", "line 1, column 7: expected an integer, found ']'"},
        Mistake{"a == [1 2];", "line 1, column 9: expected ',' or ']', found '2'"},
        Mistake{"a == [b];", "line 1, column 7: expected an integer, found 'b'"},
        Mistake{"min == 2;", "line 1, column 5: expected '(' after 'min', which is a function, found '=='"},
        Mistake{"max() == 2;", "line 1, column 5: expected a term, found ')'"},
        Mistake{
            "step == 2;",
            "line 1, column 1: expected a term, found the word 'step'; a variable of this name stands in backticks"}));

INSTANTIATE_TEST_SUITE_P(
    Characters, ParseMistakes,
    ::testing::Values(
        Mistake{"a = 2;", "line 1, column 3: '=' is no operator: write '==' for equal"},
        Mistake{"a ! 2;", "line 1, column 3: '!' is no operator: write '!=' for not equal"},
        Mistake{"a == 2.5;", "line 1, column 7: '.' is no operator: write '..' for a range; numbers are whole"},
        Mistake{"a == 5b;",
                "line 1, column 6: '5b' is neither an integer nor a name: names begin with a letter or '_'"},
        Mistake{"a \xc3\xa9 b;", "line 1, column 3: '\xc3\xa9' is no character of the language"},
        Mistake{"a \xe9 b;", "line 1, column 3: the byte 0xe9 is no text of the language"},
        Mistake{"a \x01 b;", "line 1, column 3: the byte 0x01 is no text of the language"},
        Mistake{
            "`a == 2;",
            "line 1, column 1: a name that begins with '`' ends with '`' on the same line and has a character between"},
        Mistake{
            "`` == 2;",
            "line 1, column 1: a name that begins with '`' ends with '`' on the same line and has a character between"},
        Mistake{
            "a == 4611686018427387905;",
            "line 1, column 6: the integer '4611686018427387905' is beyond the limit of 2^62 = 4611686018427387904"},
        Mistake{"a == 99999999999999999999999999999999999999999999;",
                "line 1, column 6: the integer '9999999999999999999999999999999999999999...' is beyond the limit of "
                "2^62 = 4611686018427387904"}));

INSTANTIATE_TEST_SUITE_P(
    Declarations, ParseMistakes,
    ::testing::Values(
        Mistake{"var 3;", "line 1, column 5: expected the name of a variable, found '3'"},
        Mistake{"var min;", "line 1, column 5: expected the name of a variable, found 'min'"},
        Mistake{"var X 3;", "line 1, column 7: expected ',', 'in' or ';', found '3'"},
        Mistake{"var X in 3..1;", "line 1, column 10: the range 3..1 is empty: the first value is above the last"},
        Mistake{"var X in 1..3 step 0;", "line 1, column 20: expected the step, an integer >= 1, found '0'"},
        Mistake{"var X in 1..Y;", "line 1, column 13: expected an integer, found 'Y'"},
        Mistake{"var X in [1..3, ];", "line 1, column 17: expected an integer, found ']'"},
        Mistake{"var X in [1..3;", "line 1, column 15: expected ',', '..' or ']', found ';'"},
        Mistake{"var X in 1..3; var X in 5..9;",
                "line 1, column 20: 'X' has no value that its declaration at line 1, column 5 gives it as well"},
        Mistake{"minimize a; minimize b;",
                "line 1, column 13: a model has one objective, and there is one at line 1, column 1 already"},
        Mistake{"minimize a == 2;", "line 1, column 10: expected a term, found a constraint"},
        Mistake{"maximize;", "line 1, column 9: expected a term, found ';'"}));

TEST(ParseErrors, AreToldOfEveryStatement) {
  const ParseResult result = parse("a == ;\nb == 2;\nc + ;\n = 4; d == 1;", {.part = "r.txt"});
  ASSERT_EQ(result.errors.size(), 3U);
  EXPECT_EQ(result.errors[0].text(), "r.txt, line 1, column 6: expected a term, found ';'");
  EXPECT_EQ(result.errors[1].text(), "r.txt, line 3, column 5: expected a term, found ';'");
  EXPECT_EQ(result.errors[2].text(), "r.txt, line 4, column 2: '=' is no operator: write '==' for equal");
}

TEST(ParseErrors, AreBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a == ;";
  EXPECT_EQ(parse(text).errors.size(), 20U);
  EXPECT_EQ(parse(text, {.max_errors = 3}).errors.size(), 3U);
  EXPECT_EQ(parse(text, {.compat = true, .max_errors = 3}).errors.size(), 3U);
  EXPECT_EQ(parse(text, {.max_errors = 0}).errors.size(), 1U);
}

}  // namespace
}  // namespace constrint::test

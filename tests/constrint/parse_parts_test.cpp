// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

Model parsed(std::string_view text, const std::string& part = "") {
  ParseResult result = parse(text, {.part = part});
  EXPECT_TRUE(result.ok());
  return std::move(result.model);
}

TEST(ParseParts, MakeOneModel) {
  Model model;
  EXPECT_TRUE(parse_into(model, "var TILE in 8..128 step 8; N % TILE == 0;", {.part = "kernel"}).empty());
  EXPECT_TRUE(parse_into(model, "TILE * 64 <= M; M == 4096;", {.part = "device"}).empty());
  EXPECT_TRUE(
      parse_into(model, "var N in [96]; var TILE in [0, 16, 20, 24]; maximize TILE;", {.part = "problem"}).empty());
  EXPECT_EQ(dump(model),
            "TILE: 16,16,1 24,24,1\nN: 96,96,1\nM? 1,1073741824,1\n"
            "(== (% N TILE) 0)\n(<= (* TILE 64) M)\n(== M 4096)\nmax TILE\n");
  EXPECT_EQ(model.constraints()[0].part, "kernel");
  EXPECT_EQ(model.constraints()[2].part, "device");
  EXPECT_EQ(model.constraints()[2].where.column, 17);
}

TEST(ParseParts, WithErrorsChangeNothing) {
  Model model = parsed("var X in 1..5; X <= Y; minimize X;");
  const std::string before = dump(model);
  const auto refused = [&](const char* text) {
    const std::vector<ParseError> errors = parse_into(model, text, {.part = "p"});
    EXPECT_EQ(dump(model), before);
    return errors.size() == 1 ? errors[0].text() : std::to_string(errors.size()) + " errors";
  };
  EXPECT_EQ(refused("Z == 1; Z = 2;"), "p, line 1, column 11: '=' is no operator: write '==' for equal");
  EXPECT_EQ(refused("Z == 1;\nvar X in 7..9;"),
            "p, line 2, column 5: 'X' has no value that its other declaration gives it as well");
  EXPECT_EQ(refused("Z == 1; maximize Z;"),
            "p, line 1, column 9: the model has an objective already, and it can have one");
}

TEST(ModelMerge, KeepsItsOwnObjective) {
  Model model = parsed("a <= 2; minimize a;");
  EXPECT_TRUE(model.merge(parsed("b <= 2; maximize b;")));
  EXPECT_EQ(dump(model), "a? 1,1073741824,1\nb? 1,1073741824,1\n(<= a 2)\n(<= b 2)\nmin a\n");
  Model other = parsed("c <= 3;");
  EXPECT_TRUE(other.merge(model));
  EXPECT_EQ(dump(other, other.objective()->term), "a");
}

TEST(ModelMerge, OfAModelWithItselfDoublesItsConstraints) {
  Model model = parsed("var a in 1..9; a + b == [2, 3];");
  EXPECT_TRUE(model.merge(model));
  EXPECT_EQ(dump(model), "a: 1,9,1\nb? 1,1073741824,1\n(== (+ a b) (list 2 3))\n(== (+ a b) (list 2 3))\n");
}

TEST(ModelMerge, WithoutCommonValuesChangesNothing) {
  Model model = parsed("var a in 1..9; a == b;");
  const std::string before = dump(model);
  EXPECT_FALSE(model.merge(parsed("var c in 1..2; var a in 20..30; c == a;")));
  EXPECT_EQ(dump(model), before);
}

TEST(ModelNodes, CanBeMadeOfTheirOwnChildren) {
  Model model = parsed("a + b + c == 4;");
  const NodeId sum = model.children(model.constraints()[0].root)[0];
  const NodeId product = model.add_node(Op::kProduct, model.children(sum));
  EXPECT_EQ(dump(model, product), "(* a b c)");
}

TEST(ParseObjective, ReplacesTheObjective) {
  Model model = parsed("a + b <= 5; minimize a;");
  EXPECT_TRUE(parse_objective(model, "a * (b + 1) - [2, 3]", true).empty());
  EXPECT_TRUE(model.objective()->maximize);
  EXPECT_EQ(dump(model, model.objective()->term), "(- (* a (+ b 1)) (list 2 3))");
}

TEST(ParseObjective, MustBeATermOfTheModel) {
  Model model = parsed("a + b <= 5; minimize a;");
  const std::string before = dump(model);
  const auto refused = [&](const char* text) {
    const std::vector<ParseError> errors = parse_objective(model, text, true, {.part = "--maximize"});
    EXPECT_EQ(dump(model), before);
    return errors.size() == 1 ? errors[0].text() : std::to_string(errors.size()) + " errors";
  };
  EXPECT_EQ(refused("a + c"), "--maximize, line 1, column 5: the model has no variable 'c'");
  EXPECT_EQ(refused("a == b"), "--maximize, line 1, column 1: expected a term, found a constraint");
  EXPECT_EQ(refused("a b"), "--maximize, line 1, column 3: expected an operator or the end of the term, found 'b'");
  EXPECT_EQ(refused(""), "--maximize, line 1, column 1: expected a term, found the end of the text");
}

}  // namespace
}  // namespace constrint::test

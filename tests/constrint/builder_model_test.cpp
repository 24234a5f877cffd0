// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "constrint/builder.hpp"
#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string built(const Builder& b) {
  const std::optional<Model> model = b.build();
  return model ? dump(*model) : b.errors().front();
}

// The same model as text.
TEST(BuilderModel, IsThatOfTheText) {
  Builder b;
  const Term tile = b.variable("TILE", 8, 130, 8);
  const Term n = b.constant("N", 768);
  const Term warps = b.variable("WARPS", {4, 8, 1, 2});
  const Term free = b.variable("FREE");
  b.require(n % (tile * 4) == 0);
  b.require(tile == 8 || tile == 16 || warps >= 2);
  b.require(1 < tile && free - 1 <= 2 * tile - warps && n / free != pow(warps, 2));
  b.require(min(tile, 64) > max({free, warps, 3}) || -free < b.list({2, 3}), "kernel");
  b.minimize(free + 3 * warps);
  const ParseResult text = parse(
      "var TILE in 8..128 step 8; var N in [768]; var WARPS in [1, 2, 4, 8]; var FREE;"
      "N % (TILE * 4) == 0; TILE == 8 | TILE == 16 | WARPS >= 2;"
      "1 < TILE & FREE - 1 <= 2 * TILE - WARPS & N / FREE != WARPS ^ 2;"
      "min(TILE, 64) > max(FREE, WARPS, 3) | -FREE < [2, 3];"
      "minimize FREE + 3 * WARPS;");
  ASSERT_TRUE(text.ok()) << text.errors.front().text();
  EXPECT_EQ(built(b), dump(text.model));
  EXPECT_EQ(b.build()->constraints()[3].part, "kernel");
}

TEST(BuilderModel, CanBeBuiltOn) {
  Builder b;
  const Term a = b.variable("a", 1, 5);
  EXPECT_EQ(b.build()->constraints().size(), 0U);
  b.require(a >= 2);
  EXPECT_EQ(b.build()->constraints().size(), 1U);
}

TEST(BuilderModel, MakesOneNodeOfAChain) {
  Builder b;
  const Term x = b.variable("x", 0, 1);
  Term sum = x;
  Condition some = x == 0;
  for (int i = 0; i < 20'000; ++i) {
    sum = sum + x;
    some = some || x == 1;
  }
  b.require(sum <= 5);
  b.require(some);
  const std::optional<Model> model = b.build();
  ASSERT_TRUE(model) << b.errors().front();
  EXPECT_EQ(model->node(model->children(model->constraints()[0].root)[0]).children, 20'001);
  EXPECT_EQ(model->node(model->constraints()[1].root).children, 20'001);
}

TEST(BuilderModel, CopiesSharedParts) {
  Builder b;
  const Term x = b.variable("x");
  const Term shared = x * 2 + 1;
  b.require(shared == shared - x);
  EXPECT_EQ(built(b), "x? 1,1073741824,1\n(== (+ (* x 2) 1) (- (+ (* x 2) 1) x))\n");
}

TEST(BuilderModel, TakesConditionsInLists) {
  Builder b;
  const Term x = b.variable("x");
  std::vector<Condition> conditions{x == 1, x == 2};
  b.require(any(conditions));
  b.require(all({any({x == 3}), x != 4, all(std::span<const Condition>(conditions))}));
  const std::optional<Model> model = b.build();
  ASSERT_TRUE(model) << b.errors().front();
  EXPECT_EQ(dump_constraint(*model, 0), "(any (== x 1) (== x 2))");
  EXPECT_EQ(dump_constraint(*model, 1), "(all (== x 3) (!= x 4) (== x 1) (== x 2))");
}

TEST(BuilderModel, OutlivesNothing) {
  std::optional<Term> left;
  {
    Builder b;
    left = b.variable("x") + 1;
  }
  Builder other;
  other.require(*left == 2);
  EXPECT_THAT(other.errors(), ElementsAre(HasSubstr("of another builder")));
}

TEST(BuilderErrors, OfExpressionsOfTwoBuilders) {
  Builder a;
  Builder b;
  const Term x = a.variable("x");
  const Term y = b.variable("y");
  a.require(x + y == 2);
  EXPECT_THAT(a.errors(), ElementsAre("an expression joins terms of two builders"));
  EXPECT_THAT(b.errors(), ElementsAre("an expression joins terms of two builders"));
  EXPECT_FALSE(a.build());
  Builder c;
  c.require(x == 2);
  EXPECT_THAT(c.errors(), ElementsAre("constraint 1: its terms are of another builder"));
  c.minimize(y);
  EXPECT_THAT(c.errors().back(), "objective: its terms are of another builder");
}

TEST(BuilderErrors, OfNumbersAndValues) {
  constexpr Value kMost = std::numeric_limits<Value>::max();
  const auto error = [](const auto& use) {
    Builder b;
    use(b);
    EXPECT_EQ(b.errors().size(), 1U);
    EXPECT_FALSE(b.build());
    return b.errors().empty() ? "" : b.errors().front();
  };
  EXPECT_THAT(error([](Builder& b) { b.require(b.variable("x") <= kMost); }), HasSubstr("beyond the limit of 2^62"));
  EXPECT_THAT(error([](Builder& b) { b.require(b.variable("x") <= ~std::uint64_t{0}); }),
              HasSubstr("beyond the limit"));
  EXPECT_THAT(error([](Builder& b) { b.require(b.variable("x") <= Term(2) + 3); }), HasSubstr("numbers alone"));
  EXPECT_THAT(error([](Builder& b) { b.require(Term(2) == 2); }), HasSubstr("nothing in it is of this builder"));
  EXPECT_THAT(error([](Builder& b) { b.minimize(2); }), HasSubstr("nothing in it is of this builder"));
  EXPECT_THAT(error([](Builder& b) { b.require(pow(b.variable("x"), -1) == 2); }), HasSubstr("an exponent is -1"));
  EXPECT_THAT(error([](Builder& b) { b.variable("x", 0, kMost); }), HasSubstr("'x' is beyond the limit of 2^62"));
  EXPECT_THAT(error([](Builder& b) { b.variable("x", 3, 2); }), HasSubstr("'x' has the values 3..2 in steps of 1"));
  EXPECT_THAT(error([](Builder& b) { b.variable("x", 1, 2, 0); }), HasSubstr("in steps of 0"));
  EXPECT_THAT(error([](Builder& b) { b.variable("x", std::span<const Value>()); }), HasSubstr("empty list"));
  EXPECT_THAT(error([](Builder& b) { b.variable(""); }), HasSubstr("the name '' of a variable is empty"));
  EXPECT_THAT(error([](Builder& b) { b.variable("a`b"); }), HasSubstr("backtick"));
  EXPECT_THAT(error([](Builder& b) { b.constant("x", 5), b.constant("x", 6); }), HasSubstr("no value of 'x' is left"));
  EXPECT_THAT(error([](Builder& b) { b.list({}); }), HasSubstr("a list has no number"));
  EXPECT_THAT(error([](Builder& b) { b.require(any(std::span<const Condition>())); }), HasSubstr("nothing in it"));
  EXPECT_THAT(error([](Builder& b) { b.minimize(b.variable("x")), b.maximize(b.variable("x")); }),
              HasSubstr("there is one already"));
}

TEST(BuilderErrors, OfExpressionsTooLarge) {
  Builder b;
  Term deep = b.variable("x");
  for (int i = 0; i < 100'000; ++i) deep = deep - 1;
  b.require(deep == 0);
  Term wide = b.variable("x");
  for (int i = 0; i < 100; ++i) wide = wide + 2 * wide;
  b.require(wide == 0);
  EXPECT_THAT(b.errors(), ElementsAre("constraint 1: it is 100002 levels deep, and the limit is 256",
                                      HasSubstr("it has more than 2^20 nodes")));
}

TEST(BuilderModel, MayUseAnyNameThatTextCanHold) {
  Builder b;
  const Term first = b.variable("a b");
  const Term second = b.variable("min");
  b.require(first == second + b.variable("5"));
  const std::optional<Model> model = b.build();
  ASSERT_TRUE(model);
  EXPECT_EQ(model->text(), "`a b` == `min` + `5`;\n");
  EXPECT_EQ(dump(parse(model->text()).model), dump(*model));
}

}  // namespace
}  // namespace constrint::test

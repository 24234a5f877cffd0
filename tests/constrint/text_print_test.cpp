// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "constrint/parse.hpp"
#include "tests/constrint/model_dump.hpp"

namespace constrint::test {
namespace {

/// Any tree that the language has, drawn at random.
class Trees {
 public:
  explicit Trees(unsigned seed) : random_(seed) {}

  NodeId term(Model* model, int levels) {
    if (levels == 0 || below(4) == 0) return leaf(model);
    switch (below(7)) {
      case 0:
        return node(model, Op::kNegate, {term(model, levels - 1)});
      case 1:
        return model->add_node(Op::kPower, std::vector{term(model, levels - 1)}, {}, below(5));
      case 2:
        return many(model, below(2) == 0 ? Op::kMin : Op::kMax, levels, 1);
      case 3:
        return many(model, below(2) == 0 ? Op::kSum : Op::kProduct, levels, 2);
      default: {
        constexpr Op kBinary[] = {Op::kDifference, Op::kQuotient, Op::kRemainder, Op::kSum, Op::kProduct};
        return node(model, kBinary[below(5)], {term(model, levels - 1), term(model, levels - 1)});
      }
    }
  }

  NodeId constraint(Model* model, int levels) {
    if (levels > 1 && below(2) == 0) {
      std::vector<NodeId> children;
      for (int i = 2 + below(2); i > 0; --i) children.push_back(constraint(model, levels - 1));
      return node(model, below(2) == 0 ? Op::kAll : Op::kAny, children);
    }
    constexpr Op kRelations[] = {Op::kEqual, Op::kNotEqual, Op::kLessEqual, Op::kLess, Op::kGreaterEqual, Op::kGreater};
    return node(model, kRelations[below(6)], {term(model, levels - 1), term(model, levels - 1)});
  }

  int below(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

 private:
  static NodeId node(Model* model, Op op, const std::vector<NodeId>& children) { return model->add_node(op, children); }

  NodeId many(Model* model, Op op, int levels, int least) {
    std::vector<NodeId> children;
    for (int i = least + below(3); i > 0; --i) children.push_back(term(model, levels - 1));
    return node(model, op, children);
  }

  NodeId leaf(Model* model) {
    static const char* const kNames[] = {"A", "b_1", "TILE", "min", "a b", "step"};
    switch (below(5)) {
      case 0:
        return model->add_constant(below(5) == 0 ? (below(2) == 0 ? kLimit : -kLimit) : below(20) - 10);
      case 1: {
        std::vector<NodeId> values;
        for (int i = 1 + below(3); i > 0; --i) values.push_back(model->add_constant(below(20) - 10));
        return node(model, Op::kList, values);
      }
      default:
        return model->add_variable(model->variable(kNames[below(6)]));
    }
  }

  std::mt19937 random_;
};

TEST(TextPrint, IsParsedToTheSameTree) {
  for (unsigned seed = 0; seed < 6'000; ++seed) {
    Trees trees(seed);
    Model model;
    if (trees.below(2) == 0) model.declare("TILE", {{-4, 20, 8}, {30, 30, 1}});
    if (trees.below(4) == 0) model.variable("unused");
    for (int i = 1 + trees.below(3); i > 0; --i) model.add_constraint(trees.constraint(&model, 1 + trees.below(5)));
    if (trees.below(3) == 0) model.set_objective(trees.term(&model, 3), trees.below(2) == 0);
    const std::string text = model.text();
    const ParseResult again = parse(text);
    ASSERT_TRUE(again.ok()) << again.errors.front().text() << "\n" << text;
    ASSERT_EQ(dump(again.model), dump(model)) << text;
    ASSERT_EQ(again.model.text(), text);
  }
}

TEST(TextPrint, HasBracketsOnlyWhereTheyAreNeeded) {
  const char* const text =
      "var X in 8..128 step 8;\nvar Y in [0, 2..4, 9];\nvar A;\nvar B;\n"
      "X * Y + A ^ 2 - B <= (X + Y) * 4;\n"
      "(X == 1 | Y == 2) & A % (B * X) == 0 | A / B * X >= -min(X, Y - 1);\n"
      "A - (B - X) != A - B - X;\n"
      "maximize X * Y % A;\n";
  const ParseResult result = parse(text);
  ASSERT_TRUE(result.ok()) << result.errors.front().text();
  EXPECT_EQ(result.model.text(), text);
}

TEST(TextPrint, LeavesDeclarationsAwayWhereNoneAreNeeded) {
  EXPECT_EQ(parse("B<=A;C==[1,2]").model.text(), "B <= A;\nC == [1, 2];\n");
  EXPECT_EQ(parse("").model.text(), "");
}

TEST(TextPrint, OfANodeIsItsExpression) {
  const Model model = parse("A * (B + 2) <= 3;").model;
  const NodeId root = model.constraints()[0].root;
  EXPECT_EQ(model.text(root), "A * (B + 2) <= 3");
  EXPECT_EQ(model.text(model.children(root)[0]), "A * (B + 2)");
}

// The deepest trees that the parser makes and reads.
TEST(TextPrint, OfDeepTreesIsParsedToo) {
  for (const Op op : {Op::kSum, Op::kMin, Op::kPower, Op::kDifference, Op::kNegate}) {
    Model model;
    NodeId node = model.add_variable(model.variable("A"));
    for (int depth = 2; depth < kMaxDepth; ++depth) {
      std::vector<NodeId> children{node};
      if (op == Op::kSum || op == Op::kDifference) children.insert(children.begin(), model.add_constant(1));
      node = model.add_node(op, children, {}, op == Op::kPower ? 1 : 0);
    }
    model.add_constraint(model.add_node(Op::kEqual, std::vector{node, model.add_constant(1)}));
    const ParseResult again = parse(model.text());
    ASSERT_TRUE(again.ok()) << again.errors.front().text();
    EXPECT_EQ(dump(again.model), dump(model));
  }
}

// Deeper than anything may be: printing at least does not recurse.
TEST(TextPrint, OfAnyDepthEnds) {
  Model model;
  NodeId node = model.add_variable(model.variable("A"));
  for (int i = 0; i < 1'000'000; ++i) node = model.add_node(Op::kNegate, std::vector{node});
  EXPECT_EQ(model.text(node).size(), 1'000'001U);
}

}  // namespace
}  // namespace constrint::test

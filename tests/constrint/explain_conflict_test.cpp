// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <utility>

#include "constrint/explain.hpp"
#include "constrint/parse.hpp"
#include "random_models.hpp"
#include "tiling_models.hpp"

namespace constrint::testing {
namespace {

Model model_of(const std::string& text) {
  ParseResult parsed = parse(text);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.errors[0].text());
  return std::move(parsed.model);
}

bool feasible(const Model& model, const std::vector<std::int32_t>& constraints) {
  for (const Solution& s : [&] {
         Model domains = model_of("");
         for (const Variable& v : model.variables()) domains.declare(v.name, v.domain);
         return all_solutions(domains);
       }()) {
    bool all = true;
    for (const std::int32_t c : constraints)
      all = all && holds(model, model.constraints()[static_cast<std::size_t>(c)].root, s);
    if (all) return true;
  }
  return false;
}

TEST(Explain, NamesTheConstraintsInConflictAndNoOthers) {
  const Model model = model_of("var A, B, C in 1..100; C <= 7; A % 8 == 0; B >= 3; A * B == 60; C != 4; A + B <= 90;");
  const Conflict conflict = explain(model);
  ASSERT_EQ(conflict.kind, Conflict::Kind::kMinimal);
  EXPECT_EQ(conflict.constraints, (std::vector<std::int32_t>{1, 3}));
  ASSERT_EQ(conflict.text.size(), 2u);
  EXPECT_EQ(conflict.text[0].find("A % 8 == 0, where the others leave A 1.."), 0u) << conflict.text[0];
  EXPECT_EQ(conflict.text[1], "A * B == 60, where the others leave A 8..96 step 8, B 1..100");
}

TEST(Explain, AFeasibleModelHasNoConflict) {
  const Conflict conflict = explain(model_of("var A in 1..4; A >= 2; minimize A;"));
  EXPECT_EQ(conflict.kind, Conflict::Kind::kFeasible);
  EXPECT_TRUE(conflict.constraints.empty());
}

TEST(Explain, OneConstraintCanBeEnough) {
  const Conflict conflict = explain(model_of("var A in 1..4; A <= 3; A > 9;"));
  EXPECT_EQ(conflict.kind, Conflict::Kind::kMinimal);
  EXPECT_EQ(conflict.constraints, (std::vector<std::int32_t>{1}));
  EXPECT_EQ(conflict.text[0], "A > 9, where A 1..4");
}

TEST(Explain, TimeThatDoesNotSufficeIsSaid) {
  const Conflict conflict = explain(model_of("A * A * A + B * B * B == C * C * C;"), 20);
  EXPECT_EQ(conflict.kind, Conflict::Kind::kUnknown);
  EXPECT_NE(conflict.message.find("time limit"), std::string::npos);
}

TEST(Explain, EveryConflictOfRandomModelsIsOneAndMinimal) {
  int conflicts = 0;
  for (int seed = 0; seed < 300; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 1);
    const Model model = model_of(random_model(random, false));
    const Conflict conflict = explain(model, 2000);
    const bool has_solution = !all_solutions(model).empty();
    ASSERT_EQ(conflict.kind == Conflict::Kind::kFeasible, has_solution);
    if (has_solution) continue;
    ++conflicts;
    ASSERT_EQ(conflict.kind, Conflict::Kind::kMinimal);
    ASSERT_EQ(conflict.text.size(), conflict.constraints.size());
    ASSERT_FALSE(feasible(model, conflict.constraints));
    for (std::size_t i = 0; i < conflict.constraints.size(); ++i) {
      std::vector<std::int32_t> rest = conflict.constraints;
      rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
      ASSERT_TRUE(feasible(model, rest));
    }
  }
  EXPECT_GT(conflicts, 50);
}

TEST(Explain, ATilingModelThatCannotFit) {
  const Model model = model_of(tiling_model({"prime", 1, 1021, 16, 4, false}, false));
  const Conflict conflict = explain(model);
  ASSERT_EQ(conflict.kind, Conflict::Kind::kMinimal);
  EXPECT_LE(conflict.constraints.size(), 5u);
}

}  // namespace
}  // namespace constrint::testing

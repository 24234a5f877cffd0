// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "constrint/parse.hpp"
#include "random_models.hpp"
#include "search/search.hpp"

namespace constrint::testing {
namespace {

constexpr int kModels = 3000;

Model parsed(const std::string& text) {
  ParseResult result = parse(text);
  EXPECT_TRUE(result.ok()) << text << (result.ok() ? "" : result.errors[0].text());
  return std::move(result.model);
}

TEST(RandomModel, TheSolutionsOfBruteForceInTheSameOrder) {
  int feasible = 0;
  for (int seed = 0; seed < kModels; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 1);
    const std::string text = random_model(random, false);
    const Model model = parsed(text);
    SolveOptions options = random_order(random, model);
    options.max_solutions = 0;
    const std::vector<Solution> expected = all_solutions(model, options);
    const SolveResult all = solve(model, options);
    ASSERT_EQ(all.outcome, Outcome::kComplete) << text;
    ASSERT_EQ(all.solutions, expected) << "seed " << seed << "\n" << text;
    ASSERT_TRUE(all.exhausted);
    feasible += expected.empty() ? 0 : 1;

    options.max_solutions = 1;
    const SolveResult first = solve(model, options);
    ASSERT_EQ(first.count, expected.empty() ? 0 : 1);
    if (!expected.empty()) {
      ASSERT_EQ(first.solutions.at(0), expected[0]);
    }
  }
  // Neither kind is rare.
  EXPECT_GT(feasible, kModels / 5);
  EXPECT_LT(feasible, kModels * 4 / 5);
}

TEST(RandomModel, PropagationRemovesNoSolution) {
  for (int seed = 0; seed < kModels / 2; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 50001);
    const std::string text = random_model(random, false);
    const Model model = parsed(text);
    const std::vector<Solution> expected = all_solutions(model);
    const Domains domains = propagate(model);
    ASSERT_TRUE(domains.feasible || expected.empty()) << text;
    for (const Solution& s : expected) {
      for (std::size_t x = 0; x < s.size(); ++x) {
        const Variable variable{"", domains.values[x], true, {}};
        const std::vector<Value> left = values_of(variable);
        ASSERT_TRUE(std::binary_search(left.begin(), left.end(), s[x])) << "seed " << seed << "\n" << text;
      }
    }
  }
}

TEST(RandomModel, TheOptimumOfBruteForceAndTheFirstThatHasIt) {
  for (int seed = 0; seed < kModels / 2; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 100001);
    const std::string text = random_model(random, true);
    const Model model = parsed(text);
    const SolveOptions options = random_order(random, model);
    const bool maximize = model.objective()->maximize;
    const Solution* best = nullptr;
    Value least = 0;
    const std::vector<Solution> expected = all_solutions(model, options);
    for (const Solution& s : expected) {
      const auto values = term_values(model, model.objective()->term, s);
      if (values.empty()) continue;  // not defined there
      const Value value = maximize ? *values.rbegin() : *values.begin();
      if (best == nullptr || (maximize ? value > least : value < least)) {
        best = &s;
        least = value;
      }
    }
    const SolveResult result = solve(model, options);
    ASSERT_EQ(result.outcome, Outcome::kComplete) << text;
    ASSERT_TRUE(result.exhausted) << text;
    ASSERT_EQ(result.solutions.size(), best == nullptr ? 0u : 1u) << "seed " << seed << "\n" << text;
    if (best == nullptr) continue;
    ASSERT_EQ(result.objective, least) << "seed " << seed << "\n" << text;
    ASSERT_EQ(result.solutions[0], *best) << "seed " << seed << "\n" << text;
  }
}

TEST(RandomModel, DistinctByOrderGivesTheFirstOfEachCombination) {
  for (int seed = 0; seed < kModels / 4; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 150001);
    const std::string text = random_model(random, false);
    const Model model = parsed(text);
    SolveOptions options = random_order(random, model);
    options.max_solutions = 0;
    options.distinct_by_order = true;
    std::vector<Solution> expected;
    std::vector<std::vector<Value>> seen;
    for (const Solution& s : all_solutions(model, options)) {
      std::vector<Value> key;
      for (const OrderedVariable& o : options.order) key.push_back(s[static_cast<std::size_t>(*model.find(o.name))]);
      if (options.order.empty()) key = s;
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
      seen.push_back(key);
      expected.push_back(s);
    }
    ASSERT_EQ(solve(model, options).solutions, expected) << "seed " << seed << "\n" << text;
  }
}

TEST(RandomModel, WithoutTheSolutionsThatAreExcluded) {
  for (int seed = 0; seed < kModels / 4; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 200001);
    const std::string text = random_model(random, false);
    const Model model = parsed(text);
    SolveOptions options = random_order(random, model);
    options.max_solutions = 0;
    std::vector<Solution> expected = all_solutions(model, options);
    for (int i = 0; i < 2 && !expected.empty(); ++i) {
      const Solution& s =
          expected[static_cast<std::size_t>(random.between(0, static_cast<Value>(expected.size()) - 1))];
      std::vector<Assigned> out;
      for (std::size_t x = 0; x < s.size(); ++x) {
        if (out.empty() || random.one_in(2)) out.push_back({model.variables()[x].name, s[x]});
      }
      std::erase_if(expected, [&](const Solution& other) {
        return std::all_of(out.begin(), out.end(), [&](const Assigned& a) {
          return other[static_cast<std::size_t>(*model.find(a.name))] == a.value;
        });
      });
      options.exclude.push_back(out);
    }
    ASSERT_EQ(solve(model, options).solutions, expected) << "seed " << seed << "\n" << text;
  }
}

TEST(RandomModel, CostlyPropagatorsAndHalvingChangeNoAnswerWheneverTheyStart) {
  for (int seed = 0; seed < kModels / 2; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 300001);
    const Model model = parsed(random_model(random, seed % 2 == 0));
    std::vector<std::int32_t> all(model.constraints().size());
    std::iota(all.begin(), all.end(), 0);
    SolveOptions options = random_order(random, model);
    options.max_solutions = 0;
    options.distinct_by_order = random.one_in(4);
    const SolveResult weak = solve(model, options);
    for (const std::int64_t failures : {0, 1, 3}) {
      Search search(model, all, options);
      search.strong_after(failures);
      search.budget(1 + failures);
      const SolveResult strong = search.run();
      ASSERT_EQ(strong.outcome, weak.outcome);
      ASSERT_EQ(strong.exhausted, weak.exhausted);
      ASSERT_EQ(strong.solutions, weak.solutions) << failures << " failures, seed " << seed << "\n" << model.text();
      ASSERT_EQ(strong.objective, weak.objective) << failures << " failures, seed " << seed << "\n" << model.text();
    }
  }
}

TEST(RandomModel, NothingThatPropagationLetsThroughIsRefused) {
  // Lists leave choices open when all variables have values; without them the propagators decide.
  for (int seed = 0; seed < kModels / 2; ++seed) {
    Random random(static_cast<std::uint64_t>(seed) + 250001);
    const std::string text = random_model(random, false);
    const Model model = parsed(text);
    std::vector<std::int32_t> all(model.constraints().size());
    std::iota(all.begin(), all.end(), 0);
    SolveOptions options;
    options.max_solutions = 0;
    Search search(model, all, options);
    search.run();
    const bool lists = text.find("[", text.find_last_of(';', text.rfind("var") + 1) + 1) != std::string::npos;
    if (!lists) {
      ASSERT_EQ(search.rejected(), 0) << "seed " << seed << "\n" << text;
    }
  }
}

}  // namespace
}  // namespace constrint::testing

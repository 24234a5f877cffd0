// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "propagation/divides.hpp"
#include "propagation/exclusion.hpp"
#include "propagation/extremum.hpp"
#include "propagation/power.hpp"
#include "propagation/product.hpp"
#include "propagation/remainder.hpp"
#include "propagator_harness.hpp"

namespace constrint::testing {
namespace {

template <typename Kind>
Subject over(std::vector<Var> variables, std::function<bool(std::span<const Value>)> holds) {
  Subject subject;
  subject.variables = *std::max_element(variables.begin(), variables.end()) + 1;
  subject.make = [=](Engine& engine) -> Propagator* {
    return engine.permanent().make<Kind>(engine.permanent().copy(std::span<const Var>(variables)));
  };
  subject.holds = std::move(holds);
  return subject;
}

Value rest_of(Value a, Value b) {
  const Value size = b < 0 ? -b : b;
  return ((a % size) + size) % size;
}

bool product_of_two(std::span<const Value> v) { return v[0] * v[1] == v[2]; }

TEST(Product, TwoFactorsOverAllIntervals) { check_intervals(over<Product>({0, 1, 2}, product_of_two), -3, 4); }

TEST(Product, RandomSetsSignsAndSharedVariables) {
  check_random(over<Product>({0, 1, 2}, product_of_two), -4, 12, 3000, 1);
  check_random(over<Product>({0, 1, 2}, product_of_two), 1, 24, 2000, 2);
  check_random(over<Product>({0, 0, 1}, [](std::span<const Value> v) { return v[0] * v[0] == v[1]; }), -4, 12, 2000, 3);
  check_random(over<Product>({0, 1, 0}, [](std::span<const Value> v) { return v[0] * v[1] == v[0]; }), -4, 12, 2000, 4);
  check_random(over<Product>({0, 1, 2, 3}, [](std::span<const Value> v) { return v[0] * v[1] * v[2] == v[3]; }), -2, 8,
               1500, 5);
}

TEST(Product, AFixedFactorLeavesWhatHasAPartner) {
  Subject subject = over<Product>({0, 1, 2}, product_of_two);
  Random random(9);
  subject.domain_consistent = true;
  for (int i = 0; i < 2000; ++i) {
    Sets sets{{random.one_in(2) ? random.between(1, 5) : random.between(-5, -1)}, {}, {}};
    for (Value v = -9; v <= 20; ++v) {
      if (random.one_in(2)) sets[1].push_back(v);
      if (random.one_in(2)) sets[2].push_back(v);
    }
    if (sets[1].empty() || sets[2].empty()) continue;
    check_on(subject, sets, random);
  }
}

TEST(ProductValues, PositiveSetsAreDomainConsistent) {
  // With one factor open it leaves the work to Product; here both have several values.
  Random random(11);
  for (int i = 0; i < 2000; ++i) {
    Engine engine;
    Sets sets(4);
    for (auto& set : sets) {
      while (set.size() < 2) {
        set.clear();
        for (Value v = 1; v <= 30; ++v) {
          if (random.one_in(&set == &sets[3] ? 2 : 5)) set.push_back(v);
        }
      }
      std::vector<Value> copy = set;
      engine.store().add(from_values(copy, engine.permanent()));
    }
    ProductValues values(vars(engine, {0, 1, 2, 3}));
    const bool failed = values.propagate(engine.store()) == Verdict::kFails;
    Sets expected(4);
    for (const Value a : sets[0]) {
      for (const Value b : sets[1]) {
        for (const Value c : sets[2]) {
          if (!std::binary_search(sets[3].begin(), sets[3].end(), a * b * c)) continue;
          expected[0].push_back(a);
          expected[1].push_back(b);
          expected[2].push_back(c);
          expected[3].push_back(a * b * c);
        }
      }
    }
    ASSERT_EQ(failed, expected[0].empty());
    if (failed) continue;
    for (Var x = 0; x < 4; ++x) {
      auto& set = expected[static_cast<std::size_t>(x)];
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
      std::vector<Value> left;
      ascending(engine.store()[x], [&](Value v) {
        left.push_back(v);
        return true;
      });
      ASSERT_EQ(left, set);
    }
  }
}

TEST(Product, DivisorsOfAKnownResult) {
  Engine engine;
  Store& store = engine.store();
  store.add(range(1, 1 << 30));
  store.add(range(1, 1 << 30));
  store.add(range(1, 1 << 30));
  store.add(single(768));
  Product product(vars(engine, {0, 1, 2, 3}));
  ASSERT_NE(product.propagate(store), Verdict::kFails);
  EXPECT_EQ(store[0].size(), 18);  // 768 = 2^8 * 3
  EXPECT_TRUE(store[1].contains(384));
  EXPECT_FALSE(store[1].contains(5));
  ASSERT_TRUE(store.fix(0, 256));
  ASSERT_NE(product.propagate(store), Verdict::kFails);
  EXPECT_EQ(store[1].size(), 2);
}

TEST(Product, BoundsBeyondTheLimitAreUnboundedNotClipped) {
  Engine engine;
  Store& store = engine.store();
  for (int i = 0; i < 4; ++i) store.add(range(1, 1 << 30));
  store.add(all_integers());
  Product product(vars(engine, {0, 1, 2, 3, 4}));
  ASSERT_EQ(product.propagate(store), Verdict::kStays);
  EXPECT_EQ(store[4].low, 1);
  EXPECT_EQ(store[4].high, kInfinity);
  ASSERT_TRUE(store.set_high(4, 100));
  ASSERT_EQ(product.propagate(store), Verdict::kStays);
  for (Var x = 0; x < 4; ++x) EXPECT_EQ(store[x].high, 100);
  ASSERT_TRUE(store.set_low(0, 60));
  ASSERT_EQ(product.propagate(store), Verdict::kStays);
  EXPECT_EQ(store[1].high, 1);
}

TEST(Product, FixedFactorsBeyondTheLimitStayPossible) {
  Engine engine;
  Store& store = engine.store();
  for (int i = 0; i < 3; ++i) store.add(single(1 << 30));
  store.add(all_integers());
  Product product(vars(engine, {0, 1, 2, 3}));
  EXPECT_EQ(product.propagate(store), Verdict::kStays);
  EXPECT_EQ(store[3].low, kInfinity);
  EXPECT_EQ(store[3].high, kInfinity);
  EXPECT_FALSE(store[3].fixed());
}

TEST(Power, AllIntervalsAndRandomSets) {
  for (const Value exponent : {2, 3, 4}) {
    Subject subject;
    subject.make = [=](Engine& engine) -> Propagator* {
      return engine.permanent().make<Power>(vars(engine, {0, 1}), exponent);
    };
    subject.holds = [=](std::span<const Value> v) {
      Value power = 1;
      for (Value i = 0; i < exponent; ++i) power *= v[0];
      return power == v[1];
    };
    subject.domain_consistent = true;
    check_intervals(subject, -3, 9);
    check_random(subject, -9, 82, 1000, 3);
  }
}

TEST(Power, RootsOfLargeNumbers) {
  EXPECT_EQ(floor_root(kLimit, 2), Value{1} << 31);
  EXPECT_EQ(floor_root(kLimit - 1, 2), (Value{1} << 31) - 1);
  EXPECT_EQ(floor_root(kLimit, 1), kLimit);
  EXPECT_EQ(floor_root(kLimit, 62), 2);
  EXPECT_EQ(floor_root(kLimit, 63), 1);
  EXPECT_EQ(floor_root(0, 5), 0);
  Engine engine;
  engine.store().add(range(-kLimit, kLimit));
  engine.store().add(range(1000, kLimit));
  Power power(vars(engine, {0, 1}), 2);
  ASSERT_EQ(power.propagate(engine.store()), Verdict::kStays);
  EXPECT_EQ(engine.store()[0].low, -(Value{1} << 31));
  ASSERT_TRUE(engine.store().set_low(0, 0));
  ASSERT_EQ(power.propagate(engine.store()), Verdict::kStays);
  EXPECT_EQ(engine.store()[0].low, 32);
}

TEST(Divides, AllIntervalsAndRandomSets) {
  const auto holds = [](std::span<const Value> v) { return v[0] != 0 && v[1] % v[0] == 0; };
  Subject subject = over<Divides>({0, 1}, holds);
  check_intervals(subject, -3, 6);
  check_random(subject, -12, 30, 3000, 1);
  subject.domain_consistent = true;
  check_random(subject, 1, 60, 2000, 2);
}

TEST(Remainder, AllIntervalsAndRandomSets) {
  const auto holds = [](std::span<const Value> v) { return v[1] != 0 && rest_of(v[0], v[1]) == v[2]; };
  Subject subject = over<Remainder>({0, 1, 2}, holds);
  subject.domain_consistent = true;
  check_intervals(subject, -3, 4);
  check_random(subject, -8, 15, 2000, 1);
  check_random(over<Remainder>({0, 0, 1}, [](std::span<const Value> v) { return v[0] != 0 && v[1] == 0; }), -3, 6, 500,
               2);
}

TEST(Remainder, LargeDomainsKeepBounds) {
  Engine engine;
  Store& store = engine.store();
  store.add(progression(0, Value{1} << 40, 0, 12));
  store.add(single(8));
  store.add(range(-100, 100));
  Remainder remainder(vars(engine, {0, 1, 2}));
  ASSERT_EQ(remainder.propagate(store), Verdict::kStays);
  EXPECT_EQ(store[2].low, 0);
  EXPECT_EQ(store[2].high, 4);  // multiples of 12 leave 0 or 4
  EXPECT_EQ(store[2].size(), 2);
}

TEST(Extremum, AllIntervalsAndRandomSets) {
  const auto max2 = [](std::span<const Value> v) { return std::max(v[0], v[1]) == v[2]; };
  const auto min2 = [](std::span<const Value> v) { return std::min(v[0], v[1]) == v[2]; };
  check_intervals(over<Maximum>({0, 1, 2}, max2), -2, 3);
  check_intervals(over<Minimum>({0, 1, 2}, min2), -2, 3);
  check_random(over<Maximum>({0, 1, 2}, max2), -3, 6, 2000, 1);
  check_random(over<Minimum>({0, 1, 2}, min2), -3, 6, 2000, 2);
  check_random(over<Maximum>({0, 0, 1}, [](std::span<const Value> v) { return v[0] == v[1]; }), -3, 6, 500, 3);
  check_random(over<Minimum>({0, 1, 0}, [](std::span<const Value> v) { return v[0] <= v[1]; }), -3, 6, 500, 4);
}

TEST(Exclusion, AllIntervalsAndRandomSets) {
  Subject subject;
  subject.variables = 3;
  subject.make = [](Engine& engine) -> Propagator* {
    const Value values[] = {2, 0, 1};
    return engine.permanent().make<Exclusion>(vars(engine, {0, 1, 2}),
                                              engine.permanent().copy(std::span<const Value>(values)));
  };
  subject.holds = [](std::span<const Value> v) { return v[0] != 2 || v[1] != 0 || v[2] != 1; };
  subject.domain_consistent = true;
  check_intervals(subject, -1, 3);
  check_random(subject, -1, 3, 1000, 1);
}

}  // namespace
}  // namespace constrint::testing

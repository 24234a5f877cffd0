// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "propagation/linear.hpp"
#include "propagator_harness.hpp"

namespace constrint::testing {
namespace {

enum class Kind { kEqual, kAtMost, kNotEqual };

Subject linear(Kind kind, std::vector<Term> terms, Value constant) {
  Subject subject;
  int most = 0;
  for (const Term& t : terms) most = std::max(most, t.variable + 1);
  subject.variables = most;
  subject.make = [=](Engine& engine) -> Propagator* {
    std::vector<Var> over;
    for (const Term& t : terms) over.push_back(t.variable);
    Arena& arena = engine.permanent();
    const auto kept = arena.copy(std::span<const Term>(terms));
    const auto variables = arena.copy(std::span<const Var>(over));
    if (kind == Kind::kEqual) return arena.make<LinearEqual>(kept, variables, constant);
    if (kind == Kind::kAtMost) return arena.make<LinearAtMost>(kept, variables, constant);
    return arena.make<LinearNotEqual>(kept, variables, constant);
  };
  subject.holds = [=](std::span<const Value> values) {
    Value total = constant;
    for (const Term& t : terms) total += t.coefficient * values[static_cast<std::size_t>(t.variable)];
    return kind == Kind::kEqual ? total == 0 : kind == Kind::kAtMost ? total <= 0 : total != 0;
  };
  return subject;
}

TEST(Linear, TwoTermsOverAllIntervals) {
  for (const Kind kind : {Kind::kEqual, Kind::kAtMost, Kind::kNotEqual}) {
    for (const auto& [a, b, k] : {std::tuple<Value, Value, Value>{1, 1, -4}, {2, -3, 1}, {1, -1, 0}, {-4, 6, 2}}) {
      Subject subject = linear(kind, {{a, 0}, {b, 1}}, k);
      subject.domain_consistent = kind == Kind::kEqual;
      check_intervals(subject, -3, 6);
    }
  }
}

TEST(Linear, ThreeTermsOverAllIntervals) {
  for (const Kind kind : {Kind::kEqual, Kind::kAtMost, Kind::kNotEqual}) {
    check_intervals(linear(kind, {{1, 0}, {2, 1}, {-3, 2}}, 1), -2, 3);
    check_intervals(linear(kind, {{4, 0}, {6, 1}, {-2, 2}}, 2), -2, 2);
  }
}

TEST(Linear, RandomSetsAndSharedVariables) {
  for (const Kind kind : {Kind::kEqual, Kind::kAtMost, Kind::kNotEqual}) {
    check_random(linear(kind, {{3, 0}, {-5, 1}}, 2), -6, 14, 3000, 1);
    check_random(linear(kind, {{3, 0}, {-5, 1}, {7, 2}}, -4), -3, 6, 3000, 2);
    check_random(linear(kind, {{2, 0}, {1, 0}, {-2, 1}}, -1), -3, 6, 3000, 3);  // a variable twice
    check_random(linear(kind, {{1, 0}, {1, 1}, {1, 2}, {-1, 3}}, 0), -3, 4, 500, 4);
    check_random(linear(kind, {{7, 0}}, -14), -3, 6, 200, 5);
  }
}

TEST(Linear, CongruencesReachThroughThreeTerms) {
  // 6 x + 10 y == z leaves even z; with z odd there is nothing.
  Engine engine;
  Store& store = engine.store();
  store.add(range(0, 1000));
  store.add(range(0, 1000));
  store.add(range(1, 5001));
  const Term terms[] = {{6, 0}, {10, 1}, {-1, 2}};
  LinearEqual equal(terms, vars(engine, {0, 1, 2}), 0);
  ASSERT_NE(equal.propagate(store), Verdict::kFails);
  EXPECT_EQ(store[2].step, 2);
  EXPECT_EQ(store[2].low, 2);
  ASSERT_TRUE(store.intersect(2, {2, 5000, 2, nullptr, 0}));
  EXPECT_FALSE(store.restrict_step(2, 1, 2));
}

TEST(Linear, BoundsAreRoundedInwards) {
  for (const bool equal : {false, true}) {
    Engine engine;
    Store& store = engine.store();
    store.add(range(1, 100));
    store.add(range(-100, 100));
    // 3 x - 5 y <= -11, or == -11
    const Term terms[] = {{3, 0}, {-5, 1}};
    ASSERT_TRUE(store.set_high(1, 6));
    LinearAtMost at_most(terms, vars(engine, {0, 1}), 11);
    LinearEqual same(terms, vars(engine, {0, 1}), 11);
    Propagator& propagator = equal ? static_cast<Propagator&>(same) : at_most;
    ASSERT_EQ(propagator.propagate(store), equal ? Verdict::kEntailed : Verdict::kStays);
    EXPECT_EQ(store[0].low, equal ? 3 : 1);
    EXPECT_EQ(store[0].high, equal ? 3 : 6);  // 3 x <= 19
    EXPECT_EQ(store[1].low, equal ? 4 : 3);   // 5 y >= 14
    EXPECT_EQ(store[1].high, equal ? 4 : 6);
  }
}

TEST(Linear, SumsBeyond64BitsAreExact) {
  Engine engine;
  Store& store = engine.store();
  for (int i = 0; i < 4; ++i) store.add(range(0, kLimit));
  // 2^62 (x + y) <= 2^62 z: products of 2^124
  const Term terms[] = {{kLimit, 0}, {kLimit, 1}, {-kLimit, 2}};
  ASSERT_TRUE(store.set_high(2, 5));
  LinearAtMost most(terms, vars(engine, {0, 1, 2}), 0);
  ASSERT_EQ(most.propagate(store), Verdict::kStays);
  EXPECT_EQ(store[0].high, 5);
  EXPECT_EQ(store[1].high, 5);
}

TEST(Linear, AnUnboundedTermBoundsNothingAndIsBounded) {
  Engine engine;
  Store& store = engine.store();
  store.add(all_integers());
  store.add(range(3, 9));
  const Term terms[] = {{1, 0}, {-2, 1}};
  LinearEqual equal(terms, vars(engine, {0, 1}), 0);
  ASSERT_NE(equal.propagate(store), Verdict::kFails);
  EXPECT_EQ(store[0].low, 6);
  EXPECT_EQ(store[0].high, 18);
  EXPECT_EQ(store[0].step, 2);
  EXPECT_EQ(store[1].low, 3);
  EXPECT_EQ(store[1].high, 9);
}

}  // namespace
}  // namespace constrint::testing

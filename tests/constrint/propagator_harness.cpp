// SPDX-License-Identifier: Apache-2.0
#include "propagator_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace constrint::testing {
namespace {

std::string text(const Sets& sets) {
  std::ostringstream out;
  for (const auto& set : sets) {
    out << "{";
    for (const Value v : set) out << " " << v;
    out << " } ";
  }
  return out.str();
}

Sets sets_of(const Store& store, int variables) {
  Sets sets(static_cast<std::size_t>(variables));
  for (int x = 0; x < variables; ++x) {
    ascending(store[x], [&](Value v) {
      sets[static_cast<std::size_t>(x)].push_back(v);
      return true;
    });
  }
  return sets;
}

/// What is left of each set in the tuples that satisfy; empty sets when there is none. all: every tuple satisfies.
Sets supported(const Subject& subject, const Sets& sets, bool* all) {
  Sets found(sets.size());
  *all = true;
  std::vector<std::size_t> at(sets.size());
  std::vector<Value> tuple(sets.size());
  while (true) {
    for (std::size_t i = 0; i < sets.size(); ++i) tuple[i] = sets[i][at[i]];
    if (subject.holds(tuple)) {
      for (std::size_t i = 0; i < sets.size(); ++i) found[i].push_back(tuple[i]);
    } else {
      *all = false;
    }
    std::size_t i = sets.size();
    while (i > 0 && ++at[i - 1] == sets[i - 1].size()) at[--i] = 0;
    if (i == 0) break;
  }
  for (auto& set : found) {
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
  }
  return found;
}

/// One run against brute force; false when nothing is left.
bool run_and_compare(const Subject& subject, Propagator* propagator, Engine& engine) {
  const Sets before = sets_of(engine.store(), subject.variables);
  bool all = false;
  const Sets expected = supported(subject, before, &all);
  const bool feasible = !expected[0].empty();
  engine.store().deduce_from(propagator->variables(), 0);
  const Verdict verdict = propagator->propagate(engine.store());
  if (verdict == Verdict::kFails) {
    EXPECT_FALSE(feasible) << "fails wrongly on " << text(before);
    return false;
  }
  const Sets after = sets_of(engine.store(), subject.variables);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_TRUE(std::includes(after[i].begin(), after[i].end(), expected[i].begin(), expected[i].end()))
        << text(before) << "became " << text(after);
    EXPECT_TRUE(std::includes(before[i].begin(), before[i].end(), after[i].begin(), after[i].end()));
  }
  if (subject.domain_consistent) {
    EXPECT_EQ(after, expected) << "from " << text(before);
  }
  const bool fixed = std::all_of(after.begin(), after.end(), [](const auto& set) { return set.size() == 1; });
  if (fixed) {
    EXPECT_TRUE(feasible) << "does not see that it fails on " << text(after);
  }
  if (verdict == Verdict::kEntailed) {
    supported(subject, after, &all);
    EXPECT_TRUE(all) << "is not entailed on " << text(after);
  }
  const std::uint64_t changes = engine.store().changes();
  EXPECT_NE(propagator->propagate(engine.store()), Verdict::kFails);
  EXPECT_EQ(engine.store().changes(), changes) << "not idempotent on " << text(before);
  return true;
}

}  // namespace

std::span<const Var> vars(Engine& engine, std::initializer_list<Var> list) {
  return engine.permanent().copy(std::span<const Var>(list.begin(), list.size()));
}

void check_on(const Subject& subject, const Sets& sets, Random& random) {
  Engine engine;
  for (const auto& set : sets) {
    std::vector<Value> values = set;
    engine.store().add(from_values(values, engine.permanent()));
  }
  Propagator* propagator = subject.make(engine);
  engine.store().push();
  if (run_and_compare(subject, propagator, engine)) {
    engine.store().push();
    const auto x = static_cast<Var>(random.between(0, subject.variables - 1));
    const Domain d = engine.store()[x];
    const bool left = random.one_in(2) ? engine.store().set_low(x, d.low + (d.high - d.low + 1) / 2)
                                       : engine.store().remove(x, random.between(d.low, d.high));
    if (left) run_and_compare(subject, propagator, engine);
    engine.store().pop();
  }
  engine.store().pop();
  EXPECT_EQ(sets_of(engine.store(), subject.variables), sets) << "the trail did not restore the domains";
}

void check_intervals(const Subject& subject, Value low, Value high) {
  std::vector<std::vector<Value>> intervals;
  for (Value a = low; a <= high; ++a) {
    for (Value b = a; b <= high; ++b) {
      intervals.emplace_back();
      for (Value v = a; v <= b; ++v) intervals.back().push_back(v);
    }
  }
  Random random(7);
  Sets sets(static_cast<std::size_t>(subject.variables));
  std::vector<std::size_t> at(sets.size());
  while (!::testing::Test::HasFailure()) {
    for (std::size_t i = 0; i < sets.size(); ++i) sets[i] = intervals[at[i]];
    check_on(subject, sets, random);
    std::size_t i = sets.size();
    while (i > 0 && ++at[i - 1] == intervals.size()) at[--i] = 0;
    if (i == 0) break;
  }
}

void check_random(const Subject& subject, Value low, Value high, int times, std::uint64_t seed) {
  Random random(seed);
  for (int i = 0; i < times && !::testing::Test::HasFailure(); ++i) {
    Sets sets(static_cast<std::size_t>(subject.variables));
    for (auto& set : sets) {
      const Value keep = random.between(1, 4);
      for (Value v = low; v <= high; ++v) {
        if (random.between(0, 4) < keep) set.push_back(v);
      }
      if (set.empty()) set.push_back(random.between(low, high));
    }
    check_on(subject, sets, random);
  }
}

}  // namespace constrint::testing

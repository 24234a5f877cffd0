// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include "brute_force.hpp"
#include "domain/divisors.hpp"
#include "domain/domain.hpp"

namespace constrint::testing {
namespace {

using Set = std::set<Value>;

Set members(const Domain& d) {
  Set set;
  ascending(d, [&](Value v) {
    EXPECT_TRUE(set.empty() || v > *set.rbegin());
    set.insert(v);
    return true;
  });
  return set;
}

Domain domain_of(const Set& set, Arena& arena) {
  std::vector<Value> values(set.begin(), set.end());
  return from_values(values, arena);
}

/// What every domain must be.
void check_form(const Domain& d, const Set& set) {
  ASSERT_EQ(members(d), set);
  ASSERT_EQ(d.empty(), set.empty());
  ASSERT_EQ(d.size(), static_cast<Value>(set.size()));
  ASSERT_TRUE(d.at_most(static_cast<Value>(set.size())));
  if (set.empty()) return;
  ASSERT_FALSE(d.at_most(static_cast<Value>(set.size()) - 1));
  ASSERT_EQ(d.low, *set.begin());
  ASSERT_EQ(d.high, *set.rbegin());
  ASSERT_GE(d.step, 1);
  Value g = 0;
  for (const Value v : set) {
    ASSERT_EQ((v - d.low) % d.step, 0);
    g = greatest_common_divisor(g, v);
  }
  ASSERT_TRUE(g == d.content() || (d.content() != 0 && g % d.content() == 0));
  for (Value v = d.low - 2; v <= d.high + 2; ++v) ASSERT_EQ(d.contains(v), set.count(v) == 1) << v;
  std::vector<Value> down;
  descending(d, [&](Value v) {
    down.push_back(v);
    return true;
  });
  ASSERT_TRUE(std::equal(down.begin(), down.end(), set.rbegin(), set.rend()));
}

/// All subsets of -3..6 with a bit each.
Set subset(unsigned bits) {
  Set set;
  for (int i = 0; i < 10; ++i) {
    if ((bits >> i & 1u) != 0) set.insert(i - 3);
  }
  return set;
}

constexpr unsigned kSubsets = 1u << 10;

TEST(DomainSet, EverySubsetIsKeptExactly) {
  for (unsigned bits = 0; bits < kSubsets; ++bits) {
    Arena arena;
    const Set set = subset(bits);
    const Domain d = domain_of(set, arena);
    check_form(d, set);
    for (Value v = -4; v <= 7; ++v) {
      Set rest = set;
      rest.erase(v);
      check_form(without(d, v, arena), rest);
    }
    for (Value low = -4; low <= 7; ++low) {
      for (Value high = low - 1; high <= 7; ++high) {
        Set part;
        std::copy_if(set.begin(), set.end(), std::inserter(part, part.end()),
                     [&](Value v) { return v >= low && v <= high; });
        check_form(cut(d, low, high), part);
      }
    }
    for (Value step = 1; step <= 5; ++step) {
      for (Value residue = 0; residue < step; ++residue) {
        Set part;
        for (const Value v : set) {
          if (modulo(v - residue, step) == 0) part.insert(v);
        }
        check_form(congruent(d, residue, step, arena), part);
      }
    }
  }
}

TEST(DomainSet, IntersectionAndUnionOfSubsets) {
  Random random(1);
  for (int i = 0; i < 60000; ++i) {
    Arena arena;
    const Set a = subset(static_cast<unsigned>(random.between(0, kSubsets - 1)));
    const Set b = subset(static_cast<unsigned>(random.between(0, kSubsets - 1)));
    Set both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    check_form(intersection(domain_of(a, arena), domain_of(b, arena), arena), both);
    Set any = a;
    any.insert(b.begin(), b.end());
    check_form(unite(domain_of(a, arena), domain_of(b, arena), arena), any);
  }
}

TEST(DomainSet, ProgressionsMeetByResidues) {
  Random random(2);
  for (int i = 0; i < 20000; ++i) {
    Arena arena;
    const auto draw = [&] {
      const Value step = random.between(1, 12);
      const Value first = random.between(-60, 60);
      return Domain{first, first + step * random.between(1, 20), step, nullptr, 0};
    };
    const Domain a = draw();
    const Domain b = draw();
    const Set left = members(a);
    const Set right = members(b);
    Set both;
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(), std::inserter(both, both.end()));
    check_form(intersection(a, b, arena), both);
  }
}

TEST(DomainSet, LongUnionsStayAroundBothSides) {
  Random random(3);
  for (int i = 0; i < 500; ++i) {
    Arena arena;
    Domain a;
    Set all;
    for (int k = 0; k < 4; ++k) {
      const Value step = random.between(1, 40);
      const Value first = random.between(-3000, 3000);
      const Domain b{first, first + step * random.between(1, 700), step, nullptr, 0};
      a = unite(a, b, arena);
      ascending(b, [&](Value v) {
        all.insert(v);
        return true;
      });
    }
    ASSERT_LE(a.piece_count(), kMaxPieces);
    for (const Value v : all) ASSERT_TRUE(a.contains(v));
  }
}

TEST(DomainSet, TooManyPiecesAreRelaxedNeverLost) {
  Arena arena;
  Domain d = range(0, 4000);
  for (Value v = 1; v < 4000; v += 4) d = without(d, v, arena);
  EXPECT_LE(d.piece_count(), kMaxPieces);
  for (Value v = 0; v <= 4000; ++v) {
    if (v % 4 != 1) {
      ASSERT_TRUE(d.contains(v)) << v;
    }
  }
  std::vector<Value> squares;
  for (Value v = 0; v < 2000; ++v) squares.push_back(v * v);
  const Domain relaxed = from_values(squares, arena);
  EXPECT_LE(relaxed.piece_count(), kMaxPieces);
  for (const Value v : squares) ASSERT_TRUE(relaxed.contains(v));
}

TEST(DomainSet, DeclaredPiecesAreKeptHoweverMany) {
  Arena arena;
  std::vector<Progression> pieces;
  for (Value v = 0; v < 5000; ++v) pieces.push_back({v * v * 2, v * v * 2, 1});
  const Domain d = from_progressions(pieces, arena);
  EXPECT_EQ(d.size(), 5000);
  EXPECT_TRUE(d.contains(2 * 4321 * 4321));
  EXPECT_FALSE(d.contains(2 * 4321 * 4321 + 2));
  EXPECT_EQ(d.step, 2);
}

TEST(DomainSet, TheEndsOfTheRange) {
  Arena arena;
  std::vector<Value> ends{-kLimit, kLimit};
  const Domain d = from_values(ends, arena);
  EXPECT_EQ(d.size(), 2);
  EXPECT_TRUE(d.contains(kLimit));
  EXPECT_FALSE(d.contains(0));
  const Domain wide{-kLimit, kLimit, kLimit, nullptr, 0};
  EXPECT_EQ(members(wide), (Set{-kLimit, 0, kLimit}));
  EXPECT_EQ(intersection(wide, d, arena).size(), 2);
  const Domain a{-kLimit, kLimit - 1, (Value{1} << 61) - 1, nullptr, 0};
  const Domain b{-kLimit + 1, kLimit, (Value{1} << 61) + 1, nullptr, 0};
  for (const Value v : members(intersection(a, b, arena))) {
    EXPECT_TRUE(a.contains(v));
    EXPECT_TRUE(b.contains(v));
  }
  const Progression two[] = {{-kLimit, kLimit - 1, kLimit - 1 + kLimit}};
  EXPECT_EQ(members(from_progressions(two, arena)), (Set{-kLimit, kLimit - 1}));
}

TEST(DomainSet, TheWholeRangeIsWiderThan63Bits) {
  Arena arena;
  const Domain all = range(-kLimit, kLimit);
  EXPECT_TRUE(all.bounded());
  EXPECT_EQ(all.size(), kInfinity);
  EXPECT_FALSE(all.at_most(kLimit));
  EXPECT_TRUE(all.contains(0));
  EXPECT_EQ(all.content(), 1);
  const auto expect = [](const Domain& d, Value low, Value high, Value step) {
    EXPECT_EQ(d.low, low);
    EXPECT_EQ(d.high, high);
    EXPECT_EQ(d.step, step);
  };
  expect(cut(all, -kLimit + 1, kLimit), -kLimit + 1, kLimit, 1);
  expect(congruent(all, 3, kLimit - 1, arena), -kLimit + 4, 3, kLimit - 1);
  expect(intersection(all, progression(-kLimit, kLimit, 0, kLimit), arena), -kLimit, kLimit, kLimit);
  expect(unite(all, single(7), arena), -kLimit, kLimit, 1);
  expect(unite(single(-kLimit), single(kLimit), arena), -kLimit, kLimit, kLimit);
  expect(sum(all, single(0), arena), -kLimit, kLimit, 1);
  expect(sum(all, all, arena), -kInfinity, kInfinity, 1);
  expect(product(all, single(1), arena), -kLimit, kLimit, 1);
  expect(product(all, single(2), arena), -kInfinity, kInfinity, 1);
  expect(product(all, single(-1), arena), -kLimit, kLimit, 1);
  expect(quotient(all, single(kLimit), arena), -1, 1, 1);
  expect(quotient(all, single(-1), arena), -kLimit, kLimit, 1);
  expect(quotient(all, single(3), arena), -kLimit / 3, kLimit / 3, 1);
  expect(power(all, 2, arena), 0, kInfinity, 1);
  const Domain gap = without(all, 0, arena);
  EXPECT_EQ(gap.low, -kLimit);
  EXPECT_EQ(gap.high, kLimit);
  EXPECT_FALSE(gap.contains(0));
  EXPECT_EQ(gap.size(), kInfinity);
  EXPECT_FALSE(gap.at_most(kLimit));
  EXPECT_TRUE(divisors(all, arena).contains(kLimit));
  const Progression two[] = {{-kLimit, kLimit, kLimit}};
  EXPECT_EQ(members(product(from_progressions(two, arena), single(1), arena)), (Set{-kLimit, 0, kLimit}));
}

TEST(DomainSet, UnboundedOnOneSide) {
  Arena arena;
  const Domain up = progression(5, kInfinity, 2, 4);
  EXPECT_EQ(up.low, 6);
  EXPECT_EQ(up.size(), kInfinity);
  EXPECT_TRUE(up.contains(10));
  EXPECT_FALSE(up.contains(11));
  EXPECT_EQ(members(intersection(up, range(-100, 20), arena)), (Set{6, 10, 14, 18}));
  const Domain no_zero = without(all_integers(), 0, arena);
  EXPECT_FALSE(no_zero.contains(0));
  EXPECT_TRUE(no_zero.contains(-1));
  EXPECT_EQ(members(intersection(no_zero, range(-2, 2), arena)), (Set{-2, -1, 1, 2}));
  EXPECT_FALSE(range(kInfinity, kInfinity).fixed());
  EXPECT_TRUE(may_contain(up, Wide{kLimit} * 4));
  EXPECT_FALSE(may_contain(up, -Wide{kLimit} * 4));
}

}  // namespace
}  // namespace constrint::testing

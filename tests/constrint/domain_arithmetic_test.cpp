// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <vector>

#include "brute_force.hpp"
#include "domain/divisors.hpp"
#include "domain/domain.hpp"
#include "propagation/interval.hpp"

namespace constrint::testing {
namespace {

using Set = std::set<Value>;
using Operation = Domain (*)(const Domain&, const Domain&, Arena&);

Set members(const Domain& d) {
  Set set;
  ascending(d, [&](Value v) {
    set.insert(v);
    return true;
  });
  return set;
}

Domain domain_of(const Set& set, Arena& arena) {
  std::vector<Value> values(set.begin(), set.end());
  return from_values(values, arena);
}

Set random_set(Random& random, Value low, Value high) {
  Set set;
  for (Value v = low; v <= high; ++v) {
    if (random.one_in(3)) set.insert(v);
  }
  return set;
}

TEST(DomainArithmetic, SmallSetsAreCombinedExactly) {
  Random random(1);
  for (int i = 0; i < 20000; ++i) {
    Arena arena;
    const Set a = random_set(random, -6, 12);
    const Set b = random_set(random, -4, 7);
    Set sums;
    Set products;
    Set quotients;
    for (const Value x : a) {
      for (const Value y : b) {
        sums.insert(x + y);
        products.insert(x * y);
        if (y != 0 && x % y == 0) quotients.insert(x / y);
      }
    }
    const Domain da = domain_of(a, arena);
    const Domain db = domain_of(b, arena);
    ASSERT_EQ(members(sum(da, db, arena)), sums);
    ASSERT_EQ(members(product(da, db, arena)), products);
    ASSERT_EQ(members(quotient(da, db, arena)), quotients);
    for (Value e = 0; e <= 4; ++e) {
      Set powers;
      for (const Value x : a)
        powers.insert(static_cast<Value>(e == 0   ? 1
                                         : e == 1 ? x
                                         : e == 2 ? x * x
                                         : e == 3 ? x * x * x
                                                  : x * x * x * x));
      ASSERT_EQ(members(power(da, e, arena)), powers);
    }
  }
}

TEST(DomainArithmetic, LargeSetsAreRelaxedToSupersets) {
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    Arena arena;
    const auto draw = [&] {
      const Value step = random.between(1, 9);
      const Value first = random.between(-200, 200);
      return Domain{first, first + step * random.between(40, 90), step, nullptr, 0};
    };
    const Domain a = draw();
    const Domain b = draw();
    const Domain sums = sum(a, b, arena);
    const Domain products = product(a, b, arena);
    const Domain quotients = quotient(a, b, arena);
    for (const Value x : members(a)) {
      for (const Value y : members(b)) {
        ASSERT_TRUE(sums.contains(x + y));
        ASSERT_TRUE(products.contains(x * y));
        if (y != 0 && x % y == 0) {
          ASSERT_TRUE(quotients.contains(x / y));
        }
      }
    }
    // The congruence is kept: all sums agree modulo the common step.
    ASSERT_EQ(sums.step, greatest_common_divisor(a.step, b.step));
  }
}

TEST(DomainArithmetic, DivisorsAndMultiples) {
  Arena arena;
  for (Value n = 1; n <= 2000; ++n) {
    Set expected;
    for (Value d = 1; d <= n; ++d) {
      if (n % d == 0) {
        expected.insert(d);
        expected.insert(-d);
      }
    }
    ASSERT_EQ(members(divisors(single(n), arena)), expected) << n;
  }
  EXPECT_EQ(members(cut(divisors(single(-12), arena), 1, kInfinity)), (Set{1, 2, 3, 4, 6, 12}));
  std::vector<Value> values{8, 12};
  EXPECT_EQ(members(cut(divisors(from_values(values, arena), arena), 1, kInfinity)), (Set{1, 2, 3, 4, 6, 8, 12}));
  EXPECT_EQ(members(cut(multiples(from_values(values, arena), arena), -9, 9)), (Set{-8, -4, 0, 4, 8}));
  // Two large primes are not taken apart: everything up to the number is left.
  const Value hard = Value{1000003} * 998244353;
  EXPECT_TRUE(divisors(single(hard), arena).contains(1000003));
}

TEST(DomainArithmetic, BeyondTheLimitIsUnbounded) {
  Arena arena;
  const Domain big = range(1, kLimit);
  EXPECT_EQ(sum(big, big, arena).high, kInfinity);
  EXPECT_EQ(product(big, big, arena).high, kInfinity);
  EXPECT_EQ(product(big, big, arena).low, 1);
  EXPECT_EQ(product(big, single(-3), arena).low, -kInfinity);
  EXPECT_EQ(power(big, 3, arena).high, kInfinity);
  EXPECT_EQ(power(range(-9, kLimit), 2, arena).low, 0);
  // A lower bound beyond the limit is a bound.
  EXPECT_EQ(sum(range(kInfinity, kInfinity), single(-5), arena).low, kInfinity - 5);
  EXPECT_EQ(sum(range(kInfinity, kInfinity), range(-kInfinity, -1), arena).low, -kInfinity);
}

TEST(Interval, ProductsAndQuotientsOfAllSmallIntervals) {
  for (Value al = -4; al <= 4; ++al) {
    for (Value ah = al; ah <= 4; ++ah) {
      for (Value bl = -4; bl <= 4; ++bl) {
        for (Value bh = bl; bh <= 4; ++bh) {
          const Interval both = multiply({al, ah}, {bl, bh});
          const Interval by = divide({al, ah}, {bl, bh});
          for (Value b = bl; b <= bh; ++b) {
            for (Value a = al; a <= ah; ++a) {
              ASSERT_LE(both.low, a * b);
              ASSERT_GE(both.high, a * b);
              if (b != 0 && a % b == 0) {
                ASSERT_LE(by.low, a / b);
                ASSERT_GE(by.high, a / b);
              }
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(divide({1, 100}, {kInfinity, kInfinity}).high, 0);
  EXPECT_EQ(divide({1, kInfinity}, {kInfinity, kInfinity}).high, kInfinity);
  EXPECT_EQ(divide({kInfinity, kInfinity}, {1, 2}).low, (kInfinity + 1) / 2);
}

TEST(Wide, RoundedDivisionAndInverses) {
  for (Value a = -20; a <= 20; ++a) {
    for (Value b = -7; b <= 7; ++b) {
      if (b == 0) continue;
      const auto down = static_cast<Value>(floor_divide(a, b));
      const auto up = static_cast<Value>(ceil_divide(a, b));
      EXPECT_TRUE(down * (b > 0 ? b : -b) <= (b > 0 ? a : -a));
      EXPECT_EQ(up - down, a % b == 0 ? 0 : 1);
      EXPECT_EQ(down, static_cast<Value>(floor_divide(Wide{a} << 80, Wide{b} << 80)));
    }
  }
  for (Value m = 1; m <= 60; ++m) {
    for (Value a = 0; a < m; ++a) {
      if (greatest_common_divisor(a, m) != 1) continue;
      EXPECT_EQ(modulo(Wide{a} * inverse_modulo(a, m), m), 1 % m);
    }
  }
  const Value m = (Value{1} << 61) - 1;
  EXPECT_EQ(modulo(Wide{123456789} * inverse_modulo(123456789, m), m), 1);
}

}  // namespace
}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include "constrint/expression.hpp"

/// Arithmetic on bounds. A bound in [-kLimit, kLimit] is exact; kInfinity and -kInfinity stand for everything beyond.
namespace constrint {

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

inline constexpr Value kInfinity = kLimit + 1;

constexpr bool is_finite(Value bound) { return bound > -kInfinity && bound < kInfinity; }

constexpr Value saturate(Wide value) {
  if (value > kLimit) return kInfinity;
  if (value < -kLimit) return -kInfinity;
  return static_cast<Value>(value);
}

/// Infinity times zero is zero: a bound that is never reached scales nothing.
constexpr Value saturating_multiply(Value a, Value b) { return saturate(Wide{a} * b); }

constexpr bool fits(Wide value) { return value == static_cast<Value>(value); }

/// Rounded down; b != 0. The 128-bit division is a library call, so the narrow one is taken where it can be.
constexpr Wide floor_divide(Wide a, Wide b) {
  if (fits(a) && fits(b) && b != -1) {
    const auto x = static_cast<Value>(a);
    const auto y = static_cast<Value>(b);
    return x / y - ((x % y != 0 && (x < 0) != (y < 0)) ? 1 : 0);
  }
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

/// Rounded up; b != 0.
constexpr Wide ceil_divide(Wide a, Wide b) { return -floor_divide(-a, b); }

/// In [0, m); m > 0.
constexpr Value modulo(Wide a, Value m) {
  if (fits(a)) {
    const Value r = static_cast<Value>(a) % m;
    return r < 0 ? r + m : r;
  }
  const auto r = static_cast<Value>(a % m);
  return r < 0 ? r + m : r;
}

constexpr std::uint64_t magnitude(Value a) {
  return a < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(a) : static_cast<std::uint64_t>(a);
}

/// high - low of two bounds, up to 2^63 + 2; low <= high.
constexpr std::uint64_t distance(Value low, Value high) {
  return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

/// gcd(0, y) is y.
constexpr std::uint64_t unsigned_gcd(std::uint64_t x, std::uint64_t y) {
  if (x == 0) return y;
  if (y == 0) return x;
  const int shift = std::countr_zero(x | y);
  x >>= std::countr_zero(x);
  while (y != 0 && x != 1) {
    y >>= std::countr_zero(y);
    if (x > y) {
      const std::uint64_t t = x;
      x = y;
      y = t;
    }
    y -= x;
  }
  return x << shift;
}

/// Never negative; gcd(0, b) is |b|.
constexpr Value greatest_common_divisor(Value a, Value b) {
  return static_cast<Value>(unsigned_gcd(magnitude(a), magnitude(b)));
}

/// The x in [0, m) with a * x = 1 modulo m; gcd(a, m) == 1, m >= 1.
constexpr Value inverse_modulo(Value a, Value m) {
  Value old_r = modulo(a, m);
  Value r = m;
  Wide old_s = 1;
  Wide s = 0;
  while (r != 0) {
    const Value q = old_r / r;
    const Value next_r = old_r - q * r;
    old_r = r;
    r = next_r;
    const Wide next_s = old_s - q * s;  // stays below m
    old_s = s;
    s = next_s;
  }
  return modulo(old_s, m);
}

/// base^exponent, or 0 with *overflow set when it leaves [-2^126, 2^126].
constexpr Wide exact_power(Wide base, Value exponent, bool* overflow) {
  constexpr Wide kBound = Wide{1} << 126;
  if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
  if (base == -1) return exponent % 2 == 0 ? 1 : -1;
  Wide result = 1;
  for (Value i = 0; i < exponent; ++i) {
    if (__builtin_mul_overflow(result, base, &result) || result > kBound || result < -kBound) {
      *overflow = true;
      return 0;
    }
  }
  return result;
}

/// base^exponent as a bound: base may be infinite.
constexpr Value saturating_power(Value base, Value exponent) {
  bool overflow = false;
  const Wide exact = exact_power(base, exponent, &overflow);
  if (!overflow) return saturate(exact);
  return base < 0 && exponent % 2 != 0 ? -kInfinity : kInfinity;
}

}  // namespace constrint

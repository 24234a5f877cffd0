// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "domain/domain.hpp"

/// Bounds of products and quotients. Infinite bounds as in Domain; everything saturates outwards.
namespace constrint {

struct Interval {
  Value low = 0;
  Value high = 0;
};

inline Interval interval_of(const Domain& d) { return {d.low, d.high}; }

inline Interval multiply(Interval a, Interval b) {
  if (a.low >= 0 && b.low >= 0) return {saturating_multiply(a.low, b.low), saturating_multiply(a.high, b.high)};
  const auto corners = {saturating_multiply(a.low, b.low), saturating_multiply(a.low, b.high),
                        saturating_multiply(a.high, b.low), saturating_multiply(a.high, b.high)};
  return {std::min(corners), std::max(corners)};
}

/// All integers x with x * d in y for some d in `by`, which is positive.
inline Interval divide_by_positive(Interval y, Interval by) {
  const auto nearest = [](Value bound, Value divisor, bool up) -> Value {
    // An infinite bound that points outwards is none; one that points inwards is a true bound.
    if (!is_finite(bound) && up != (bound > 0)) return bound;
    if (divisor == kInfinity) return bound > 0 ? (up ? 1 : 0) : bound < 0 ? (up ? 0 : -1) : 0;
    return static_cast<Value>(up ? ceil_divide(bound, divisor) : floor_divide(bound, divisor));
  };
  Interval x;
  x.low = nearest(y.low, y.low > 0 ? by.high : by.low, true);
  x.high = nearest(y.high, y.high < 0 ? by.high : by.low, false);
  return x;
}

/// As above for any divisor; `all` when 0 is on both sides. Empty (low > high) when nothing is left.
inline Interval divide(Interval y, Interval by) {
  constexpr Interval kAll{-kInfinity, kInfinity};
  constexpr Interval kNone{1, 0};
  const bool zero = by.low <= 0 && by.high >= 0;
  if (zero && y.low <= 0 && y.high >= 0) return kAll;
  Interval result = kNone;
  if (by.high > 0) result = divide_by_positive(y, {std::max<Value>(by.low, 1), by.high});
  if (by.low < 0) {
    const Interval x = divide_by_positive({-y.high, -y.low}, {std::max<Value>(-by.high, 1), -by.low});
    if (x.low <= x.high) {
      result = result.low <= result.high ? Interval{std::min(x.low, result.low), std::max(x.high, result.high)} : x;
    }
  }
  return result;
}

}  // namespace constrint

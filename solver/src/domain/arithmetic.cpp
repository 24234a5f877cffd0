// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "domain/divisors.hpp"
#include "domain/domain.hpp"

/// Sum, product, quotient, power, divisors, multiples. Two small sets are combined value by value; else the result is
/// the smallest progression that bounds and congruences give.
namespace constrint {
namespace {

constexpr Value kPairs = 1024;

/// Calls each(x, y, out) for every pair, out collecting what comes of it; false when the sets are not small.
template <typename Each>
bool by_pairs(const Domain& a, const Domain& b, Arena& arena, Domain* result, Each&& each) {
  const Value n = a.size();
  const Value m = b.size();
  if (n > kPairs || m > kPairs || n * m > kPairs) return false;
  Value values[kPairs];
  std::size_t count = 0;
  bool exact = true;
  ascending(a, [&](Value x) {
    ascending(b, [&](Value y) { return exact = each(x, y, values, count); });
    return exact;
  });
  if (exact) *result = from_values({values, count}, arena);
  return exact;
}

bool keep(Wide value, Value* values, std::size_t& count) {
  if (value > kLimit || value < -kLimit) return false;
  values[count++] = static_cast<Value>(value);
  return true;
}

/// A lower bound of kInfinity is a true bound, kLimit + 1; one of -kInfinity is none. An upper bound likewise.
Value add_low(Value a, Value b) { return a == -kInfinity || b == -kInfinity ? -kInfinity : saturate(Wide{a} + b); }
Value add_high(Value a, Value b) { return a == kInfinity || b == kInfinity ? kInfinity : saturate(Wide{a} + b); }

/// What lies between the ends of a bounded set divided by `by` != 0.
Domain hull_of(const Domain& a, Value by) {
  const Value low = by > 0 ? a.low : a.high;
  const Value high = by > 0 ? a.high : a.low;
  const auto from = static_cast<Value>(ceil_divide(low, by));
  const auto to = static_cast<Value>(floor_divide(high, by));
  return from <= to ? range(from, to) : Domain{};
}

/// Every member times `by` > 0; none leaves the range.
Domain scaled(const Domain& a, Value by, Arena& arena) {
  PieceBuilder out;
  for (std::uint32_t i = 0, n = a.piece_count(); i < n; ++i) {
    const Progression p = a.piece(i);
    const Wide step = p.first == p.last ? Wide{1} : Wide{p.step} * by;
    if (step <= kLimit) {
      out.add(Progression{p.first * by, p.last * by, static_cast<Value>(step)});
      continue;
    }
    for (Wide v = p.first; v <= p.last; v += p.step) out.add(static_cast<Value>(v * by));
  }
  return out.finish(arena);
}

/// Members that are residue modulo step between the bounds; a bound that is infinite stays so.
Domain hull(Value low, Value high, Value residue, Value step) {
  if (!is_finite(low)) return range(low, high);
  return progression(low, high, residue, step);
}

}  // namespace

Domain sum(const Domain& a, const Domain& b, Arena& arena) {
  if (a.empty() || b.empty()) return {};
  Domain result;
  const auto add = [](Value x, Value y, Value* values, std::size_t& count) { return keep(Wide{x} + y, values, count); };
  if (by_pairs(a, b, arena, &result, add)) return result;
  const Value step = greatest_common_divisor(a.low == a.high ? 0 : a.step, b.low == b.high ? 0 : b.step);
  const Value low = add_low(a.low, b.low);
  const bool known = is_finite(a.low) && is_finite(b.low) && step > 1;
  return hull(low, add_high(a.high, b.high), low, known ? step : 1);
}

Domain product(const Domain& a, const Domain& b, Arena& arena) {
  if (a.empty() || b.empty()) return {};
  if (a.fixed() && !b.fixed()) return product(b, a, arena);
  if (b.fixed() && b.low > 0 && a.bounded() && saturating_multiply(a.low, b.low) != -kInfinity &&
      saturating_multiply(a.high, b.low) != kInfinity) {
    return scaled(a, b.low, arena);
  }
  Domain result;
  const auto multiply = [](Value x, Value y, Value* values, std::size_t& count) {
    return keep(Wide{x} * y, values, count);
  };
  if (by_pairs(a, b, arena, &result, multiply)) return result;
  const Value corners[4] = {saturating_multiply(a.low, b.low), saturating_multiply(a.low, b.high),
                            saturating_multiply(a.high, b.low), saturating_multiply(a.high, b.high)};
  const Value low = *std::min_element(corners, corners + 4);
  const Value high = *std::max_element(corners, corners + 4);
  // (p + s i)(q + t j) = p q + (terms that content(a) t and content(b) s divide)
  Wide step = 1;
  if (is_finite(a.low) && is_finite(b.low)) {
    const Wide left = Wide{a.content()} * (b.low == b.high ? 0 : b.step);
    const Wide right = Wide{b.content()} * (a.low == a.high ? 0 : a.step);
    if (left <= kLimit && right <= kLimit) {
      step = greatest_common_divisor(static_cast<Value>(left), static_cast<Value>(right));
    }
  }
  if (step <= 1 || !is_finite(low)) return range(low, high);
  return hull(low, high, static_cast<Value>(Wide{a.low} * b.low % step), static_cast<Value>(step));
}

Domain quotient(const Domain& a, const Domain& b, Arena& arena) {
  const Domain d = without(b, 0, arena);
  if (a.empty() || d.empty() || (d.low == 0 && d.high == 0)) return {};
  if (d.fixed() && a.bounded()) {
    // Multiples of the divisor, scaled: exact for every piece of a.
    const Value by = d.low;
    const Domain divisible = congruent(a, 0, static_cast<Value>(magnitude(by)), arena);
    if (divisible.empty()) return {};
    // A declared set of too many pieces is left as it is.
    if (divisible.low % by != 0 || (divisible.low != divisible.high && divisible.step % by != 0)) return hull_of(a, by);
    PieceBuilder out;
    const auto scale = [&](const Progression& p) {
      const Value step = p.first == p.last ? 1 : p.step / static_cast<Value>(magnitude(by));
      out.add(by > 0 ? Progression{p.first / by, p.last / by, step} : Progression{p.last / by, p.first / by, step});
    };
    const std::uint32_t n = divisible.piece_count();
    for (std::uint32_t i = 0; i < n; ++i) scale(divisible.piece(by > 0 ? i : n - 1 - i));
    return out.finish(arena);
  }
  Domain result;
  const auto divide = [](Value x, Value y, Value* values, std::size_t& count) {
    return y == 0 || x % y != 0 || keep(x / y, values, count);
  };
  if (by_pairs(a, d, arena, &result, divide)) return result;
  if (a.contains(0)) {
    const Value most = std::max(a.high, a.low == -kInfinity ? kInfinity : -a.low);
    return range(-most, most);
  }
  // |x| <= |a| / |b|; the signs that can meet.
  const Value most = std::max(a.high, a.low == -kInfinity ? kInfinity : -a.low);
  const bool positive = (a.high > 0 && d.high > 0) || (a.low < 0 && d.low < 0);
  const bool negative = (a.high > 0 && d.low < 0) || (a.low < 0 && d.high > 0);
  if (!positive && !negative) return {};
  return range(negative ? -most : 1, positive ? most : -1);
}

Domain power(const Domain& a, Value exponent, Arena& arena) {
  if (a.empty()) return {};
  if (exponent == 0) return single(1);
  if (exponent == 1) return a;
  Domain result;
  const auto raise = [&](Value x, Value, Value* values, std::size_t& count) {
    bool overflow = false;
    const Wide value = exact_power(x, exponent, &overflow);
    return !overflow && keep(value, values, count);
  };
  if (by_pairs(a, single(0), arena, &result, raise)) return result;
  const Value low = saturating_power(a.low, exponent);
  const Value high = saturating_power(a.high, exponent);
  if (exponent % 2 != 0) return range(low, high);
  if (a.low >= 0) return range(low, high);
  if (a.high <= 0) return range(high, low);
  return range(0, std::max(low, high));
}

Domain divisors(const Domain& a, Arena& arena) {
  if (a.empty()) return {};
  const auto but_zero = [&](Value most) { return without(range(-most, most), 0, arena); };
  if (a.contains(0) || !a.bounded()) return but_zero(kInfinity);
  const Value most = std::max(a.high, -a.low);
  if (!a.at_most(16)) return but_zero(most);
  Domain all;
  bool exact = true;
  Value positive[kMaxDivisors];
  Value both[2 * kMaxDivisors];
  ascending(a, [&](Value value) {
    const std::size_t count = positive_divisors(static_cast<Value>(magnitude(value)), positive);
    exact = count != 0;
    for (std::size_t i = 0; i < count; ++i) {
      both[count - 1 - i] = -positive[i];
      both[count + i] = positive[i];
    }
    if (exact) all = unite(all, from_values({both, 2 * count}, arena), arena);
    return exact;
  });
  return exact ? all : but_zero(most);
}

Domain multiples(const Domain& a, Arena& arena) {
  const Domain d = without(a, 0, arena);
  if (d.empty() || (d.low == 0 && d.high == 0)) return {};
  const Value g = d.content();
  if (g <= 1) return all_integers();
  return progression(-kLimit, kLimit, 0, g);
}

}  // namespace constrint

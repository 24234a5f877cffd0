// SPDX-License-Identifier: Apache-2.0
#include "propagation/power.hpp"

#include "domain/domain.hpp"

namespace constrint {
namespace {

constexpr Value kFewValues = 256;

}  // namespace

Value floor_root(Value value, Value exponent) {
  Value low = 0;
  Value high = exponent == 1 ? value : Value{1} << (62 / exponent + 1 < 62 ? 62 / exponent + 1 : 62);
  if (high > value) high = value;
  while (low < high) {
    const Value middle = low + (high - low + 1) / 2;
    bool overflow = false;
    const Wide raised = exact_power(middle, exponent, &overflow);
    if (overflow || raised > value) {
      high = middle - 1;
    } else {
      low = middle;
    }
  }
  return low;
}

bool Power::bounds(Store& store) const {
  const Var base = variables()[0];
  const Var result = variables()[1];
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::uint64_t before = store.changes();
    const Domain raised =
        store[base].at_most(0) ? Domain{} : power(range(store[base].low, store[base].high), exponent_, store.arena());
    if (!store.set_bounds(result, raised.low, raised.high)) return false;
    const Domain& y = store[result];
    const bool even = exponent_ % 2 == 0;
    if (even) {
      if (y.high < 0) return false;
      if (is_finite(y.high)) {
        const Value root = floor_root(y.high, exponent_);
        if (!store.set_bounds(base, -root, root)) return false;
      }
      if (y.low > 0 && is_finite(y.low)) {
        Value root = floor_root(y.low, exponent_);
        if (saturating_power(root, exponent_) < y.low) ++root;
        if (store[base].low > -root && !store.set_low(base, root)) return false;
        if (store[base].high < root && !store.set_high(base, -root)) return false;
      }
    } else {
      // Of a negative value, the root rounds the other way.
      const auto root_of = [&](Value v, bool up) {
        const Value size = v < 0 ? -v : v;
        Value root = floor_root(size, exponent_);
        if ((v >= 0) == up && saturating_power(root, exponent_) < size) ++root;
        return v < 0 ? -root : root;
      };
      if (is_finite(y.low) && !store.set_low(base, root_of(y.low, true))) return false;
      if (is_finite(store[result].high) && !store.set_high(base, root_of(store[result].high, false))) return false;
    }
    if (store.changes() == before) return true;
  }
  return true;
}

bool Power::values(Store& store) const {
  const Var base = variables()[0];
  const Var result = variables()[1];
  if (store[base].at_most(kFewValues)) {
    const Domain results = store[result];
    const bool kept = store.filter(base, [&](Value v) {
      bool overflow = false;
      const Wide raised = exact_power(v, exponent_, &overflow);
      return overflow ? !results.bounded() : may_contain(results, raised);
    });
    return kept && store.intersect(result, power(store[base], exponent_, store.arena()));
  }
  if (!store[result].at_most(kFewValues)) return true;
  const Domain bases = store[base];
  Value roots[2 * kFewValues];
  std::size_t count = 0;
  const bool kept = store.filter(result, [&](Value v) {
    const Value size = v < 0 ? -v : v;
    const Value root = floor_root(size, exponent_);
    if (saturating_power(root, exponent_) != size || (v < 0 && exponent_ % 2 == 0)) return false;
    if (exponent_ % 2 == 0) return bases.contains(root) || bases.contains(-root);
    return bases.contains(v < 0 ? -root : root);
  });
  if (!kept) return false;
  ascending(store[result], [&](Value v) {
    const Value root = floor_root(v < 0 ? -v : v, exponent_);
    if (v >= 0) roots[count++] = root;
    if (v < 0 || exponent_ % 2 == 0) roots[count++] = -root;
    return true;
  });
  return store.intersect(base, from_values({roots, count}, store.arena()));
}

Verdict Power::propagate(Store& store) {
  for (int round = 0;; ++round) {
    const std::uint64_t before = store.changes();
    if (!bounds(store) || !values(store)) return Verdict::kFails;
    if (store.changes() == before) break;
    if (round == kMaxRounds) return Verdict::kAgain;
  }
  return store[variables()[0]].fixed() && store[variables()[1]].fixed() ? Verdict::kEntailed : Verdict::kStays;
}

}  // namespace constrint

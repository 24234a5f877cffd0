// SPDX-License-Identifier: Apache-2.0
#include "propagation/remainder.hpp"

#include <algorithm>

#include "domain/domain.hpp"

namespace constrint {
namespace {

constexpr Value kPairs = 1024;

}  // namespace

bool Remainder::bounds(Store& store) const {
  const Var a = variables()[0];
  const Var b = variables()[1];
  const Var r = variables()[2];
  if (!store.remove(b, 0) || !store.set_low(r, 0)) return false;
  const auto most = [](const Domain& d) { return std::max(d.high, d.low == -kInfinity ? kInfinity : -d.low); };
  const Value widest = most(store[b]);
  if (is_finite(widest) && !store.set_high(r, widest - 1)) return false;
  if (store[a].low >= 0 && !store.set_high(r, store[a].high)) return false;
  // |divisor| > remainder
  const Value least = store[r].low;
  if (store[b].low > -least - 1 && !store.set_low(b, saturate(Wide{least} + 1))) return false;
  if (store[b].high < least + 1 && !store.set_high(b, saturate(-Wide{least} - 1))) return false;

  const Value content = store[b].content();
  const Domain& x = store[a];
  const Domain& rest = store[r];
  // Both agree modulo `content`: each is restricted by what is known of the other.
  if (content > 1) {
    if (is_finite(x.low)) {
      const Value g = greatest_common_divisor(content, x.low == x.high ? 0 : x.step);
      if (!store.restrict_step(r, modulo(x.low, g), g)) return false;
    }
    if (is_finite(rest.low)) {
      const Value g = greatest_common_divisor(content, rest.low == rest.high ? 0 : rest.step);
      if (!store.restrict_step(a, modulo(rest.low, g), g)) return false;
    }
  }
  const Value narrowest = store[b].low > 0 ? store[b].low : store[b].high < 0 ? saturate(-Wide{store[b].high}) : 1;
  if (store[a].low >= 0 && store[a].high < narrowest) {
    return store.intersect(a, store[r]) && store.intersect(r, store[a]);
  }
  const Domain& by = store[b];
  if (by.fixed() && store[a].bounded()) {
    const auto m = static_cast<Value>(magnitude(by.low));
    const Wide period = floor_divide(store[a].low, m);
    if (period == floor_divide(store[a].high, m)) {
      const auto base = static_cast<Value>(period * m);
      if (!store.set_bounds(r, store[a].low - base, store[a].high - base)) return false;
      if (!store.set_bounds(a, saturate(Wide{store[r].low} + base), saturate(Wide{store[r].high} + base))) return false;
    }
  }
  return true;
}

bool Remainder::pairs(Store& store) const {
  const Domain x = store[variables()[0]];
  const Domain by = store[variables()[1]];
  const Domain rest = store[variables()[2]];
  const Value n = x.size();
  const Value m = by.size();
  if (n > kPairs || m > kPairs || n * m > kPairs) return true;
  const auto rest_of = [](Value dividend, Value divisor) {
    return modulo(dividend, static_cast<Value>(magnitude(divisor)));
  };
  const bool left = store.filter(variables()[0], [&](Value v) {
    bool any = false;
    ascending(by, [&](Value d) { return !(any = d != 0 && rest.contains(rest_of(v, d))); });
    return any;
  });
  if (!left) return false;
  Value values[kPairs];
  std::size_t count = 0;
  const bool right = store.filter(variables()[1], [&](Value d) {
    bool any = false;
    if (d != 0) ascending(x, [&](Value v) { return !(any = rest.contains(rest_of(v, d))); });
    return any;
  });
  if (!right) return false;
  const Domain dividends = store[variables()[0]];
  ascending(store[variables()[1]], [&](Value d) {
    ascending(dividends, [&](Value v) {
      values[count++] = rest_of(v, d);
      return true;
    });
    return true;
  });
  return store.intersect(variables()[2], from_values({values, count}, store.arena()));
}

Verdict Remainder::propagate(Store& store) {
  for (int round = 0;; ++round) {
    const std::uint64_t before = store.changes();
    if (!bounds(store) || !pairs(store)) return Verdict::kFails;
    if (store.changes() == before) break;
    if (round == kMaxRounds) return Verdict::kAgain;
  }
  for (const Var x : variables()) {
    if (!store[x].fixed()) return Verdict::kStays;
  }
  return Verdict::kEntailed;
}

}  // namespace constrint

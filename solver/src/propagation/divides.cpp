// SPDX-License-Identifier: Apache-2.0
#include "propagation/divides.hpp"

#include <algorithm>

namespace constrint {

bool Divides::step(Store& store, bool* settled) const {
  constexpr Value kFewDivisors = 256;
  constexpr Value kFewDividends = 64;
  const Var b = variables()[0];
  const Var a = variables()[1];
  if (!store.remove(b, 0)) return false;
  const Value content = store[b].content();
  if (content > 1 && !store.restrict_step(a, 0, content)) return false;
  const Domain dividends = store[a];
  if (dividends.contains(0)) {
    if (store[b].high > 0 || store[b].low < 0) {
      // A positive divisor larger than every dividend leaves 0.
      const Value least = store[b].low > 0 ? store[b].low : store[b].high < 0 ? -store[b].high : 1;
      if (dividends.high < least && dividends.low > -least) return store.fix(a, 0);
    }
  } else {
    const Value most = std::max(dividends.high, dividends.low == -kInfinity ? kInfinity : -dividends.low);
    if (!store.set_bounds(b, most == kInfinity ? -kInfinity : -most, most)) return false;
  }
  const Domain divisor = store[b];
  if (!store.stepped(variables())) return true;
  const bool few = divisor.at_most(kFewDivisors);
  if (few && dividends.fixed() && dividends.low != 0) {
    *settled = true;
    return store.filter(b, [x = dividends.low](Value v) { return v != 0 && x % v == 0; });
  }
  if (!dividends.contains(0) && (store.strong() || dividends.fixed())) {
    if (few && dividends.at_most(kFewDividends)) {
      const auto divides_one = [&](Value v) {
        bool any = false;
        ascending(dividends, [&](Value x) {
          any = x % v == 0;
          return !any;
        });
        return any;
      };
      if (!store.filter(b, [&](Value v) { return v != 0 && divides_one(v); })) return false;
    } else if (dividends.at_most(16)) {
      if (!store.intersect(b, divisors(dividends, store.arena()))) return false;
    }
  }
  if (store.strong() && store[b].at_most(kFewDivisors) && store[a].at_most(kFewDividends)) {
    const Domain by = store[b];
    const auto divided = [&](Value x) {
      bool any = false;
      ascending(by, [&](Value v) {
        any = v != 0 && x % v == 0;
        return !any;
      });
      return any;
    };
    if (!store.filter(a, divided)) return false;
  }
  return true;
}

Verdict Divides::propagate(Store& store) {
  for (int round = 0;; ++round) {
    const std::uint64_t before = store.changes();
    bool settled = false;
    if (!step(store, &settled)) return Verdict::kFails;
    if (settled || store.changes() == before) break;
    if (round == kMaxRounds) return Verdict::kAgain;
  }
  const Domain& b = store[variables()[0]];
  const Domain& a = store[variables()[1]];
  if (b.fixed() && is_finite(a.low) && modulo(a.low, static_cast<Value>(magnitude(b.low))) == 0 &&
      (a.fixed() || a.step % b.low == 0)) {
    return Verdict::kEntailed;
  }
  return Verdict::kStays;
}

}  // namespace constrint

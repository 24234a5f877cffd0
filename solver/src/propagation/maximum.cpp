// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "propagation/extremum.hpp"

namespace constrint {

Verdict Maximum::propagate(Store& store) {
  constexpr Value kFewValues = 256;
  const std::span<const Var> arguments = variables().first(variables().size() - 1);
  const Var result = variables().back();
  for (int round = 0;; ++round) {
    const std::uint64_t before = store.changes();
    Value far = store[arguments[0]].high;
    Value near = store[arguments[0]].low;
    for (const Var x : arguments) {
      far = std::max(far, store[x].high);
      near = std::max(near, store[x].low);
    }
    if (!store.set_high(result, far) || !store.set_low(result, near)) return Verdict::kFails;
    int reaching = 0;
    Var only = -1;
    for (const Var x : arguments) {
      if (!store.set_high(x, store[result].high)) return Verdict::kFails;
      if (store[x].high >= store[result].low) {
        ++reaching;
        only = x;
      }
    }
    if (reaching == 0) return Verdict::kFails;
    if (reaching == 1) {
      if (!store.intersect(only, store[result]) || !store.intersect(result, store[only])) return Verdict::kFails;
    } else if (store[result].at_most(kFewValues)) {
      const bool kept = store.filter(result, [&](Value v) {
        return std::any_of(arguments.begin(), arguments.end(), [&](Var x) { return store[x].contains(v); });
      });
      if (!kept) return Verdict::kFails;
    }
    if (store.changes() == before) break;
    if (round == kMaxRounds) return Verdict::kAgain;
  }
  for (const Var x : variables()) {
    if (!store[x].fixed()) return Verdict::kStays;
  }
  return Verdict::kEntailed;
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "propagation/extremum.hpp"

namespace constrint {

/// The propagator of both extrema. A Side says which bound of a domain is the outer one, towards the extremum, and how
/// it is moved.
template <typename Side>
Verdict propagate_extremum(Store& store, std::span<const Var> variables) {
  constexpr Value kFewValues = 256;
  const std::span<const Var> arguments = variables.first(variables.size() - 1);
  const Var result = variables.back();
  for (int round = 0;; ++round) {
    const std::uint64_t before = store.changes();
    Value far = Side::outer(store[arguments[0]]);
    Value near = Side::inner(store[arguments[0]]);
    for (const Var x : arguments) {
      far = Side::better(far, Side::outer(store[x]));
      near = Side::better(near, Side::inner(store[x]));
    }
    if (!Side::cap(store, result, far) || !Side::raise(store, result, near)) return Verdict::kFails;
    int reaching = 0;
    Var only = -1;
    for (const Var x : arguments) {
      if (!Side::cap(store, x, Side::outer(store[result]))) return Verdict::kFails;
      if (Side::reaches(store[x], store[result])) {
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
  for (const Var x : variables) {
    if (!store[x].fixed()) return Verdict::kStays;
  }
  return Verdict::kEntailed;
}

}  // namespace constrint

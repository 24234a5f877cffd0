// SPDX-License-Identifier: Apache-2.0
#include "propagation/linear.hpp"

#include "propagation/sum_cycles.hpp"

namespace constrint {
namespace {

constexpr Wide kFar = Wide{1} << 119;

}  // namespace

LinearBounds term_bounds(const Term& term, const Domain& domain) {
  LinearBounds b{0, 0, 0, 0};
  const bool positive = term.coefficient > 0;
  const Value from = positive ? domain.low : domain.high;
  const Value to = positive ? domain.high : domain.low;
  // kInfinity as a lower bound of the variable is a true bound, kLimit + 1; -kInfinity is none.
  if (from == (positive ? -kInfinity : kInfinity)) {
    b.infinite_low = 1;
  } else {
    b.low = Wide{term.coefficient} * from;
  }
  if (to == (positive ? kInfinity : -kInfinity)) {
    b.infinite_high = 1;
  } else {
    b.high = Wide{term.coefficient} * to;
  }
  // A sum that is known to be beyond a bound stays beyond a nearer one.
  if (b.low < -kFar) b = {0, b.high, 1, b.infinite_high};
  if (b.low > kFar) b.low = kFar;
  if (b.high > kFar) b = {b.low, 0, b.infinite_low, 1};
  if (b.high < -kFar) b.high = -kFar;
  return b;
}

LinearBounds linear_bounds(std::span<const Term> terms, Wide constant, const Store& store) {
  LinearBounds all{constant, constant, 0, 0};
  for (const Term& term : terms) {
    all += term_bounds(term, store[term.variable]);
  }
  return all;
}

bool term_at_most(const Term& term, Wide most, Store& store) {
  if (term.coefficient > 0) return store.set_high(term.variable, saturate(floor_divide(most, term.coefficient)));
  return store.set_low(term.variable, saturate(ceil_divide(most, term.coefficient)));
}

bool term_at_least(const Term& term, Wide least, Store& store) {
  if (term.coefficient > 0) return store.set_low(term.variable, saturate(ceil_divide(least, term.coefficient)));
  return store.set_high(term.variable, saturate(floor_divide(least, term.coefficient)));
}

Verdict LinearAtMost::propagate(Store& store) {
  const LinearBounds all = linear_bounds(terms_, constant_, store);
  if (all.infinite_low == 0 && all.low > 0) return Verdict::kFails;
  if (all.infinite_high == 0 && all.high <= 0) return Verdict::kEntailed;
  if (all.infinite_low > 1) return Verdict::kStays;
  for (const Term& term : terms_) {
    const LinearBounds b = term_bounds(term, store[term.variable]);
    if (all.infinite_low > b.infinite_low) continue;
    const Wide most = -(all.low - b.low);  // the others are at least that far down
    if (b.infinite_high == 0 && b.high <= most) continue;
    if (!term_at_most(term, most, store)) return Verdict::kFails;
  }
  return Verdict::kStays;
}

bool LinearAtMost::linear(LinearRelation* relation) const {
  *relation = {terms_, constant_, false};
  return true;
}

Verdict LinearNotEqual::propagate(Store& store) {
  const Term* open = nullptr;
  Wide rest = constant_;
  for (const Term& term : terms_) {
    const Domain& d = store[term.variable];
    if (d.fixed()) {
      rest += Wide{term.coefficient} * d.low;
    } else if (open == nullptr) {
      open = &term;
    } else {
      const LinearBounds all = linear_bounds(terms_, constant_, store);
      const bool above = all.infinite_low == 0 && all.low > 0;
      const bool below = all.infinite_high == 0 && all.high < 0;
      return above || below ? Verdict::kEntailed : Verdict::kStays;
    }
  }
  if (open == nullptr) return rest == 0 ? Verdict::kFails : Verdict::kEntailed;
  if (rest % open->coefficient != 0) return Verdict::kEntailed;
  const Wide value = -rest / open->coefficient;
  if (value > kLimit || value < -kLimit) return Verdict::kStays;
  const auto forbidden = static_cast<Value>(value);
  if (!store.remove(open->variable, forbidden)) return Verdict::kFails;
  return store[open->variable].contains(forbidden) ? Verdict::kStays : Verdict::kEntailed;
}

}  // namespace constrint

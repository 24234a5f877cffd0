// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <type_traits>

#include "propagation/linear.hpp"
#include "propagation/sum_cycles.hpp"

namespace constrint {
namespace {

/// Two terms are matched value by value up to this many values.
constexpr Value kPairValues = 512;

/// Whether each member of one set has its partner in the other one, piece by piece: a x + b y + k == 0. False may be
/// wrong.
bool are_partners(Value a, const Domain& x, Value b, const Domain& y, Wide k) {
  const std::uint32_t n = x.piece_count();
  if (n != y.piece_count() || !x.bounded() || !y.bounded()) return false;
  const bool falling = (a > 0) == (b > 0);
  for (std::uint32_t i = 0; i < n; ++i) {
    const Progression p = x.piece(i);
    const Progression q = y.piece(falling ? n - 1 - i : i);
    if (Wide{a} * p.first + Wide{b} * (falling ? q.last : q.first) + k != 0) return false;
    if (Wide{a} * p.last + Wide{b} * (falling ? q.first : q.last) + k != 0) return false;
    if (p.first != p.last && Wide{p.step} * magnitude(a) != Wide{q.step} * magnitude(b)) return false;
  }
  return true;
}

}  // namespace

template <typename Number>
LinearEqual::Sweep LinearEqual::sweep(Store& store) const {
  constexpr bool kSmall = std::is_same_v<Number, Value>;
  if (kSmall && (constant_ > kNarrow || constant_ < -kNarrow)) return Sweep::kTooWide;
  SumBounds<Number> each[kMaxTerms];
  SumBounds<Number> all{static_cast<Number>(constant_), static_cast<Number>(constant_), 0, 0};
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const Domain& domain = store[terms_[i].variable];
    if constexpr (kSmall) {
      if (!narrow_bounds(terms_[i], domain, &each[i])) return Sweep::kTooWide;
    } else {
      each[i] = term_bounds(terms_[i], domain);
    }
    all += each[i];
  }
  if ((all.infinite_low == 0 && all.low > 0) || (all.infinite_high == 0 && all.high < 0)) return Sweep::kFails;
  if (all.infinite_low == 0 && all.infinite_high == 0 && all.low == all.high) return Sweep::kStays;
  const std::uint64_t before = store.changes();
  // Bounds that move in this sweep are taken up by the next one.
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const Term& term = terms_[i];
    const SumBounds<Number>& b = each[i];
    if (all.infinite_low == b.infinite_low) {
      const Number most = -(all.low - b.low);
      if ((b.infinite_high != 0 || b.high > most) && !term_at_most(term, most, store)) return Sweep::kFails;
    }
    if (all.infinite_high == b.infinite_high) {
      const Number least = -(all.high - b.high);
      if ((b.infinite_low != 0 || b.low < least) && !term_at_least(term, least, store)) return Sweep::kFails;
    }
  }
  return store.changes() == before ? Sweep::kStays : Sweep::kMoved;
}

bool LinearEqual::bounds(Store& store, bool* again) const {
  for (int round = 0; round < kMaxRounds; ++round) {
    Sweep moved = sweep<Value>(store);
    if (moved == Sweep::kTooWide) moved = sweep<Wide>(store);
    if (moved != Sweep::kMoved) return moved == Sweep::kStays;
  }
  *again = true;
  return true;
}

bool LinearEqual::congruences(Store& store) const {
  // Of each term: it is residue modulo step (0: one value).
  Value steps[kMaxTerms];
  Value behind[kMaxTerms + 1];
  const std::size_t n = terms_.size();
  Wide total = constant_;
  bool informative = false;
  int any = 0;  // terms that may be any number
  for (std::size_t i = 0; i < n; ++i) {
    const Domain& d = store[terms_[i].variable];
    const Value c = terms_[i].coefficient;
    if (d.low == d.high && is_finite(d.low)) {
      steps[i] = 0;
      total += Wide{c} * d.low;
      continue;
    }
    const bool anchored = is_finite(d.low);
    const Wide scaled = Wide{static_cast<Value>(magnitude(c))} * (anchored ? d.step : 1);
    steps[i] = scaled <= kLimit ? static_cast<Value>(scaled) : static_cast<Value>(magnitude(c));
    if (anchored) total += Wide{c} * d.low;
    informative = informative || steps[i] != 1;
    // With two of them, the others of every term can add up to any number.
    if (steps[i] == 1 && ++any == 2) return true;
  }
  if (!informative) return true;
  behind[n] = 0;
  for (std::size_t i = n; i-- > 0;) behind[i] = greatest_common_divisor(behind[i + 1], steps[i]);
  if (behind[0] > 1 && modulo(total, behind[0]) != 0) return false;
  Value before = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Value others = greatest_common_divisor(before, behind[i + 1]);
    before = greatest_common_divisor(before, steps[i]);
    // Where this term adds nothing to what is known of the sum, the sum adds nothing to what is known of this term.
    if (others == 0 || others == behind[0] || steps[i] == 0) continue;
    // c x = -(total - c low) modulo `others`
    const Domain& d = store[terms_[i].variable];
    const Value c = terms_[i].coefficient;
    const Wide anchor = is_finite(d.low) ? Wide{c} * d.low : 0;
    const Value g = greatest_common_divisor(c, others);
    const Value m = others / g;
    if (m == 1) continue;
    const Value right = modulo(anchor - total, others);
    if (right % g != 0) return false;
    const Value residue = modulo(Wide{right / g} * inverse_modulo(modulo(c / g, m), m), m);
    if (!store.restrict_step(terms_[i].variable, residue, m)) return false;
  }
  return true;
}

/// Two terms: a x + b y + k == 0. A small set is mapped to the other side.
bool LinearEqual::partners(Store& store) const {
  const Term& a = terms_[0];
  const Term& b = terms_[1];
  // Of two progressions, bounds and congruences say all.
  const Domain& x = store[a.variable];
  const Domain& y = store[b.variable];
  if (x.pieces == nullptr && y.pieces == nullptr) return true;
  if (constant_ < kLimit && constant_ > -kLimit && are_partners(a.coefficient, x, b.coefficient, y, constant_)) {
    return true;
  }
  if (constant_ == 0 && Wide{a.coefficient} + b.coefficient == 0) {
    return store.intersect(a.variable, store[b.variable]) && store.intersect(b.variable, store[a.variable]);
  }
  const auto partner_of = [&](const Term& one, const Term& other, Value v, Wide* partner) {
    const Wide rest = -(constant_ + Wide{one.coefficient} * v);
    *partner = floor_divide(rest, other.coefficient);
    return *partner * other.coefficient == rest;
  };
  const auto sift = [&](const Term& one, const Term& other) {
    const Domain partners = store[other.variable];
    return store.filter(one.variable, [&](Value v) {
      Wide partner = 0;
      return partner_of(one, other, v, &partner) && may_contain(partners, partner);
    });
  };
  const auto map = [&](const Term& one, const Term& other) {
    if (!sift(one, other)) return false;
    if (store[other.variable].at_most(kPairValues)) return sift(other, one);
    Value values[kPairValues];
    std::size_t count = 0;
    bool known = true;
    ascending(store[one.variable], [&](Value v) {
      Wide partner = 0;
      partner_of(one, other, v, &partner);
      values[count++] = saturate(partner);
      return known = is_finite(values[count - 1]);
    });
    return !known || store.intersect(other.variable, from_values({values, count}, store.arena()));
  };
  if (store[a.variable].at_most(kPairValues)) return map(a, b);
  return !store[b.variable].at_most(kPairValues) || map(b, a);
}

Verdict LinearEqual::propagate(Store& store) {
  bool again = false;
  for (int round = 0;; ++round) {
    if (!bounds(store, &again)) return Verdict::kFails;
    const std::uint64_t before = store.changes();
    if (store.stepped(variables()) && !congruences(store)) return Verdict::kFails;
    if (terms_.size() == 2 && store.strong() && !partners(store)) return Verdict::kFails;
    if (store.changes() == before) break;
    if (round == kMaxRounds) again = true;
    if (again) break;
  }
  if (again) return Verdict::kAgain;
  for (const Term& term : terms_) {
    if (!store[term.variable].fixed()) return Verdict::kStays;
  }
  return Verdict::kEntailed;
}

bool LinearEqual::linear(LinearRelation* relation) const {
  *relation = {terms_, constant_, true};
  return true;
}

}  // namespace constrint

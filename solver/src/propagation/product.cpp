// SPDX-License-Identifier: Apache-2.0
#include "propagation/product.hpp"

#include <algorithm>

#include "domain/divisors.hpp"
#include "propagation/interval.hpp"

namespace constrint {
namespace {

constexpr Value kFewResults = 64;
constexpr Value kFewValues = 256;

/// Of two positive bounds; kInfinity beyond kLimit.
Value grown(Value a, Value b) {
  Value product = 0;
  return __builtin_mul_overflow(a, b, &product) || product > kLimit ? kInfinity : product;
}

/// y == by * x as sets, piece by piece; by > 0. False may be wrong.
bool is_scaled(const Domain& y, const Domain& x, Value by) {
  const std::uint32_t n = x.piece_count();
  if (y.piece_count() != n || !x.bounded()) return false;
  for (std::uint32_t i = 0; i < n; ++i) {
    const Progression p = x.piece(i);
    const Progression q = y.piece(i);
    if (Wide{p.first} * by != q.first || Wide{p.last} * by != q.last) return false;
    if (p.first != p.last && Wide{p.step} * by != q.step) return false;
  }
  return true;
}

}  // namespace

/// One round where all factors are positive; without a division where nothing moves.
Product::Bounds Product::positive_bounds(Store& store) const {
  const std::size_t n = variables().size() - 1;
  const Var* const factors = variables().data();
  const Var result = factors[n];
  // Bounds of the product of a factor and all behind it.
  Value least[kMaxFactors + 1];
  Value most[kMaxFactors + 1];
  least[n] = most[n] = 1;
  for (std::size_t i = n; i-- > 0;) {
    const Domain& x = store[factors[i]];
    if (x.low <= 0) return Bounds::kSigned;
    least[i] = grown(x.low, least[i + 1]);
    most[i] = grown(x.high, most[i + 1]);
  }
  if (!store.set_bounds(result, least[0], most[0])) return Bounds::kFails;
  const Domain& product = store[result];
  const Interval y = interval_of(product);
  const bool raise = y.low > least[0];
  const bool lower = y.high < most[0];
  if (!raise && !lower) return Bounds::kStays;
  bool raised = false;
  bool lowered = false;
  Interval before{1, 1};
  for (std::size_t i = 0; i < n; ++i) {
    const Var v = factors[i];
    const Domain& x = store[v];
    const Interval now = interval_of(x);
    if (now.low != now.high) {
      Interval allowed = now;
      if (raise) {
        const Value others = grown(before.high, most[i + 1]);
        if (others != kInfinity && grown(now.low, others) < y.low) allowed.low = (y.low - 1) / others + 1;
      }
      if (lower) {
        const Value others = grown(before.low, least[i + 1]);
        if (grown(now.high, others) > y.high) allowed.high = y.high / others;
      }
      if (!store.set_bounds(v, allowed.low, allowed.high)) return Bounds::kFails;
      raised = raised || x.low != now.low;
      lowered = lowered || x.high != now.high;
    }
    before = {grown(before.low, x.low), grown(before.high, x.high)};
  }
  if (!raised && !lowered) return Bounds::kStays;
  // A factor's lower bound follows from the others' upper ones, its upper bound from their lower ones: where only one
  // side moves, this sweep has seen all of it, unless the result's bounds move over values that it does not have.
  if ((raised && lower) || (lowered && raise)) return Bounds::kMoved;
  if (!store.set_bounds(result, before.low, before.high)) return Bounds::kFails;
  const bool low_settled = product.low == y.low || product.low == before.low;
  const bool high_settled = product.high == y.high || product.high == before.high;
  return low_settled && high_settled ? Bounds::kStays : Bounds::kMoved;
}

bool Product::bounds(Store& store, bool* again) const {
  for (int round = 0; round < kMaxRounds; ++round) {
    const Bounds moved = positive_bounds(store);
    if (moved == Bounds::kSigned) break;
    if (moved != Bounds::kMoved) return moved == Bounds::kStays;
  }
  const std::size_t n = variables().size() - 1;
  const Var result = variables()[n];
  Interval behind[kMaxFactors + 1];
  for (int round = 0; round < kMaxRounds; ++round) {
    behind[n] = {1, 1};
    bool positive = true;
    for (std::size_t i = n; i-- > 0;) {
      const Interval x = interval_of(store[variables()[i]]);
      positive = positive && x.low > 0;
      behind[i] = multiply(x, behind[i + 1]);
    }
    if (!store.set_bounds(result, behind[0].low, behind[0].high)) return false;
    const Interval y = interval_of(store[result]);
    const std::uint64_t start = store.changes();  // of factors: the next round would find the result as it is
    // Nothing to learn for factors when the result may be all that the bounds allow.
    if (!positive || y.low > behind[0].low || y.high < behind[0].high) {
      Interval before{1, 1};
      for (std::size_t i = 0; i < n; ++i) {
        const Var x = variables()[i];
        if (!store[x].fixed()) {
          const Interval allowed = divide(y, multiply(before, behind[i + 1]));
          if (!store.set_bounds(x, allowed.low, allowed.high)) return false;
        }
        before = multiply(before, interval_of(store[x]));
      }
    }
    if (y.low > 0 || y.high < 0) {
      for (std::size_t i = 0; i < n && !positive; ++i) {
        if (!store.remove(variables()[i], 0)) return false;
      }
    }
    if (store.changes() == start) return true;
  }
  *again = true;
  return true;
}

/// All factors but one are known; their product is `known`, not 0.
bool Product::last_open(Store& store, std::size_t open, Value known) const {
  const Var x = variables()[open];
  const Var y = variables().back();
  if (known > 0 && is_scaled(store[y], store[x], known)) return true;
  const auto size = static_cast<Value>(magnitude(known));
  if (!store.restrict_step(y, 0, size)) return false;
  const Domain results = store[y];
  if (store.strong() && store[x].at_most(kFewValues)) {
    if (!store.filter(x, [&](Value v) { return may_contain(results, Wide{v} * known); })) return false;
    const Domain factors = store[x];
    if (results.at_most(kFewValues)) {
      return store.filter(y, [&](Value v) { return v % known == 0 && factors.contains(v / known); });
    }
    return store.intersect(y, product(factors, single(known), store.arena()));
  }
  if (store.strong() && results.bounded() && !store.intersect(x, quotient(results, single(known), store.arena()))) {
    return false;
  }
  if (store.strong() && results.at_most(kFewValues)) {
    const Domain factors = store[x];
    return store.filter(y, [&](Value v) { return v % known == 0 && factors.contains(v / known); });
  }
  // known * x = y.low modulo y.step, and y is known * x.low modulo known * x.step
  if (is_finite(results.low) && results.step > 1 && results.low != results.high && results.step % size == 0) {
    const Value step = results.step / size;
    const Value residue = results.low / known;
    if (step > 1 && !store.restrict_step(x, residue, step)) return false;
  }
  const Domain& factors = store[x];
  const Wide step = Wide{factors.step} * size;
  if (is_finite(factors.low) && factors.step > 1 && step <= kLimit) {
    return store.restrict_step(y, modulo(Wide{factors.low} * known, static_cast<Value>(step)),
                               static_cast<Value>(step));
  }
  return true;
}

bool Product::divisibility(Store& store) const {
  const std::size_t n = variables().size() - 1;
  const Var result = variables()[n];
  Value contents[kMaxFactors];
  Value all = 1;
  Value known = 1;
  std::size_t open = n;
  int opens = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Domain& d = store[variables()[i]];
    contents[i] = d.content();
    if (contents[i] == 0) return true;  // the factor is 0, and by the bounds so is the result
    all = grown(all, contents[i]);
    if (all == kInfinity) return true;  // the bounds say the rest
    if (d.fixed()) {
      known *= d.low;
    } else {
      open = i;
      ++opens;
    }
  }
  if (opens == 0) return store.fix(result, known);
  if (all > 1 && !store.restrict_step(result, 0, all)) return false;
  if (opens == 1) return last_open(store, open, known);

  const Domain results = store[result];
  if (!store.strong() && !results.fixed()) return true;
  if (results.contains(0) || !results.at_most(kFewResults)) return true;
  Value values[kFewResults];
  std::size_t count = 0;
  // The largest first: it is the likeliest to have a divisor.
  descending(results, [&](Value y) {
    values[count++] = y;
    return true;
  });
  for (std::size_t i = 0; i < n; ++i) {
    const Domain& d = store[variables()[i]];
    if (d.fixed()) continue;
    const Value others = all / contents[i];
    if (d.at_most(kFewValues)) {
      Value quotients[kFewResults];  // the result is a multiple of `others`
      for (std::size_t k = 0; k < count; ++k) quotients[k] = values[k] / others;
      const auto divides = [&](Value v) {
        if (v == 0) return false;
        return std::any_of(quotients, quotients + count, [&](Value q) { return q % v == 0; });
      };
      if (!store.filter(variables()[i], divides)) return false;
    } else if (count <= 16) {
      const Domain quotients = quotient(results, single(others), store.arena());
      if (!store.intersect(variables()[i], divisors(quotients, store.arena()))) return false;
    }
  }
  return true;
}

Verdict Product::propagate(Store& store) {
  bool again = false;
  for (int round = 0;; ++round) {
    std::uint64_t before = store.changes();
    if (!bounds(store, &again)) return Verdict::kFails;
    if (again || round == kMaxRounds) return Verdict::kAgain;
    if (!distinct_ && store.changes() != before) continue;
    // Known factors have made the result known.
    const auto known = [&](Var x) { return store[x].fixed(); };
    if (known(variables().back()) && std::all_of(variables().begin(), variables().end(), known)) {
      return Verdict::kEntailed;
    }
    if (!store.stepped(variables())) return Verdict::kStays;
    before = store.changes();
    if (!divisibility(store)) return Verdict::kFails;
    if (store.changes() == before) return Verdict::kStays;
  }
}

}  // namespace constrint

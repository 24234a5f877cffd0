// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "propagation/propagator.hpp"

namespace constrint {

/// coefficient * variable; the coefficient is not 0 and lies in [-kLimit, kLimit].
struct Term {
  Value coefficient = 1;
  Var variable = 0;
};

/// More terms than this are split by the flattener, so that 128 bits hold any partial sum.
inline constexpr std::size_t kMaxTerms = 64;

/// What the terms and the constant can add up to.
template <typename Number>
struct SumBounds {
  Number low;
  Number high;
  int infinite_low;  ///< terms that are unbounded below, left out of `low`
  int infinite_high;

  SumBounds& operator+=(const SumBounds& other) {
    low += other.low;
    high += other.high;
    infinite_low += other.infinite_low;
    infinite_high += other.infinite_high;
    return *this;
  }
};
using LinearBounds = SumBounds<Wide>;

/// Smallest and largest value of one term. Contributions beyond 2^119 count as unbounded: 64 of the others stay under
/// 2^126.
LinearBounds term_bounds(const Term& term, const Domain& domain);

/// Up to here, 64 terms and a constant stay under 2^63.
inline constexpr Value kNarrow = Value{1} << 56;

/// The same in 64 bits; false where that does not suffice, which includes all unbounded terms.
inline bool narrow_bounds(const Term& term, const Domain& domain, SumBounds<Value>* bounds) {
  const bool positive = term.coefficient > 0;
  const bool overflow = __builtin_mul_overflow(term.coefficient, positive ? domain.low : domain.high, &bounds->low) ||
                        __builtin_mul_overflow(term.coefficient, positive ? domain.high : domain.low, &bounds->high);
  bounds->infinite_low = 0;
  bounds->infinite_high = 0;
  return !overflow && bounds->low >= -kNarrow && bounds->high <= kNarrow;
}

LinearBounds linear_bounds(std::span<const Term> terms, Wide constant, const Store& store);

/// Makes coefficient * x <= most (`upper`) or >= least of one term.
bool term_at_most(const Term& term, Wide most, Store& store);
bool term_at_least(const Term& term, Wide least, Store& store);

/// Propagates sum of terms + constant <= 0: bounds consistent (over the reals, rounded to integers), one pass over the
/// terms. Sums are exact in 128 bits; a domain bound beyond kLimit makes its term unbounded.
class LinearAtMost final : public Propagator {
 public:
  LinearAtMost(std::span<const Term> terms, std::span<const Var> variables, Wide constant)
      : Propagator(variables, kBounds, Priority::kMedium), terms_(terms), constant_(constant) {}
  Verdict propagate(Store& store) override;
  bool linear(LinearRelation* relation) const override;

 private:
  std::span<const Term> terms_;
  Wide constant_;
};

/// Propagates sum of terms + constant != 0: when one variable is left, its value goes. One pass over the terms.
class LinearNotEqual final : public Propagator {
 public:
  LinearNotEqual(std::span<const Term> terms, std::span<const Var> variables, Wide constant)
      : Propagator(variables, kBounds, Priority::kMedium), terms_(terms), constant_(constant) {}
  Verdict propagate(Store& store) override;

 private:
  std::span<const Term> terms_;
  Wide constant_;
};

/// Propagates sum of terms + constant == 0. Bounds as above, in both directions to a fixpoint; then congruences: each
/// term is determined modulo the greatest common divisor of the steps of all others, which moves bounds onto members.
/// With two terms and at most kPairValues values, every value that has no partner goes (domain consistent). A pass
/// costs one sweep over the terms and a gcd each; two terms are matched in a strong store only. 128-bit sums as above.
class LinearEqual final : public Propagator {
 public:
  LinearEqual(std::span<const Term> terms, std::span<const Var> variables, Wide constant)
      : Propagator(variables, terms.size() == 2 ? kChanged : kBounds | kStep, kBounds | kStep, Priority::kMedium),
        terms_(terms),
        constant_(constant) {}
  Verdict propagate(Store& store) override;
  bool linear(LinearRelation* relation) const override;

 private:
  enum class Sweep : std::uint8_t { kFails, kStays, kMoved, kTooWide };
  template <typename Number>
  Sweep sweep(Store& store) const;
  bool bounds(Store& store, bool* again) const;
  bool congruences(Store& store) const;
  bool partners(Store& store) const;
  std::span<const Term> terms_;
  Wide constant_;
};

}  // namespace constrint

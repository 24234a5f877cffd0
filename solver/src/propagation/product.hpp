// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "propagation/propagator.hpp"

namespace constrint {

/// The flattener splits longer products.
inline constexpr std::size_t kMaxFactors = 16;

/// Propagates result == product of factors (at least two). `variables` are the factors, then the result; sound where
/// one occurs twice, but best when all differ. Bounds of the result and of each factor (a factor against the product of
/// the others' bounds, both signs); the result is a multiple of what is known to divide each factor; each factor
/// divides what the result may be, once that is one of few values; with one factor open, it and the result are matched
/// value by value or by congruence. A pass costs a few multiplications and divisions a factor, plus one remainder for
/// each pair of a factor's value and a result's value where both are few. Where the store is not strong, only a result
/// that is known is taken apart, and the last open factor is left to bounds and congruences. Bounds saturate to
/// unbounded; nothing overflows.
class Product final : public Propagator {
 public:
  explicit Product(std::span<const Var> variables)
      : Propagator(variables, kChanged, kBounds | kStep, Priority::kCheap), distinct_(all_differ(variables)) {}
  Verdict propagate(Store& store) override;

 private:
  static bool all_differ(std::span<const Var> variables) {
    for (std::size_t i = 1; i < variables.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (variables[k] == variables[i]) return false;
      }
    }
    return true;
  }
  enum class Bounds : std::uint8_t { kFails, kStays, kMoved, kSigned };
  bool bounds(Store& store, bool* again) const;
  Bounds positive_bounds(Store& store) const;
  bool divisibility(Store& store) const;
  bool last_open(Store& store, std::size_t open, Value known) const;

  bool distinct_;  ///< no bound that is moved is one that was read as another's
};

/// Propagates the same relation by value sets, where all are positive and few: keeps the values of factors and result
/// that are part of some combination (domain consistent), by the sets of partial products from both ends. In strong
/// stores only: it costs more than all others and finds little that search does not find as fast. Stays silent where a
/// set outgrows kMaxSet or more than kMaxOpen factors are open. Costs the sizes of partial set times factor's set,
/// summed over the factors.
class ProductValues final : public Propagator {
 public:
  explicit ProductValues(std::span<const Var> variables)
      : Propagator(variables, kChanged, kNoEvent, Priority::kCostly) {}
  Verdict propagate(Store& store) override;
  static constexpr std::size_t kMaxSet = 64;
  static constexpr std::size_t kMaxOpen = 6;
};

}  // namespace constrint

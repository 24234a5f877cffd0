// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/propagator.hpp"

namespace constrint {

/// Propagates: divisor != 0 and divisor divides dividend; `variables` are divisor, dividend, which differ. The dividend
/// is a multiple of what is known to divide the divisor; the divisor divides a dividend that is one of at most 16
/// values (one of at most 64, where the divisor is one of at most 256), and is no larger than one that is not 0. Where
/// both are few, value by value (domain consistent); where the store is not strong, only a known dividend is looked at
/// like that. Costs a remainder for each pair of values; taking a dividend apart
/// costs at most 2^11 divisions. Nothing overflows.
class Divides final : public Propagator {
 public:
  explicit Divides(std::span<const Var> variables)
      : Propagator(variables, kChanged, kBounds | kStep, Priority::kCheap) {}
  Verdict propagate(Store& store) override;

 private:
  /// settled: every divisor that is left divides the one dividend.
  bool step(Store& store, bool* settled) const;
};

}  // namespace constrint

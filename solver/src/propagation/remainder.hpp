// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/propagator.hpp"

namespace constrint {

/// Propagates remainder == dividend % divisor: divisor != 0, 0 <= remainder < |divisor|, and divisor divides dividend -
/// remainder. `variables` are dividend, divisor, remainder, all different. Bounds; the dividend and the remainder agree
/// modulo what is known to divide the divisor; a divisor that the dividend cannot reach leaves dividend == remainder; a
/// known divisor with all dividends in one of its periods makes both differ by a constant. With at most 1024 pairs of
/// dividend and divisor, value by value (domain consistent). Nothing overflows.
class Remainder final : public Propagator {
 public:
  explicit Remainder(std::span<const Var> variables) : Propagator(variables, kChanged, Priority::kMedium) {}
  Verdict propagate(Store& store) override;

 private:
  bool bounds(Store& store) const;
  bool pairs(Store& store) const;
};

}  // namespace constrint

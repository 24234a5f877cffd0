// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/propagator.hpp"

namespace constrint {

/// Propagates result == base ^ exponent, exponent >= 2; `variables` are base, result. Bounds by integer roots, both
/// signs; where base or result is one of at most 256 values, value by value (domain consistent). Costs a root (at most
/// 62 bisection steps of a power) a bound. Powers saturate to unbounded; nothing overflows.
class Power final : public Propagator {
 public:
  Power(std::span<const Var> variables, Value exponent)
      : Propagator(variables, kChanged, Priority::kCheap), exponent_(exponent) {}
  Verdict propagate(Store& store) override;

 private:
  bool bounds(Store& store) const;
  bool values(Store& store) const;
  Value exponent_;
};

/// The greatest r >= 0 with r ^ exponent <= value; value >= 0, exponent >= 1.
Value floor_root(Value value, Value exponent);

}  // namespace constrint

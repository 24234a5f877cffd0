// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/propagator.hpp"

namespace constrint {

/// Propagates result == max(arguments): `variables` are the arguments, then the result. Bounds; a result's value that
/// no argument can take goes (few values); when one argument alone can reach the result, both are equal. Domain
/// consistent where the result is one of at most 256 values. A pass costs a few comparisons an argument. Nothing
/// overflows.
class Maximum final : public Propagator {
 public:
  explicit Maximum(std::span<const Var> variables) : Propagator(variables, kChanged, Priority::kCheap) {}
  Verdict propagate(Store& store) override;
};

/// Propagates result == min(arguments), as Maximum.
class Minimum final : public Propagator {
 public:
  explicit Minimum(std::span<const Var> variables) : Propagator(variables, kChanged, Priority::kCheap) {}
  Verdict propagate(Store& store) override;
};

}  // namespace constrint

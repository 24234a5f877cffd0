// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "propagation/propagator.hpp"

namespace constrint {

/// Propagates: not every variable has its value of `values`. When all but one have, the last one's value goes. One pass
/// over the variables.
class Exclusion final : public Propagator {
 public:
  Exclusion(std::span<const Var> variables, std::span<const Value> values)
      : Propagator(variables, kBounds, Priority::kCheap), values_(values) {}
  Verdict propagate(Store& store) override;

 private:
  std::span<const Value> values_;
};

}  // namespace constrint

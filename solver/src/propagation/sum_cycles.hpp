// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "propagation/linear.hpp"

namespace constrint {

/// sum of terms + constant <= 0, or == 0 where `equal`.
struct LinearRelation {
  std::span<const Term> terms;
  Wide constant = 0;
  bool equal = false;
};

/// Whether some of the relations add up to 0 <= a negative number whatever their variables are (A < B; B < C; C < A).
/// Bounds would find that only after a step for each value. Looks at chains in which what one relation bounds from
/// above the next one bounds from below: shortest paths, at most about 2^22 steps. False: nothing was found.
bool add_up_to_contradiction(const std::vector<LinearRelation>& relations);

}  // namespace constrint

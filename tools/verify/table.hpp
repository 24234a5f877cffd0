// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "verify/case.hpp"

namespace flashrnn::verify {

/// The conformance table: every cell and dtype over shapes around tile sizes, every option alone and in combinations.
/// Names are unique and stable: cell/dtype/what.
std::vector<Case> conformance_table();

/// Case `index` of the random sweep of `seed`: any cell, dtype, shape and options. Its name starts with
/// "sweep/<seed>/<index>/", from which it can be made again.
Case sweep_case(std::uint64_t seed, std::uint64_t index);

}  // namespace flashrnn::verify

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "constrint/expression.hpp"

/// Sets of integers as lists of progressions, for declarations.
namespace constrint::language {

/// The values that two ascending lists of disjoint progressions have in common.
std::vector<Progression> intersect(const std::vector<Progression>& a, const std::vector<Progression>& b);

/// Any progressions as an ascending, disjoint list. Progressions that interleave are taken apart into their values:
/// none when these would be more than kMaxExpanded.
inline constexpr Value kMaxExpanded = 65536;
std::optional<std::vector<Progression>> ascending(std::vector<Progression> progressions);

}  // namespace constrint::language

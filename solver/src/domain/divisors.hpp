// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "domain/wide.hpp"

namespace constrint {

/// No integer up to 2^62 that is taken apart here has more divisors than are kept; a richer one is not taken apart.
inline constexpr std::size_t kMaxDivisors = 512;

/// Writes the positive divisors of n, ascending; returns how many, or 0 when they are more than fit or n has two prime
/// factors too large to be found by trial division up to 2^12. n >= 1.
std::size_t positive_divisors(Value n, std::span<Value, kMaxDivisors> out);

}  // namespace constrint

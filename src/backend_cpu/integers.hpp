// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

#include "common/runtime/checked.hpp"

namespace flashrnn::cpu {

/// a / b rounded up, for a >= 0, b >= 1.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

/// The product, or 2^63 - 1 where it does not fit: a ledger then refuses the booking with a message.
inline std::int64_t saturating(std::initializer_list<std::int64_t> factors) {
  std::int64_t product = 0;
  return checked_product(factors, &product) ? product : kInt64Max;
}

}  // namespace flashrnn::cpu

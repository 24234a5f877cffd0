// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>

#include "common/runtime/status.hpp"

/// 64-bit arithmetic that notices when it overflows. Sizes and strides are int64_t throughout: no count of bytes that
/// the library accepts passes 2^63 - 1.
namespace flashrnn {

inline constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

/// *out = a + b. False, with *out unchanged, when that does not fit.
[[nodiscard]] constexpr bool checked_add(std::int64_t a, std::int64_t b, std::int64_t* out) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return false;
  *out = sum;
  return true;
}

/// *out = a * b. False, with *out unchanged, when that does not fit.
[[nodiscard]] constexpr bool checked_mul(std::int64_t a, std::int64_t b, std::int64_t* out) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return false;
  *out = product;
  return true;
}

/// *out = the product of the factors, none negative. A factor 0 makes it 0, whatever the others are.
[[nodiscard]] constexpr bool checked_product(std::initializer_list<std::int64_t> factors, std::int64_t* out) {
  for (const std::int64_t factor : factors) {
    if (factor == 0) {
      *out = 0;
      return true;
    }
  }
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (!checked_mul(product, factor, &product)) return false;
  }
  *out = product;
  return true;
}

/// *bytes = the product of the factors; on overflow an INVALID_ARGUMENT that names `field` and its factors:
/// "Wx [B, T, Gx, N, D]" with {B, T, Gx, N, D, 2} gives "Wx [B, T, Gx, N, D] needs 9 * ... * 2 bytes, which passes ...".
Status checked_bytes(std::string_view field, std::initializer_list<std::int64_t> factors, std::int64_t* bytes);

}  // namespace flashrnn

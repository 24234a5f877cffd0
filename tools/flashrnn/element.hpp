// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/reference/rounding.hpp"
#include "flashrnn/flashrnn.h"

/// Tensor elements as the library's dtypes store them. Conversion rounds to nearest, ties to even.
namespace flashrnn::tool {

constexpr std::size_t element_size(flashrnn_dtype dtype) { return dtype == FLASHRNN_F32 ? 4 : 2; }

constexpr reference::Precision precision_of(flashrnn_dtype dtype) {
  return dtype == FLASHRNN_F32 ? reference::Precision::kF32
                               : (dtype == FLASHRNN_F16 ? reference::Precision::kF16 : reference::Precision::kBf16);
}

inline void store_element(flashrnn_dtype dtype, std::byte* base, std::size_t index, double value) {
  if (dtype == FLASHRNN_F32) {
    const auto number = static_cast<float>(value);
    std::memcpy(base + index * 4, &number, 4);
    return;
  }
  const std::uint16_t bits = reference::to_bits16(precision_of(dtype), value);
  std::memcpy(base + index * 2, &bits, 2);
}

inline double load_element(flashrnn_dtype dtype, const std::byte* base, std::size_t index) {
  if (dtype == FLASHRNN_F32) {
    float number = 0;
    std::memcpy(&number, base + index * 4, 4);
    return number;
  }
  std::uint16_t bits = 0;
  std::memcpy(&bits, base + index * 2, 2);
  return reference::from_bits16(precision_of(dtype), bits);
}

}  // namespace flashrnn::tool

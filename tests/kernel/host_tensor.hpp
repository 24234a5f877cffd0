// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "common/device/types.hpp"
#include "common/reference/rounding.hpp"
#include "verify/case.hpp"

namespace flashrnn::kernel::test {

using device::Bf16;
using device::Fp16;

template <class E>
inline constexpr reference::Precision kPrecisionOf = reference::Precision::kF32;
template <>
inline constexpr reference::Precision kPrecisionOf<Bf16> = reference::Precision::kBf16;
template <>
inline constexpr reference::Precision kPrecisionOf<Fp16> = reference::Precision::kF16;

template <class E>
E encode(double x) {
  if constexpr (std::is_same_v<E, float>) {
    return static_cast<float>(x);
  } else {
    return E{reference::to_bits16(kPrecisionOf<E>, x)};
  }
}

template <class E>
double decode(E x) {
  if constexpr (std::is_same_v<E, float>) {
    return x;
  } else {
    return reference::from_bits16(kPrecisionOf<E>, x.bits);
  }
}

/// A tensor [S, B, T, inner] of the caller, its strides as the case places it. Gaps of inputs are NaN; gaps of outputs
/// have to stay unwritten, which are NaN too.
template <class E>
struct HostTensor {
  std::int64_t states = 0;
  std::int64_t rows = 0;
  std::int64_t times = 0;
  std::int64_t inner = 0;
  std::int64_t stride_s = 0;
  std::int64_t stride_b = 0;
  std::int64_t stride_t = 0;
  std::vector<E> elements;

  HostTensor() = default;
  HostTensor(verify::Placement placement, std::int64_t s, std::int64_t b, std::int64_t t, std::int64_t in)
      : states(s), rows(b), times(t), inner(in) {
    const std::int64_t gap = placement == verify::Placement::kDense ? 0 : 5;
    if (placement == verify::Placement::kTimeMajor) {
      stride_b = inner + gap;
      stride_t = rows * stride_b + gap;
      stride_s = times * stride_t + gap;
    } else {
      stride_t = inner + gap;
      stride_b = times * stride_t + gap;
      stride_s = rows * stride_b + gap;
    }
    elements.assign(static_cast<std::size_t>(states * stride_s + rows * stride_b + times * stride_t),
                    encode<E>(std::numeric_limits<double>::quiet_NaN()));
  }

  [[nodiscard]] std::size_t position(std::int64_t i) const {
    const std::int64_t token = i / inner;
    return static_cast<std::size_t>(token / (rows * times) * stride_s + token / times % rows * stride_b +
                                    token % times * stride_t + i % inner);
  }
  void put(const std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      elements[position(static_cast<std::int64_t>(i))] = encode<E>(values[i]);
    }
  }
  [[nodiscard]] std::vector<double> values() const {
    std::vector<double> result(static_cast<std::size_t>(states * rows * times * inner));
    for (std::size_t i = 0; i < result.size(); ++i) {
      result[i] = decode(elements[position(static_cast<std::int64_t>(i))]);
    }
    return result;
  }
  /// How many elements hold a number: with gaps that nobody wrote, as many as the tensor has.
  [[nodiscard]] std::int64_t written() const {
    std::int64_t count = 0;
    for (const E& element : elements) count += decode(element) == decode(element) ? 1 : 0;
    return count;
  }
};

}  // namespace flashrnn::kernel::test

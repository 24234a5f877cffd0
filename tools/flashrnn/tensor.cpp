// SPDX-License-Identifier: Apache-2.0
#include "tensor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

namespace flashrnn::tool {

Tensor::Tensor(std::vector<std::int64_t> shape, flashrnn_dtype dtype)
    : shape_(std::move(shape)),
      dtype_(dtype),
      data_(static_cast<std::size_t>(
                std::accumulate(shape_.begin(), shape_.end(), std::int64_t{1}, std::multiplies<>())) *
            element_size(dtype)) {
  std::fill_n(data(), bytes(), std::byte{0});
}

TensorSummary summarize(const Tensor& tensor) {
  TensorSummary summary;
  double sum = 0.0;
  for (std::size_t i = 0; i < tensor.elements(); ++i) {
    const double value = tensor.at(i);
    if (!std::isfinite(value)) {
      ++summary.not_finite;
      continue;
    }
    sum += value * value;
    summary.largest = std::max(summary.largest, std::fabs(value));
  }
  summary.norm = std::sqrt(sum);

  std::uint64_t hash = 0xcbf29ce484222325U;
  for (std::size_t i = 0; i < tensor.bytes(); ++i) {
    hash = (hash ^ static_cast<std::uint64_t>(tensor.data()[i])) * 0x100000001b3U;
  }
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(hash));
  summary.checksum = digits.data();
  return summary;
}

}  // namespace flashrnn::tool

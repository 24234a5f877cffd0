// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

namespace flashrnn::tool {

/// What is said of repeated timings, in the unit of the timings.
struct Statistics {
  double median = 0.0;
  double min = 0.0;
  double max = 0.0;
  double lower_quartile = 0.0;
  double upper_quartile = 0.0;

  /// The middle half of the timings as a part of the median.
  [[nodiscard]] double spread() const { return median > 0.0 ? (upper_quartile - lower_quartile) / median : 0.0; }
};

/// `values` is not empty. Between two values a quantile is interpolated.
inline Statistics statistics(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double part) {
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile(0.5), values.front(), values.back(), quantile(0.25), quantile(0.75)};
}

}  // namespace flashrnn::tool

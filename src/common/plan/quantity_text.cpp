// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdio>

#include "common/plan/constraint_model.hpp"

namespace flashrnn::plan {
namespace {

struct Scale {
  double bytes;
  const char* unit;
};
constexpr std::array kScales = {Scale{1024.0 * 1024.0 * 1024.0, "GB"}, Scale{1024.0 * 1024.0, "MB"},
                                Scale{1024.0, "KB"}};

std::string in_scale(std::int64_t value, const Scale& scale, int decimals) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f %s", decimals, static_cast<double>(value) / scale.bytes, scale.unit);
  return text.data();
}

}  // namespace

std::string quantity_text(std::int64_t value, std::string_view unit, std::int64_t other) {
  if (unit == "B") {
    // Both numbers of a comparison are told in the scale of the smaller one, and in bytes where that shows no
    // difference.
    const std::int64_t smaller = value < other ? value : other;
    for (const Scale& scale : kScales) {
      if (static_cast<double>(smaller) < 10 * scale.bytes) continue;
      for (const int decimals : {0, 1, 2}) {
        const std::string text = in_scale(value, scale, decimals);
        if (value == other || text != in_scale(other, scale, decimals)) return text;
      }
      break;
    }
  }
  std::string text = std::to_string(value);
  if (!unit.empty()) text += " " + std::string(unit);
  return text;
}

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <string>
#include <type_traits>

#include "error.hpp"
#include "text.hpp"

namespace flashrnn::tool {

/// What add_number expects, for its message.
template <typename Number>
std::string range_text(Number least, Number most) {
  if constexpr (std::is_integral_v<Number>) {
    return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  } else if (most == std::numeric_limits<Number>::max()) {
    return "a number of at least " + format("%g", least);
  } else {
    return "a number from " + format("%g", least) + " to " + format("%g", most);
  }
}

/// An option that takes a number within [least, most]; anything else is a UsageError that names both. `names` is
/// "--name" or "-x,--name".
template <typename Number>
CLI::Option* add_number(CLI::App& app, const std::string& names, Number& target, Number least, Number most,
                        const std::string& description) {
  const std::string name = names.substr(names.find("--"));
  const auto check = [name, least, most](const std::string& text) -> std::string {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most) return {};
    throw UsageError(name + " is '" + text + "'; give " + range_text(least, most) + ".");
  };
  return app.add_option(names, target, description)->check(CLI::Validator(check, "", "number"));
}

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace flashrnn::hw {

/// None for a name that has no value.
using Lookup = std::function<std::optional<double>(std::string_view name)>;

/// The value of an expression of numbers, names, + - * / and brackets, or what is wrong with it.
[[nodiscard]] std::variant<double, std::string> evaluate_formula(std::string_view formula, const Lookup& lookup);

}  // namespace flashrnn::hw

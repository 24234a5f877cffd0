// SPDX-License-Identifier: Apache-2.0
#include "lists.hpp"

#include <algorithm>
#include <charconv>

#include "commands.hpp"
#include "output.hpp"

namespace constrint::tool {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

/// Between commas, without blanks around.
std::vector<std::string> items(const std::string& text) {
  std::vector<std::string> result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    result.push_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return result;
}

}  // namespace

std::vector<Assigned> read_assignments(const std::string& option, const std::string& text) {
  std::vector<Assigned> result;
  for (const std::string& item : items(text)) {
    const std::size_t equals = item.rfind('=');
    const std::string name = equals == std::string::npos ? "" : trimmed(item.substr(0, equals));
    if (name.empty()) {
      throw UsageError(option + " has '" + item + "'; give names and values with commas between, such as 'A=1,B=2'.");
    }
    const std::string number = trimmed(item.substr(equals + 1));
    Assigned assigned{name, 0};
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), assigned.value);
    if (error != std::errc{} || end != number.data() + number.size() || assigned.value > kLimit ||
        assigned.value < -kLimit) {
      throw UsageError(option + " gives " + name + " the value '" + number +
                       "'; give a whole number from -2^62 to 2^62.");
    }
    if (std::any_of(result.begin(), result.end(), [&](const Assigned& other) { return other.name == name; })) {
      throw UsageError(option + " gives " + name + " two values; give one.");
    }
    result.push_back(std::move(assigned));
  }
  return result;
}

std::vector<OrderedVariable> read_order(const std::string& option, const std::string& text) {
  std::vector<OrderedVariable> result;
  for (const std::string& item : items(text)) {
    const std::size_t colon = item.rfind(':');
    OrderedVariable variable{trimmed(item.substr(0, colon)), ValueOrder::kSmallestFirst};
    const std::string values = colon == std::string::npos ? "smallest" : trimmed(item.substr(colon + 1));
    if (values == "largest") {
      variable.values = ValueOrder::kLargestFirst;
    } else if (values != "smallest" || variable.name.empty()) {
      throw UsageError(option + " has '" + item +
                       "'; give names, each with ':largest' or ':smallest', and commas between.");
    }
    result.push_back(std::move(variable));
  }
  return result;
}

std::int32_t index_of(const std::string& option, const Model& model, const std::string& name) {
  if (const auto index = model.find(name)) return *index;
  std::vector<std::string> names;
  for (const Variable& variable : model.variables()) names.push_back(variable.name);
  throw UsageError(option + " names '" + name + "', which is no variable of the model." + did_you_mean(name, names) +
                   " 'constrint domains' lists them.");
}

}  // namespace constrint::tool

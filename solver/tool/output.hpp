// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "constrint/model.hpp"

namespace constrint::tool {

/// Keeps its keys in the order in which they were written.
using Json = nlohmann::ordered_json;

using Rows = std::vector<std::vector<std::string>>;

/// Lines with two blanks between columns as wide as they need to be. Columns named in `right` stand at the right; the
/// last one is not padded.
std::string aligned(const Rows& rows, const std::vector<bool>& right);

/// " Did you mean 'TILE'?" when one of `known` is close to `word`, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

/// A domain in the language: "8..128 step 8", "[1, 4..6]".
std::string domain_text(const std::vector<Progression>& domain);

/// Where a constraint stands: "rules.txt:12"; "" for one that stands in no file.
std::string place_text(const Constraint& constraint);

/// "0.42 ms"
std::string time_text(double milliseconds);

void print(const std::string& text);
void print_json(const Json& json);

}  // namespace constrint::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document.hpp"

namespace flashrnn::hw {

/// Notes what is wrong with the figures of one file: names, units, types, ranges, and that each has a source.
void check_figures(const Document& document, std::vector<Problem>& problems);

/// A sentence for a name that is no field: the field that was probably meant.
[[nodiscard]] std::string unknown_field_message(std::string_view name, Kind kind);

}  // namespace flashrnn::hw

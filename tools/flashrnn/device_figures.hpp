// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hw_db/database.hpp"
#include "json.hpp"

/// What is known of a device, each figure with its unit and where it comes from.
namespace flashrnn::tool {

struct Figure {
  std::string field;
  Json value;  ///< a number or a text
  std::string text;
  std::string unit;  ///< empty for counts and texts
  hw::Origin origin;
};

/// In the order of the database's fields; the rates of matrix instructions last.
std::vector<Figure> figures_of(const hw::Device& device);

/// The fields that nobody has written down for it.
std::vector<std::string> unknown_fields(const hw::Device& device);

/// A table of the figures, the matrix instructions, and a line of what is unknown.
std::string figures_text(const hw::Device& device);

/// {"name", "description", ..., "figures", "matrix_instructions", "unknown"}
Json device_entry_json(const hw::Device& device);

}  // namespace flashrnn::tool

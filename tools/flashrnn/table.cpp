// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>

namespace flashrnn::tool {

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t width = columns_[c].title.size();
    for (const auto& row : rows_) width = std::max(width, row[c].size());
    widths.push_back(width);
  }
  std::string out;
  const auto line = [&](const auto& cell) {
    std::string text;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string& word = cell(c);
      const std::string blanks(widths[c] - word.size(), ' ');
      if (c > 0) text += "  ";
      text += columns_[c].align == Align::kLeft ? word + blanks : blanks + word;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t c) -> const std::string& { return columns_[c].title; });
  for (const auto& row : rows_) line([&](std::size_t c) -> const std::string& { return row[c]; });
  return out;
}

std::string field_lines(const std::vector<std::vector<std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& field : fields) width = std::max(width, field[0].size());
  std::string out;
  for (const auto& field : fields) out += field[0] + std::string(width + 2 - field[0].size(), ' ') + field[1] + "\n";
  return out;
}

}  // namespace flashrnn::tool

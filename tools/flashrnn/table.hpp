// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace flashrnn::tool {

/// Columns of text as wide as they need to be. Numbers stand at the right, words at the left.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Lines that end in a newline each.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "name      value" lines with the values in one column.
std::string field_lines(const std::vector<std::vector<std::string>>& fields);

}  // namespace flashrnn::tool

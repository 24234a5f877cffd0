// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace flashrnn::hw {

/// A JSON value that knows its line, for messages.
struct Node {
  enum class Type { kNull, kBool, kInteger, kReal, kString, kArray, kObject };
  Type type = Type::kNull;
  /// Of the key, for a member.
  int line = 0;
  std::int64_t integer = 0;
  /// Also of an integer.
  double real = 0;
  std::string text;
  /// Of a member.
  std::string key;
  std::vector<Node> items;
  std::vector<Node> members;

  [[nodiscard]] bool is_number() const { return type == Type::kInteger || type == Type::kReal; }
  [[nodiscard]] bool is_string() const { return type == Type::kString; }
  [[nodiscard]] bool is_array() const { return type == Type::kArray; }
  [[nodiscard]] bool is_object() const { return type == Type::kObject; }
  /// Null if there is none.
  [[nodiscard]] const Node* find(std::string_view key) const;
  /// The member's text; empty if it is no string.
  [[nodiscard]] std::string_view string(std::string_view key) const;
};

struct ParseError {
  int line = 0;
  std::string message;
};

/// Keys that stand twice in one object are errors.
[[nodiscard]] std::variant<Node, ParseError> parse_json(std::string_view text);

}  // namespace flashrnn::hw

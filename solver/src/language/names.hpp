// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace constrint::language {

constexpr bool is_name_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

/// Words that are no names unless they stand in backticks.
bool is_reserved(std::string_view word);

/// What backticks can hold: at least one character, no backtick and no control character.
bool can_be_quoted(std::string_view name);

/// As the language writes it: in backticks where it must be.
std::string printed_name(std::string_view name);

/// For a message: in quotes, and shortened where it is long.
std::string quoted(std::string_view text);

}  // namespace constrint::language

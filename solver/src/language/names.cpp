// SPDX-License-Identifier: Apache-2.0
#include "language/names.hpp"

#include <algorithm>
#include <array>

namespace constrint::language {

bool is_reserved(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kWords{"var", "in", "step", "min", "max", "minimize", "maximize"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool can_be_quoted(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c != '`' && c != '\x7f' && static_cast<unsigned char>(c) >= ' ';
  });
}

std::string printed_name(std::string_view name) {
  const bool plain = !name.empty() && is_name_start(name.front()) &&
                     std::all_of(name.begin(), name.end(), is_name_part) && !is_reserved(name);
  return plain ? std::string(name) : "`" + std::string(name) + "`";
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 40;
  if (text.size() <= kShown) return "'" + std::string(text) + "'";
  std::size_t end = kShown;
  // Not in the middle of a character of several bytes.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return "'" + std::string(text.substr(0, end)) + "...'";
}

}  // namespace constrint::language

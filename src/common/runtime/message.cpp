// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/message.hpp"

#include <cstddef>

namespace flashrnn {

std::string quoted(const char* text) {
  constexpr std::size_t kMost = 64;
  if (text == nullptr) return "(null)";
  std::string out = "'";
  for (std::size_t i = 0; text[i] != '\0'; ++i) {
    if (i == kMost) return out + "...'";
    const auto byte = static_cast<unsigned char>(text[i]);
    out.push_back(byte >= 0x20 && byte < 0x7f ? text[i] : '?');
  }
  return out + "'";
}

}  // namespace flashrnn

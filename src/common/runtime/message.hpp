// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

/// Building the sentences of error messages. Only failing calls come here: it allocates.
namespace flashrnn {

inline void append_part(std::string* out, std::string_view part) { out->append(part); }
inline void append_part(std::string* out, const char* part) { out->append(part == nullptr ? "(null)" : part); }
inline void append_part(std::string* out, std::integral auto value) { out->append(std::to_string(value)); }
inline void append_part(std::string* out, double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%g", value);
  out->append(buffer);
}
inline void append_part(std::string* out, const void* address) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "0x%llx",
                static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(address)));
  out->append(buffer);
}

/// The parts, one after the other.
template <typename... Parts>
std::string message(const Parts&... parts) {
  std::string out;
  (append_part(&out, parts), ...);
  return out;
}

/// A caller's string for a message: at most 64 bytes of it, what does not print replaced by '?'.
std::string quoted(const char* text);

}  // namespace flashrnn

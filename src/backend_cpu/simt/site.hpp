// SPDX-License-Identifier: Apache-2.0
#pragma once

#if !defined(__clang__)
#include <source_location>
#endif

namespace flashrnn::simt {

/// A place in a kernel's source, for messages and to tell one call from another. As a default argument, here() is the
/// place of the call.
struct Site {
  const char* file = "";
  int line = 0;
  int column = 0;  // two calls may stand in one line
#if defined(__clang__)
  static constexpr Site here(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                             int column = __builtin_COLUMN()) {
    return {file, line, column};
  }
#else
  static constexpr Site here(std::source_location at = std::source_location::current()) {
    return {at.file_name(), static_cast<int>(at.line()), static_cast<int>(at.column())};
  }
#endif
  /// Without folders.
  [[nodiscard]] const char* name() const {
    const char* last = file;
    for (const char* c = file; *c != '\0'; ++c) {
      if (*c == '/') last = c + 1;
    }
    return last;
  }
  // Not the files' names: one header seen through two paths is one header.
  friend bool operator==(const Site& a, const Site& b) {
    return a.line == b.line && a.column == b.column && a.same_file(b);
  }

 private:
  [[nodiscard]] bool same_file(const Site& other) const {
    if (file == other.file) return true;
    const char* a = name();
    const char* b = other.name();
    while (*a != '\0' && *a == *b) {
      ++a;
      ++b;
    }
    return *a == *b;
  }
};

}  // namespace flashrnn::simt

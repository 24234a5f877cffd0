// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace flashrnn::hw {

/// A file of devices/, as it was when the library was built.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};

/// Sorted by path. Made by cmake/embed.cmake.
[[nodiscard]] std::span<const EmbeddedFile> embedded_files();

}  // namespace flashrnn::hw

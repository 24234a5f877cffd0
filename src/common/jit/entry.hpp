// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/jit/image.hpp"

/// An image as it is stored: magic, SHA-256 of all that follows, the key's encoding, resources, code. Any changed,
/// missing or added byte makes it unreadable.
namespace flashrnn::jit {

struct Entry {
  std::string key;  ///< Key::encoding
  Image image;
};

[[nodiscard]] std::string encode_entry(std::string_view key, const Image& image);

/// Nothing where the bytes are not what encode_entry wrote.
[[nodiscard]] std::optional<Entry> decode_entry(std::string_view bytes);

}  // namespace flashrnn::jit

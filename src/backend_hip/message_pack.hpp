// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace flashrnn::hip {

/// Reads MessagePack (its specification, github.com/msgpack/msgpack/blob/master/spec.md) value by value. Every function
/// takes the next value if it is of that kind; else it takes nothing and gives nothing. No byte behind the end is read.
class MessagePack {
 public:
  explicit MessagePack(std::string_view bytes) : rest_(bytes) {}

  /// Pairs of key and value that follow.
  [[nodiscard]] std::optional<std::uint64_t> map();
  /// Values that follow.
  [[nodiscard]] std::optional<std::uint64_t> array();
  [[nodiscard]] std::optional<std::string_view> string();
  /// Integers that fit.
  [[nodiscard]] std::optional<std::int64_t> integer();
  /// One value of any kind, with all that it holds. False where it is cut off, unknown, or nested deeper than
  /// kMostDepth.
  [[nodiscard]] bool skip();

 private:
  static constexpr int kMostDepth = 32;

  /// `bytes` of big-endian number behind the first byte.
  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t bytes) const;
  bool take(std::uint64_t bytes);
  [[nodiscard]] std::optional<std::uint64_t> count(unsigned char fix_first, unsigned char fix_last, unsigned char wide);
  bool skip(int depth);

  std::string_view rest_;
};

}  // namespace flashrnn::hip

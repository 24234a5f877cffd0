// SPDX-License-Identifier: Apache-2.0
#include "backend_hip/message_pack.hpp"

#include <limits>

namespace flashrnn::hip {
namespace {

// First bytes of the formats.
constexpr unsigned char kFixMap = 0x80, kFixMapEnd = 0x8f, kMap16 = 0xde;
constexpr unsigned char kFixArray = 0x90, kFixArrayEnd = 0x9f, kArray16 = 0xdc;
constexpr unsigned char kFixString = 0xa0, kFixStringEnd = 0xbf, kString8 = 0xd9, kString32 = 0xdb;
constexpr unsigned char kNil = 0xc0, kFalse = 0xc2, kTrue = 0xc3;
constexpr unsigned char kBytes8 = 0xc4, kBytes32 = 0xc6;
constexpr unsigned char kFloat32 = 0xca, kFloat64 = 0xcb;
constexpr unsigned char kUint8 = 0xcc, kInt8 = 0xd0, kInt64 = 0xd3;
constexpr unsigned char kPositiveEnd = 0x7f, kNegative = 0xe0;

}  // namespace

std::optional<std::uint64_t> MessagePack::number(std::size_t bytes) const {
  if (rest_.size() < bytes + 1) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 1; i <= bytes; ++i) value = value << 8 | static_cast<unsigned char>(rest_[i]);
  return value;
}

bool MessagePack::take(std::uint64_t bytes) {
  if (bytes > rest_.size()) return false;
  rest_.remove_prefix(static_cast<std::size_t>(bytes));
  return true;
}

std::optional<std::uint64_t> MessagePack::count(unsigned char fix_first, unsigned char fix_last, unsigned char wide) {
  if (rest_.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(rest_[0]);
  if (first >= fix_first && first <= fix_last) {
    take(1);
    return first - fix_first;
  }
  if (first != wide && first != wide + 1) return std::nullopt;
  const std::size_t bytes = first == wide ? 2 : 4;
  const auto size = number(bytes);
  if (size) take(1 + bytes);
  return size;
}

std::optional<std::uint64_t> MessagePack::map() { return count(kFixMap, kFixMapEnd, kMap16); }
std::optional<std::uint64_t> MessagePack::array() { return count(kFixArray, kFixArrayEnd, kArray16); }

std::optional<std::string_view> MessagePack::string() {
  if (rest_.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(rest_[0]);
  std::uint64_t header = 1;
  std::optional<std::uint64_t> size;
  if (first >= kFixString && first <= kFixStringEnd) {
    size = first - kFixString;
  } else if (first >= kString8 && first <= kString32) {
    const std::size_t bytes = std::size_t{1} << (first - kString8);
    size = number(bytes);
    header += bytes;
  }
  if (!size || *size > rest_.size() - header) return std::nullopt;
  const std::string_view text = rest_.substr(static_cast<std::size_t>(header), static_cast<std::size_t>(*size));
  take(header + *size);
  return text;
}

std::optional<std::int64_t> MessagePack::integer() {
  if (rest_.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(rest_[0]);
  if (first <= kPositiveEnd || first >= kNegative) {
    take(1);
    return static_cast<signed char>(first);
  }
  if (first < kUint8 || first > kInt64) return std::nullopt;
  const bool with_sign = first >= kInt8;
  const std::size_t bytes = std::size_t{1} << (first - (with_sign ? kInt8 : kUint8));
  const auto value = number(bytes);
  if (!value) return std::nullopt;
  if (!with_sign && *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  take(1 + bytes);
  if (!with_sign) return static_cast<std::int64_t>(*value);
  const int unused = 64 - 8 * static_cast<int>(bytes);
  return static_cast<std::int64_t>(*value << unused) >> unused;
}

bool MessagePack::skip() { return skip(0); }

bool MessagePack::skip(int depth) {
  if (rest_.empty() || depth > kMostDepth) return false;
  const auto first = static_cast<unsigned char>(rest_[0]);
  if (first == kNil || first == kFalse || first == kTrue) return take(1);
  if (first == kFloat32) return take(5);
  if (first == kFloat64) return take(9);
  if (first >= kBytes8 && first <= kBytes32) {
    const std::size_t bytes = std::size_t{1} << (first - kBytes8);
    const auto size = number(bytes);
    return size && take(1 + bytes) && take(*size);
  }
  if (first >= kUint8 && first <= kInt64) return take(1 + (std::uint64_t{1} << (first - kUint8) % 4));
  if (integer() || string()) return true;
  if (const auto pairs = map()) {
    for (std::uint64_t i = 0; i < *pairs; ++i) {
      if (!skip(depth + 1) || !skip(depth + 1)) return false;
    }
    return true;
  }
  const auto values = array();
  for (std::uint64_t i = 0; values && i < *values; ++i) {
    if (!skip(depth + 1)) return false;
  }
  return values.has_value();
}

}  // namespace flashrnn::hip

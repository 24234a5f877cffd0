// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/runtime/status.hpp"

namespace flashrnn::api {

enum class Access { kRead, kWrite };

/// The memory of one argument: rows of `row_bytes`, at distances that are multiples of `period`.
struct MemoryRange {
  const char* name = "";
  Access access = Access::kRead;
  std::uintptr_t begin = 0;
  std::int64_t bytes = 0;      ///< from the first byte to behind the last one; begin + bytes does not wrap
  std::int64_t row_bytes = 0;  ///< `bytes` for what is one piece
  std::int64_t period = 0;     ///< 0 for one piece
};

/// All memory of one call. Lives on the stack: the calls allocate nothing.
class MemoryMap {
 public:
  void add(const MemoryRange& range) {
    if (range.bytes > 0) ranges_[count_++] = range;
  }

  void add_all(const MemoryMap& other) {
    for (std::size_t i = 0; i < other.count_; ++i) add(other.ranges_[i]);
  }

  /// INVALID_ARGUMENT when written memory and any other share a byte. Ranges that interleave are told apart where
  /// their rows repeat with a common period, as rows do that lie side by side in one larger tensor; else interleaving
  /// counts as sharing.
  [[nodiscard]] Status check_overlaps() const;

 private:
  /// Backward has the most: 17.
  static constexpr std::size_t kMost = 20;
  std::array<MemoryRange, kMost> ranges_;
  std::size_t count_ = 0;
};

}  // namespace flashrnn::api

// SPDX-License-Identifier: Apache-2.0
#include "common/api/memory_map.hpp"

#include <numeric>

#include "common/runtime/message.hpp"

namespace flashrnn::api {
namespace {

bool hulls_meet(const MemoryRange& a, const MemoryRange& b) {
  return a.begin < b.begin + static_cast<std::uintptr_t>(b.bytes) &&
         b.begin < a.begin + static_cast<std::uintptr_t>(a.bytes);
}

/// All rows of both start at begin + a multiple of the common period: seen modulo the period each tensor is a single
/// arc, and two arcs that do not meet prove that no byte is shared.
bool rows_interleave(const MemoryRange& a, const MemoryRange& b) {
  const std::int64_t period = std::gcd(a.period, b.period);
  if (period == 0 || a.row_bytes > period || b.row_bytes > period) return false;
  const auto p = static_cast<std::uintptr_t>(period);
  const std::uintptr_t from_a_to_b = (b.begin % p + p - a.begin % p) % p;
  return from_a_to_b >= static_cast<std::uintptr_t>(a.row_bytes) &&
         p - from_a_to_b >= static_cast<std::uintptr_t>(b.row_bytes);
}

}  // namespace

Status MemoryMap::check_overlaps() const {
  for (std::size_t i = 0; i < count_; ++i) {
    for (std::size_t j = i + 1; j < count_; ++j) {
      const MemoryRange& a = ranges_[i];
      const MemoryRange& b = ranges_[j];
      if (a.access == Access::kRead && b.access == Access::kRead) continue;
      if (!hulls_meet(a, b) || rows_interleave(a, b)) continue;
      const MemoryRange& written = b.access == Access::kWrite ? b : a;
      const MemoryRange& other = b.access == Access::kWrite ? a : b;
      const auto address = [](std::uintptr_t value) { return reinterpret_cast<const void*>(value); };
      return Status::invalid(message(written.name, " (", written.bytes, " bytes at ", address(written.begin),
                                     ") overlaps ", other.name, " (", other.bytes, " bytes at ", address(other.begin),
                                     "); what a call writes must not overlap its other memory"));
    }
  }
  return {};
}

}  // namespace flashrnn::api

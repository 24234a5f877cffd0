// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace flashrnn::fuzz {

/// Memory of exactly `size` bytes between two guard zones. Under the address sanitizer a read or a write of the zones
/// is reported where it happens; without it, writes are found by check_guards.
class Area {
 public:
  explicit Area(std::size_t size);
  ~Area();
  Area(const Area&) = delete;
  Area& operator=(const Area&) = delete;

  [[nodiscard]] std::byte* data() const { return memory_ + kGuard; }
  [[nodiscard]] std::size_t size() const { return size_; }
  void check_guards() const;

  /// Remembers the content; changed_at compares with it.
  void snapshot() { before_.assign(data(), data() + size_); }
  [[nodiscard]] bool changed_at(std::size_t i) const { return before_[i] != data()[i]; }
  [[nodiscard]] bool changed() const;

 private:
  static constexpr std::size_t kGuard = 128;
  static constexpr std::byte kPattern{0xb7};
  std::size_t size_;
  std::byte* memory_;
  std::vector<std::byte> before_;
};

}  // namespace flashrnn::fuzz

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace flashrnn::jit {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 as FIPS 180-4 defines it, in parts.
class Sha256 {
 public:
  void add(std::string_view bytes);
  /// Of all that was added. Once.
  [[nodiscard]] Digest finish();

 private:
  void add_block(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667U, 0xbb67ae85U, 0x3c6ef372U, 0xa54ff53aU,
                                      0x510e527fU, 0x9b05688cU, 0x1f83d9abU, 0x5be0cd19U};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_ = 0;
};

[[nodiscard]] Digest sha256(std::string_view bytes);
/// 64 small hexadecimal digits.
[[nodiscard]] std::string hex(const Digest& digest);

}  // namespace flashrnn::jit

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

/// What must hold. A fuzzer's findings end the process.
#define FUZZ_CHECK(condition, ...)                                           \
  do {                                                                       \
    if (!(condition)) {                                                      \
      std::fprintf(stderr, "%s:%d: %s\n  ", __FILE__, __LINE__, #condition); \
      std::fprintf(stderr, __VA_ARGS__);                                     \
      std::fprintf(stderr, "\n");                                            \
      std::abort();                                                          \
    }                                                                        \
  } while (false)

namespace flashrnn::fuzz {

/// The fuzzer's input as a sequence of decisions. Behind its end all decisions are 0, which is the plain choice
/// everywhere, so that short inputs are plain calls.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  /// In [0, bound).
  std::int64_t below(std::int64_t bound) { return byte() % bound; }
  /// In [from, to].
  std::int64_t within(std::int64_t from, std::int64_t to) { return from + below(to - from + 1); }
  /// True for about one value in n of a byte, never for 0.
  bool rarely(int n) { return byte() % n == n - 1; }
  template <typename T>
  T pick(std::initializer_list<T> options) {
    return options.begin()[below(static_cast<std::int64_t>(options.size()))];
  }
  /// An integer of any value.
  template <typename T>
  T raw() {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits = bits << 8 | byte();
    return static_cast<T>(bits);
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace flashrnn::fuzz

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/reference/rounding.hpp"
#include "flashrnn/flashrnn.h"

namespace flashrnn::verify {

/// What memory holds before it is used: NaN in every format, or numbers.
enum class Fill { kNaN, kNumber };

/// Bytes at a 64-byte boundary between two guard zones. What an input has around its elements is NaN, so that reading
/// it shows; what an output has is a pattern that check_guards finds changed. With the address sanitizer the guard
/// zones are also poisoned.
class GuardedBytes {
 public:
  /// `offset` bytes are added to the boundary. The content is what `fill` says.
  GuardedBytes(std::size_t size, std::size_t offset, Fill fill);
  ~GuardedBytes();
  GuardedBytes(GuardedBytes&& other) noexcept = default;
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  GuardedBytes& operator=(GuardedBytes&&) = delete;

  [[nodiscard]] std::byte* data() { return storage_.data() + start_; }
  [[nodiscard]] const std::byte* data() const { return storage_.data() + start_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<std::byte> content() const;

  /// Throws std::runtime_error with `name` when a byte of a guard zone has changed.
  void check_guards(const std::string& name);

 private:
  void poison();
  void unpoison();

  std::vector<std::byte> storage_;
  std::size_t start_;
  std::size_t size_;
  Fill fill_;
};

/// Where the elements of a tensor [S, B, T, inner] lie. Strides count elements.
struct Geometry {
  std::int64_t S = 1;
  std::int64_t B = 1;
  std::int64_t T = 1;
  std::int64_t inner = 1;
  std::int64_t stride_s = 0;
  std::int64_t stride_b = 0;
  std::int64_t stride_t = 0;

  static Geometry dense(std::int64_t S, std::int64_t B, std::int64_t T, std::int64_t inner);
  [[nodiscard]] std::int64_t elements() const { return S * B * T * inner; }
  /// From the first element to behind the last one.
  [[nodiscard]] std::int64_t extent() const;
  /// Position of element `i` of the dense tensor.
  [[nodiscard]] std::int64_t position(std::int64_t i) const;
};

/// A tensor of some dtype as a caller of the C API would hold it.
class Tensor {
 public:
  /// An input: `values` is dense, gaps are NaN.
  Tensor(const Geometry& geometry, reference::Precision precision, std::int64_t offset,
         const std::vector<double>& values);
  /// An output: elements are NaN, gaps are a pattern.
  Tensor(const Geometry& geometry, reference::Precision precision, std::int64_t offset);

  [[nodiscard]] void* data() { return bytes_.data(); }
  [[nodiscard]] const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] std::vector<double> values() const;

  /// Each throws std::runtime_error with `name` when it does not hold.
  void check_unchanged(const std::string& name);  ///< guards, gaps and elements are as constructed
  void check_written(const std::string& name);    ///< guards and gaps are as constructed, every element is written

 private:
  void put(std::int64_t position, double value);

  Geometry geometry_;
  reference::Precision precision_;
  std::int64_t element_size_;
  GuardedBytes bytes_;
  std::vector<std::byte> before_;
};

}  // namespace flashrnn::verify

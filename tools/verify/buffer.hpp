// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/reference/rounding.hpp"
#include "flashrnn/flashrnn.h"
#include "memory/block.hpp"

namespace flashrnn::verify {

/// What memory holds before it is used: NaN in every format, or numbers.
enum class Fill { kNaN, kNumber };

/// Bytes at a 64-byte boundary between two guard zones. What an input has around its elements is NaN, so that reading
/// it shows; what an output has is a pattern that check_guards finds changed. In the host's memory the address
/// sanitizer also poisons the guard zones. In a device's memory the bytes have an image in the host's, which is what
/// data() gives: written there before the device sees them, read there after it was given them.
class GuardedBytes {
 public:
  /// `offset` bytes are added to the boundary. The content is what `fill` says.
  GuardedBytes(memory::MemorySpace& space, std::size_t size, std::size_t offset, Fill fill);
  ~GuardedBytes();
  GuardedBytes(GuardedBytes&& other) noexcept = default;
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  GuardedBytes& operator=(GuardedBytes&&) = delete;

  /// What the library is given. It may write there from now on.
  [[nodiscard]] void* address() const;

  /// In the host's memory. To be written before address() is first called.
  [[nodiscard]] std::byte* data();
  [[nodiscard]] const std::byte* data() const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<std::byte> content() const;

  /// Throws std::runtime_error with `name` when a byte of a guard zone has changed.
  void check_guards(const std::string& name);

 private:
  /// At a boundary, which a vector is not.
  struct Free {
    void operator()(std::byte* bytes) const;
  };
  void poison();
  void unpoison();
  void fetch() const;

  memory::MemorySpace* space_;
  std::size_t total_;
  std::unique_ptr<std::byte[], Free> storage_;
  std::size_t start_;
  std::size_t size_;
  Fill fill_;
  mutable memory::Block on_device_;  ///< all of storage_, with it the guard zones; none for the host's memory
  mutable bool sent_ = false;        ///< on_device_ has the bytes
  mutable bool stale_ = false;       ///< and may have others by now
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
  Tensor(memory::MemorySpace& space, const Geometry& geometry, reference::Precision precision, std::int64_t offset,
         const std::vector<double>& values);
  /// An output: elements are NaN, gaps are a pattern.
  Tensor(memory::MemorySpace& space, const Geometry& geometry, reference::Precision precision, std::int64_t offset);

  /// What the library is given.
  [[nodiscard]] void* address() { return bytes_.address(); }
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

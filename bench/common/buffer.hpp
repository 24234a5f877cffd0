// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace flashrnn::bench {

/// Zeroed memory, aligned for every kernel. Large ones ask for huge pages: a page walk is not what is measured.
class Buffer {
 public:
  Buffer() = default;
  /// Throws std::bad_alloc.
  explicit Buffer(size_t bytes);

  void* data() const { return data_.get(); }
  template <typename T>
  T* as() const {
    return static_cast<T*>(data_.get());
  }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(void* pointer) const;
  };
  std::unique_ptr<void, Free> data_;
  size_t size_ = 0;
};

/// A buffer of `count` elements of `dtype`, uniform in [-limit, limit], from a fixed seed.
Buffer random_buffer(int64_t count, const std::string& dtype, float limit, uint64_t seed);

}  // namespace flashrnn::bench

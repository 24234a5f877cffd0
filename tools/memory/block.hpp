// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "memory/memory_space.hpp"

namespace flashrnn::memory {

/// An allocation of a space, which outlives it. Move-only; the default and one of 0 bytes hold null.
class Block {
 public:
  Block() = default;
  Block(MemorySpace& space, std::size_t bytes) : space_(&space), data_(space.allocate(bytes)), size_(bytes) {}
  /// A copy of host memory.
  Block(MemorySpace& space, const void* from_host, std::size_t bytes) : Block(space, bytes) {
    space.copy_in(data_, from_host, bytes);
  }
  ~Block() {
    if (data_ != nullptr) space_->release(data_);
  }
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    Block(std::move(other)).swap(*this);
    return *this;
  }

  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void swap(Block& other) noexcept {
    std::swap(space_, other.space_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }
  MemorySpace* space_ = nullptr;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace flashrnn::memory

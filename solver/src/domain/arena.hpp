// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace constrint {

/// Memory that is given back in the reverse order of its use, all that follows a mark at once. What lives in it has a
/// trivial destructor. Chunks are kept for reuse until the arena goes.
class Arena {
 public:
  struct Mark {
    std::size_t chunk = 0;
    std::size_t used = 0;
  };

  /// chunk: bytes of the first chunk; each one is twice as long as the one before, up to kMaxChunk. Small at first:
  /// what a short solve gives back stays with the allocator instead of going to the system and coming back page by
  /// page.
  explicit Arena(std::size_t chunk = std::size_t{8} << 10) : chunk_size_(chunk) {}

  [[nodiscard]] Mark mark() const { return {chunk_, used_}; }
  void release(Mark mark) {
    chunk_ = mark.chunk;
    used_ = mark.used;
  }

  template <typename T>
  T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "Nothing is destroyed when an arena gives memory back.");
    static_assert(alignof(T) <= kAlignment, "Chunks are aligned to kAlignment bytes.");
    return static_cast<T*>(raw((count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment));
  }

  template <typename T, typename... Arguments>
  T* make(Arguments&&... arguments) {
    return new (allocate<T>(1)) T(std::forward<Arguments>(arguments)...);
  }

  template <typename T>
  std::span<T> copy(std::span<const T> from) {
    T* to = allocate<T>(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) new (to + i) T(from[i]);
    return {to, from.size()};
  }

 private:
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kMaxChunk = std::size_t{1} << 20;

  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };

  void* raw(std::size_t bytes) {
    while (chunk_ < chunks_.size()) {
      if (used_ + bytes <= chunks_[chunk_].size) {
        void* place = chunks_[chunk_].memory.get() + used_;
        used_ += bytes;
        return place;
      }
      ++chunk_;
      used_ = 0;
    }
    const std::size_t size = bytes > chunk_size_ ? bytes : chunk_size_;
    if (chunk_size_ < kMaxChunk) chunk_size_ *= 2;
    chunks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
    used_ = bytes;
    return chunks_[chunk_].memory.get();
  }

  std::size_t chunk_size_;
  std::vector<Chunk> chunks_;
  std::size_t chunk_ = 0;
  std::size_t used_ = 0;
};

}  // namespace constrint

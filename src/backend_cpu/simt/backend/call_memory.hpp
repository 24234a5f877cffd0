// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <vector>

#include "backend_cpu/simt/memory.hpp"
#include "common/gpu/device.hpp"

namespace flashrnn::simt {

/// The memory that one call of the API named, as kernels reach it: an address becomes a pointer that is checked.
class CallMemory {
 public:
  CallMemory(const gpu::Device::Buffer* buffers, std::size_t count);

  /// Null for null. An address that nobody named gives a pointer that may not be read or written.
  template <class T>
  Pointer<T, Space::kGlobal> map(T* address) {
    if (address == nullptr) return {};
    return Pointer<T, Space::kGlobal>(find(const_cast<std::remove_const_t<T>*>(address)));
  }

  [[nodiscard]] Memory& memory() { return memory_; }

 private:
  struct Named {
    const std::byte* begin;
    const std::byte* end;
    Place place;
  };
  Place find(void* address);

  Memory memory_;
  std::vector<Named> named_;
};

}  // namespace flashrnn::simt

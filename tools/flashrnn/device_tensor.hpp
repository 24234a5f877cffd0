// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "memory/block.hpp"
#include "tensor.hpp"

namespace flashrnn::tool {

/// Host memory as a device reads it: the very same where it reads the host's, else a copy. The host's outlives it.
class DeviceInput {
 public:
  DeviceInput() = default;
  DeviceInput(memory::MemorySpace& space, const Tensor& tensor) : DeviceInput(space, tensor.data(), tensor.bytes()) {}
  template <typename T>
  DeviceInput(memory::MemorySpace& space, const std::vector<T>& values)
      : DeviceInput(space, values.empty() ? nullptr : values.data(), values.size() * sizeof(T)) {}

  /// Null where the host's data is.
  template <typename T = void>
  [[nodiscard]] const T* data() const {
    return static_cast<const T*>(data_);
  }

 private:
  DeviceInput(memory::MemorySpace& space, const void* data, std::size_t bytes) : data_(data) {
    if (space.is_host() || data == nullptr) return;
    copy_ = memory::Block(space, data, bytes);
    data_ = copy_.data();
  }
  memory::Block copy_;
  const void* data_ = nullptr;
};

/// A tensor that calls write, zeros at first, and its image on the host. Default: absent, its data null.
class DeviceTensor {
 public:
  DeviceTensor() = default;
  DeviceTensor(memory::MemorySpace& space, std::vector<std::int64_t> shape, flashrnn_dtype dtype)
      : space_(&space), host_(std::move(shape), dtype) {
    if (!space.is_host()) block_ = memory::Block(space, host_.data(), host_.bytes());
  }

  [[nodiscard]] bool present() const { return host_.present(); }
  template <typename T = void>
  [[nodiscard]] T* data() const {
    return static_cast<T*>(block_.data() == nullptr ? static_cast<void*>(host_.data()) : block_.data());
  }
  /// What the calls so far have written.
  [[nodiscard]] const Tensor* fetch() {
    if (block_.data() != nullptr) space_->copy_out(host_.data(), block_.data(), host_.bytes());
    return &host_;
  }

 private:
  memory::MemorySpace* space_ = nullptr;
  Tensor host_;
  memory::Block block_;
};

}  // namespace flashrnn::tool

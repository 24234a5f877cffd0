// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

/// Memory of the device that a context computes on.
namespace flashrnn::memory {

/// Its functions throw std::runtime_error, with a sentence that says what the device said. One thread uses a space.
class MemorySpace {
 public:
  MemorySpace() = default;
  virtual ~MemorySpace() = default;
  MemorySpace(const MemorySpace&) = delete;
  MemorySpace& operator=(const MemorySpace&) = delete;

  /// True where the host reads and writes it: then nothing needs to be copied.
  [[nodiscard]] virtual bool is_host() const = 0;
  /// Not initialised, aligned to 256 bytes; null for 0 bytes.
  [[nodiscard]] virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* data) noexcept = 0;
  /// Both wait for calls that are under way, and are over when they return.
  virtual void copy_in(void* to, const void* from_host, std::size_t bytes) = 0;
  virtual void copy_out(void* to_host, const void* from, std::size_t bytes) = 0;
  /// Waits for all calls made so far; throws when one of them has failed on the device.
  virtual void wait() = 0;
  /// What `call` takes on the device, on its default stream, in milliseconds; waits for its end.
  [[nodiscard]] virtual double milliseconds_of(const std::function<void()>& call) = 0;
};

/// The memory of a device by its name: "cpu" and "simt:32" compute in the host's, "cuda:0" in its own.
[[nodiscard]] std::unique_ptr<MemorySpace> memory_of(std::string_view device);

[[nodiscard]] std::unique_ptr<MemorySpace> host_memory();
[[nodiscard]] std::unique_ptr<MemorySpace> cuda_memory(int ordinal);

}  // namespace flashrnn::memory

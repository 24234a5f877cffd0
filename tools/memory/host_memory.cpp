// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstring>
#include <new>

#include "memory/memory_space.hpp"

namespace flashrnn::memory {
namespace {

constexpr std::align_val_t kAlignment{256};

class HostMemory final : public MemorySpace {
 public:
  [[nodiscard]] bool is_host() const override { return true; }
  [[nodiscard]] void* allocate(std::size_t bytes) override {
    return bytes == 0 ? nullptr : ::operator new(bytes, kAlignment);
  }
  void release(void* data) noexcept override { ::operator delete(data, kAlignment); }
  void copy_in(void* to, const void* from_host, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from_host, bytes);
  }
  void copy_out(void* to_host, const void* from, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(to_host, from, bytes);
  }
  void wait() override {}
  [[nodiscard]] double milliseconds_of(const std::function<void()>& call) override {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
};

}  // namespace

std::unique_ptr<MemorySpace> host_memory() { return std::make_unique<HostMemory>(); }

}  // namespace flashrnn::memory

// SPDX-License-Identifier: Apache-2.0
#include "memory/cuda_driver.hpp"
#include "memory/memory_space.hpp"

namespace flashrnn::memory {
namespace {

/// The device's primary context is shared with the library, so what is allocated here is reached there.
class CudaMemory final : public MemorySpace {
 public:
  explicit CudaMemory(int ordinal) : driver_(cuda_driver()) {
    check(driver_.device_get(&device_, ordinal), "cuDeviceGet");
    CudaDriver::Handle context = nullptr;
    check(driver_.primary_context_retain(&context, device_), "cuDevicePrimaryCtxRetain");
    check(driver_.context_set_current(context), "cuCtxSetCurrent");
    check(driver_.event_create(&start_, 0), "cuEventCreate");
    check(driver_.event_create(&end_, 0), "cuEventCreate");
  }
  ~CudaMemory() override {
    driver_.event_destroy(start_);
    driver_.event_destroy(end_);
    driver_.primary_context_release(device_);
  }

  [[nodiscard]] bool is_host() const override { return false; }
  [[nodiscard]] void* allocate(std::size_t bytes) override {
    if (bytes == 0) return nullptr;
    CudaDriver::Address address = 0;
    check(driver_.memory_allocate(&address, bytes), "cuMemAlloc");
    return reinterpret_cast<void*>(address);
  }
  void release(void* data) noexcept override { driver_.memory_free(reinterpret_cast<CudaDriver::Address>(data)); }
  void copy_in(void* to, const void* from_host, std::size_t bytes) override {
    if (bytes == 0) return;
    wait();
    check(driver_.copy_to_device(reinterpret_cast<CudaDriver::Address>(to), from_host, bytes), "cuMemcpyHtoD");
  }
  void copy_out(void* to_host, const void* from, std::size_t bytes) override {
    if (bytes == 0) return;
    wait();
    check(driver_.copy_to_host(to_host, reinterpret_cast<CudaDriver::Address>(from), bytes), "cuMemcpyDtoH");
  }
  void wait() override { check(driver_.context_synchronize(), "cuCtxSynchronize"); }
  [[nodiscard]] double milliseconds_of(const std::function<void()>& call) override {
    check(driver_.event_record(start_, nullptr), "cuEventRecord");
    call();
    check(driver_.event_record(end_, nullptr), "cuEventRecord");
    check(driver_.event_synchronize(end_), "cuEventSynchronize");
    float milliseconds = 0.0F;
    check(driver_.event_elapsed(&milliseconds, start_, end_), "cuEventElapsedTime");
    return milliseconds;
  }

 private:
  void check(int result, const char* function) const { driver_.check(result, function); }

  const CudaDriver& driver_;
  int device_ = 0;
  CudaDriver::Handle start_ = nullptr;
  CudaDriver::Handle end_ = nullptr;
};

}  // namespace

std::unique_ptr<MemorySpace> cuda_memory(int ordinal) { return std::make_unique<CudaMemory>(ordinal); }

}  // namespace flashrnn::memory

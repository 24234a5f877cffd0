// SPDX-License-Identifier: Apache-2.0
#include "memory/cuda_driver.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace flashrnn::memory {
namespace {

template <typename Function>
void find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  if (*function == nullptr) throw std::runtime_error("libcuda.so.1 has no " + std::string(name));
}

CudaDriver load() {
  // Never closed: the driver does not support that.
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(std::string("there is no CUDA driver: ") + dlerror());
  CudaDriver d = {};
  find(library, "cuInit", &d.init);
  find(library, "cuDeviceGet", &d.device_get);
  find(library, "cuDevicePrimaryCtxRetain", &d.primary_context_retain);
  find(library, "cuDevicePrimaryCtxRelease_v2", &d.primary_context_release);
  find(library, "cuCtxSetCurrent", &d.context_set_current);
  find(library, "cuCtxSynchronize", &d.context_synchronize);
  find(library, "cuMemAlloc_v2", &d.memory_allocate);
  find(library, "cuMemFree_v2", &d.memory_free);
  find(library, "cuMemcpyHtoD_v2", &d.copy_to_device);
  find(library, "cuMemcpyDtoH_v2", &d.copy_to_host);
  find(library, "cuEventCreate", &d.event_create);
  find(library, "cuEventDestroy_v2", &d.event_destroy);
  find(library, "cuEventRecord", &d.event_record);
  find(library, "cuEventSynchronize", &d.event_synchronize);
  find(library, "cuEventElapsedTime", &d.event_elapsed);
  find(library, "cuGetErrorString", &d.error_string);
  d.check(d.init(0), "cuInit");
  return d;
}

}  // namespace

void CudaDriver::check(int result, const char* function) const {
  if (result == 0) return;
  const char* text = nullptr;
  if (error_string(result, &text) != 0 || text == nullptr) text = "unknown error";
  throw std::runtime_error(std::string(function) + ": " + text + " (" + std::to_string(result) + ")");
}

const CudaDriver& cuda_driver() {
  static const CudaDriver driver = load();
  return driver;
}

}  // namespace flashrnn::memory

// SPDX-License-Identifier: Apache-2.0
#include "tests/cuda/fake_driver.hpp"

#include <cstring>

namespace flashrnn::cuda::fake {
namespace {

using A = CuDeviceAttribute;
using F = CuFunctionAttribute;

Books make_books() {
  Books books;
  const auto set = [&](A attribute, int value) { books.attributes[static_cast<int>(attribute)] = value; };
  set(A::kMaxThreadsPerBlock, 1024);
  set(A::kWarpSize, 32);
  set(A::kClockRateKhz, 1980000);
  set(A::kMultiprocessorCount, 132);
  set(A::kL2CacheBytes, 62914560);
  set(A::kMaxThreadsPerMultiprocessor, 2048);
  set(A::kComputeCapabilityMajor, 9);
  set(A::kComputeCapabilityMinor, 0);
  set(A::kMaxSharedMemoryPerMultiprocessor, 233472);
  set(A::kMaxRegistersPerMultiprocessor, 65536);
  set(A::kCooperativeLaunch, 1);
  set(A::kMaxSharedMemoryPerBlockOptIn, 232448);
  set(A::kMaxBlocksPerMultiprocessor, 32);
  set(A::kReservedSharedMemoryPerBlock, 1024);
  set(A::kClusterLaunch, 1);
  return books;
}

Books& books() {
  static Books instance = make_books();
  return instance;
}

/// Books a call; its result, which is a failure when it is this one's turn.
CuResult call(const char* name, bool in_context = false) {
  Books& b = books();
  b.calls.emplace_back(name);
  if (in_context && (b.contexts.empty() || b.contexts.back() != primary())) ++b.astray;
  if (b.fail_after > 0 && --b.fail_after == 0) return b.failure;
  return kCuSuccess;
}

template <class Handle>
Handle handle(std::uintptr_t value) {
  return reinterpret_cast<Handle>(value);
}

std::string hex(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

CuResult clear(const char* name, const char* width, CuDevicePointer to, std::size_t count, CuStream stream) {
  const CuResult result = call(name, true);
  if (result == kCuSuccess) {
    books().clears.push_back(std::string(width) + " " + hex(to) + " " + std::to_string(count) + " stream " +
                             hex(reinterpret_cast<std::uintptr_t>(stream)));
  }
  return result;
}

}  // namespace
}  // namespace flashrnn::cuda::fake

using namespace flashrnn::cuda;        // NOLINT: the driver's functions stand outside the namespace
using namespace flashrnn::cuda::fake;  // NOLINT

#define FLASHRNN_FAKE(name) extern "C" __attribute__((visibility("default"))) CuResult name
#define FLASHRNN_FAIL(...)                                        \
  do {                                                            \
    if (const CuResult result = call(__VA_ARGS__)) return result; \
  } while (false)

extern "C" __attribute__((visibility("default"))) Books* flashrnn_fake_books() { return &books(); }

FLASHRNN_FAKE(cuInit)(unsigned) { return call("cuInit"); }
FLASHRNN_FAKE(cuDriverGetVersion)(int* version) {
  *version = books().version;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuGetErrorName)(CuResult result, const char** name) {
  if (result == 12345) return 1;
  *name = result == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : result == 2 ? "CUDA_ERROR_OUT_OF_MEMORY" : "CUDA_ERROR_OTHER";
  return kCuSuccess;
}
FLASHRNN_FAKE(cuGetErrorString)(CuResult result, const char** text) {
  if (result == 12345) return 1;
  *text = result == 700 ? "an illegal memory access was encountered" : "some words";
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDeviceGetCount)(int* count) {
  FLASHRNN_FAIL("cuDeviceGetCount");
  *count = books().devices;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDeviceGet)(CuDevice* device, int ordinal) {
  FLASHRNN_FAIL("cuDeviceGet");
  *device = ordinal;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDeviceGetName)(char* name, int size, CuDevice) {
  FLASHRNN_FAIL("cuDeviceGetName");
  std::strncpy(name, books().name.c_str(), static_cast<std::size_t>(size));
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDeviceGetAttribute)(int* value, CuDeviceAttribute attribute, CuDevice) {
  FLASHRNN_FAIL("cuDeviceGetAttribute");
  *value = books().attributes[static_cast<int>(attribute)];
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDeviceTotalMem_v2)(std::size_t* bytes, CuDevice) {
  FLASHRNN_FAIL("cuDeviceTotalMem");
  *bytes = std::size_t{143771} << 20;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDevicePrimaryCtxRetain)(CuContext* context, CuDevice) {
  FLASHRNN_FAIL("cuDevicePrimaryCtxRetain");
  ++books().retained;
  *context = primary();
  return kCuSuccess;
}
FLASHRNN_FAKE(cuDevicePrimaryCtxRelease_v2)(CuDevice) {
  --books().retained;
  return call("cuDevicePrimaryCtxRelease");
}
FLASHRNN_FAKE(cuCtxGetCurrent)(CuContext* context) {
  *context = books().contexts.empty() ? nullptr : books().contexts.back();
  return kCuSuccess;
}
FLASHRNN_FAKE(cuCtxPushCurrent_v2)(CuContext context) {
  FLASHRNN_FAIL("cuCtxPushCurrent");
  books().contexts.push_back(context);
  return kCuSuccess;
}
FLASHRNN_FAKE(cuCtxPopCurrent_v2)(CuContext* context) {
  *context = books().contexts.back();
  books().contexts.pop_back();
  return kCuSuccess;
}
FLASHRNN_FAKE(cuModuleLoadData)(CuModule* module, const void* image) {
  FLASHRNN_FAIL("cuModuleLoadData", true);
  books().last_image = static_cast<const char*>(image);
  if (books().last_image == books().refused_image) return kCuNoBinaryForGpu;
  *module = handle<CuModule>(0x3000U + static_cast<unsigned>(++books().modules));
  return kCuSuccess;
}
FLASHRNN_FAKE(cuModuleUnload)(CuModule) {
  --books().modules;
  return call("cuModuleUnload", true);
}
FLASHRNN_FAKE(cuModuleGetFunction)(CuFunction* function, CuModule, const char* name) {
  FLASHRNN_FAIL("cuModuleGetFunction", true);
  if (std::strcmp(name, "flashrnn_kernel") != 0) return 500;
  *function = handle<CuFunction>(0x4000);
  return kCuSuccess;
}
FLASHRNN_FAKE(cuFuncGetAttribute)(int* value, CuFunctionAttribute attribute, CuFunction) {
  FLASHRNN_FAIL("cuFuncGetAttribute", true);
  *value = attribute == F::kMaxThreadsPerBlock ? books().kernel_threads
           : attribute == F::kSharedBytes      ? books().kernel_static_shared
           : attribute == F::kRegisters        ? 128
                                               : 0;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuFuncSetAttribute)(CuFunction, CuFunctionAttribute attribute, int value) {
  FLASHRNN_FAIL("cuFuncSetAttribute", true);
  const int most =
      books().attributes[static_cast<int>(A::kMaxSharedMemoryPerBlockOptIn)] - books().kernel_static_shared;
  if (attribute == F::kMaxDynamicSharedBytes && value > most) return kCuInvalidValue;
  books().function_attributes[static_cast<int>(attribute)] = value;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuOccupancyMaxActiveBlocksPerMultiprocessor)(int* blocks, CuFunction, int, std::size_t) {
  FLASHRNN_FAIL("cuOccupancyMaxActiveBlocksPerMultiprocessor", true);
  *blocks = books().active_blocks;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuOccupancyMaxActiveClusters)(int* clusters, CuFunction, const CuLaunchConfig*) {
  FLASHRNN_FAIL("cuOccupancyMaxActiveClusters", true);
  *clusters = books().active_clusters;
  return kCuSuccess;
}
FLASHRNN_FAKE(cuLaunchKernelEx)(const CuLaunchConfig* config, CuFunction function, void** parameters, void** extra) {
  FLASHRNN_FAIL("cuLaunchKernelEx", true);
  if (extra != nullptr) return 1;
  Launch launch = {*config, {}, function, 0, books().contexts.empty() ? nullptr : books().contexts.back()};
  if (config->attribute_count > 0) {
    launch.attributes.assign(config->attributes, config->attributes + config->attribute_count);
  }
  std::memcpy(&launch.parameter, parameters[0], sizeof(launch.parameter));
  books().launches.push_back(launch);
  return kCuSuccess;
}
FLASHRNN_FAKE(cuMemsetD8Async)(CuDevicePointer to, unsigned char, std::size_t count, CuStream stream) {
  return clear("cuMemsetD8Async", "D8", to, count, stream);
}
FLASHRNN_FAKE(cuMemsetD32Async)(CuDevicePointer to, unsigned, std::size_t count, CuStream stream) {
  return clear("cuMemsetD32Async", "D32", to, count, stream);
}

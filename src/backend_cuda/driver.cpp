// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/driver.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "common/runtime/message.hpp"

namespace flashrnn::cuda {
namespace {

constexpr const char* kLibrary = "libcuda.so.1";
constexpr int kOldestVersion = 12000;

std::string version_text(int version) { return message(version / 1000, ".", version % 1000 / 10); }

/// Fills in functions by their names until one is missing.
class Symbols {
 public:
  explicit Symbols(void* library) : library_(library) {}

  template <class Function>
  void get(Function** function, const char* name) {
    void* const symbol = dlsym(library_, name);
    if (symbol == nullptr && missing_ == nullptr) missing_ = name;
    *function = reinterpret_cast<Function*>(symbol);
  }
  [[nodiscard]] const char* missing() const { return missing_; }

 private:
  void* const library_;
  const char* missing_ = nullptr;
};

/// Names with _v2 are those that CUDA's own header stands for the plain ones.
const char* load_functions(void* library, DriverFunctions* f) {
  Symbols symbols(library);
  symbols.get(&f->init, "cuInit");
  symbols.get(&f->version, "cuDriverGetVersion");
  symbols.get(&f->error_name, "cuGetErrorName");
  symbols.get(&f->error_string, "cuGetErrorString");
  symbols.get(&f->device_count, "cuDeviceGetCount");
  symbols.get(&f->device_get, "cuDeviceGet");
  symbols.get(&f->device_name, "cuDeviceGetName");
  symbols.get(&f->device_attribute, "cuDeviceGetAttribute");
  symbols.get(&f->device_memory, "cuDeviceTotalMem_v2");
  symbols.get(&f->primary_retain, "cuDevicePrimaryCtxRetain");
  symbols.get(&f->primary_release, "cuDevicePrimaryCtxRelease_v2");
  symbols.get(&f->context_current, "cuCtxGetCurrent");
  symbols.get(&f->context_push, "cuCtxPushCurrent_v2");
  symbols.get(&f->context_pop, "cuCtxPopCurrent_v2");
  symbols.get(&f->module_load, "cuModuleLoadData");
  symbols.get(&f->module_unload, "cuModuleUnload");
  symbols.get(&f->module_function, "cuModuleGetFunction");
  symbols.get(&f->function_attribute, "cuFuncGetAttribute");
  symbols.get(&f->set_function_attribute, "cuFuncSetAttribute");
  symbols.get(&f->active_blocks, "cuOccupancyMaxActiveBlocksPerMultiprocessor");
  symbols.get(&f->active_clusters, "cuOccupancyMaxActiveClusters");
  symbols.get(&f->launch, "cuLaunchKernelEx");
  symbols.get(&f->set_bytes, "cuMemsetD8Async");
  symbols.get(&f->set_words, "cuMemsetD32Async");
  return symbols.missing();
}

flashrnn_status code_of(CuResult result) {
  switch (result) {
    case kCuOutOfMemory:
      return FLASHRNN_OUT_OF_MEMORY;
    case kCuDeviceUnavailable:
    case kCuNoDevice:
    case kCuInvalidDevice:
      return FLASHRNN_DEVICE_UNAVAILABLE;
    case kCuNoBinaryForGpu:
    case kCuUnsupportedPtxVersion:
    case kCuCooperativeLaunchTooLarge:
    case kCuNotSupported:
    case kCuInvalidClusterSize:
      return FLASHRNN_UNSUPPORTED;
    default:
      return FLASHRNN_DEVICE_ERROR;
  }
}

}  // namespace

Status Driver::open(const char* file, std::unique_ptr<const Driver>* driver) {
  const bool named = file != nullptr && *file != '\0';
  const char* const name = named ? file : kLibrary;
  // Never closed: the driver does not bear it, and kernels and contexts that outlive everything else need it.
  void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = dlerror();
    return {FLASHRNN_DEVICE_UNAVAILABLE,
            message("NVIDIA's driver library ", name, " can't be loaded (", why == nullptr ? "no reason given" : why,
                    "); it was looked for ",
                    named ? "as $FLASHRNN_CUDA_DRIVER says" : "where the system looks for libraries ($LD_LIBRARY_PATH)",
                    ", and comes with the driver")};
  }
  std::unique_ptr<Driver> made(new Driver);
  const char* const missing = load_functions(library, &made->functions_);
  const DriverFunctions& f = made->functions_;
  if (f.version != nullptr && f.version(&made->version_) == kCuSuccess && made->version_ < kOldestVersion) {
    return {FLASHRNN_DEVICE_UNAVAILABLE,
            message("NVIDIA's driver (", name, ") speaks CUDA ", version_text(made->version_), "; ",
                    version_text(kOldestVersion), " or later is needed")};
  }
  if (missing != nullptr) {
    return {FLASHRNN_DEVICE_UNAVAILABLE, message("NVIDIA's driver library ", name, " has no function ", missing)};
  }
  FLASHRNN_RETURN_IF_ERROR(made->check(f.init(0), "cuInit"));
  *driver = std::move(made);
  return {};
}

Status Driver::find(const Driver** driver) {
  struct Answer {
    std::unique_ptr<const Driver> driver;
    Status status;
  };
  // Never destroyed: kernels may still be unloaded while the process ends.
  static const Answer& answer = *[] {
    auto* const made = new Answer;
    made->status = open(std::getenv("FLASHRNN_CUDA_DRIVER"), &made->driver);
    return made;
  }();
  *driver = answer.driver.get();
  return answer.status;
}

Status Driver::check(CuResult result, std::string_view call) const {
  if (result == kCuSuccess) return {};
  const char* name = nullptr;
  const char* text = nullptr;
  if (functions_.error_name(result, &name) != kCuSuccess) name = nullptr;
  if (functions_.error_string(result, &text) != kCuSuccess) text = nullptr;
  return {code_of(result), message(call, ": ", name == nullptr ? "error" : name, " ", result, " (",
                                   text == nullptr ? "which the driver has no words for" : text, ")")};
}

CurrentContext::CurrentContext(const Driver& driver, CuContext context) : driver_(driver) {
  CuContext current = nullptr;
  if (driver.functions().context_current(&current) == kCuSuccess && current == context) return;
  status_ = driver.check(driver.functions().context_push(context), "cuCtxPushCurrent");
  pushed_ = status_.ok();
}

CurrentContext::~CurrentContext() {
  CuContext popped = nullptr;
  if (pushed_) static_cast<void>(driver_.functions().context_pop(&popped));
}

Status PrimaryContext::retain(const Driver& driver, CuDevice device, std::shared_ptr<const PrimaryContext>* context) {
  CuContext retained = nullptr;
  FLASHRNN_RETURN_IF_ERROR(
      driver.check(driver.functions().primary_retain(&retained, device), "cuDevicePrimaryCtxRetain"));
  context->reset(new PrimaryContext(driver, device, retained));
  return {};
}

PrimaryContext::~PrimaryContext() { static_cast<void>(driver_.functions().primary_release(device_)); }

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "backend_cuda/driver_functions.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::cuda {

/// NVIDIA's driver, found when it is needed: no part of CUDA is linked. Immutable, thread-safe.
class Driver {
 public:
  /// $FLASHRNN_CUDA_DRIVER (a file), else libcuda.so.1 where the system looks for libraries. Looked for once: the
  /// answer holds for the process, and the library stays loaded. Errors: DEVICE_UNAVAILABLE, with what is missing and
  /// where it was looked for.
  static Status find(const Driver** driver);
  /// The driver in one file; null or "": libcuda.so.1.
  static Status open(const char* file, std::unique_ptr<const Driver>* driver);

  [[nodiscard]] const DriverFunctions& functions() const { return functions_; }
  /// The CUDA version that it speaks: 1000 major + 10 minor.
  [[nodiscard]] int version() const { return version_; }
  /// Success, or what went wrong in `call` ("cuModuleLoadData"): the driver's own name and words for it. The codes are
  /// OUT_OF_MEMORY, DEVICE_UNAVAILABLE, UNSUPPORTED where the driver says so, else DEVICE_ERROR.
  [[nodiscard]] Status check(CuResult result, std::string_view call) const;

 private:
  Driver() = default;
  DriverFunctions functions_ = {};
  int version_ = 0;
};

/// Makes a context current on this thread for as long as this lives, then what was current is so again.
class CurrentContext {
 public:
  CurrentContext(const Driver& driver, CuContext context);
  ~CurrentContext();
  CurrentContext(const CurrentContext&) = delete;
  CurrentContext& operator=(const CurrentContext&) = delete;
  [[nodiscard]] const Status& status() const { return status_; }

 private:
  const Driver& driver_;
  bool pushed_ = false;
  Status status_;
};

/// A device's primary context, the one that CUDA's runtime and frameworks use. Released with the last plan.
class PrimaryContext {
 public:
  static Status retain(const Driver& driver, CuDevice device, std::shared_ptr<const PrimaryContext>* context);
  ~PrimaryContext();
  PrimaryContext(const PrimaryContext&) = delete;
  PrimaryContext& operator=(const PrimaryContext&) = delete;

  [[nodiscard]] const Driver& driver() const { return driver_; }
  [[nodiscard]] CuContext get() const { return context_; }

 private:
  PrimaryContext(const Driver& driver, CuDevice device, CuContext context)
      : driver_(driver), device_(device), context_(context) {}
  const Driver& driver_;
  const CuDevice device_;
  const CuContext context_;
};

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "backend_cuda/driver.hpp"
#include "common/gpu/device.hpp"
#include "common/jit/image.hpp"

namespace flashrnn::cuda {

/// A kernel in its module. Unloads it; what is under way must have ended.
class CudaKernel final : public gpu::Kernel {
 public:
  /// Loads an image into the context, which is current, and lets the kernel use all shared memory that a block can
  /// have, and clusters of any size.
  static Status load(std::shared_ptr<const PrimaryContext> context, const jit::Image& image,
                     std::int64_t shared_bytes_max, bool clusters, std::shared_ptr<const CudaKernel>* kernel);
  ~CudaKernel() override;
  CudaKernel(const CudaKernel&) = delete;
  CudaKernel& operator=(const CudaKernel&) = delete;

  [[nodiscard]] gpu::KernelResources resources() const override { return resources_; }
  [[nodiscard]] CuFunction function() const { return function_; }
  [[nodiscard]] std::int32_t threads_max() const { return threads_max_; }

  /// Whether blocks of this shape fit, all at once where the shape asks for that. `what` names the kernel in messages.
  /// The context is current.
  [[nodiscard]] Status check(const gpu::LaunchShape& shape, std::int64_t compute_units, const std::string& what) const;

 private:
  explicit CudaKernel(std::shared_ptr<const PrimaryContext> context) : context_(std::move(context)) {}
  Status prepare(const jit::Image& image, std::int64_t shared_bytes_max, bool clusters);
  Status allow_shared(std::int64_t shared_bytes_max);

  const std::shared_ptr<const PrimaryContext> context_;
  CuModule module_ = nullptr;
  CuFunction function_ = nullptr;
  gpu::KernelResources resources_;
  std::int32_t threads_max_ = 0;
  std::int64_t dynamic_shared_max_ = 0;
};

/// A launch as the driver takes it. Points into itself.
class LaunchDescription {
 public:
  LaunchDescription(const gpu::LaunchShape& shape, CuStream stream);
  LaunchDescription(const LaunchDescription&) = delete;
  LaunchDescription& operator=(const LaunchDescription&) = delete;
  [[nodiscard]] const CuLaunchConfig* get() const { return &config_; }

 private:
  CuLaunchAttribute attributes_[2] = {};
  CuLaunchConfig config_ = {};
};

}  // namespace flashrnn::cuda

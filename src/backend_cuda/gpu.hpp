// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "backend_cuda/devices.hpp"
#include "backend_cuda/driver.hpp"
#include "backend_cuda/program.hpp"
#include "common/gpu/device.hpp"

namespace flashrnn::cuda {

class CudaKernel;

/// One NVIDIA GPU through its primary context. Calls leave the context that is current on the thread as they find it.
class CudaGpu final : public gpu::Device {
 public:
  /// Errors: DEVICE_UNAVAILABLE (no such device), UNSUPPORTED (older than compute capability 8.0), and the driver's.
  static Status open(const Driver& driver, int ordinal, ImageSource images, const hw::Log& log,
                     std::shared_ptr<const CudaGpu>* gpu);

  [[nodiscard]] const hw::Device& hardware() const override { return hardware_; }
  [[nodiscard]] std::string_view name() const override { return name_; }
  Status load(const gpu::KernelSpec& spec, const gpu::LaunchShape& shape,
              std::shared_ptr<const gpu::Kernel>* kernel) const override;
  Status launch(const gpu::Kernel& kernel, const gpu::LaunchShape& shape, const void* parameters, std::size_t bytes,
                void* stream) const override;
  Status clear(void* target, std::size_t bytes, void* stream) const override;

 private:
  CudaGpu(const ReportedDevice& reported, hw::Device hardware, std::shared_ptr<const PrimaryContext> context,
          ImageSource images);
  /// The kernel with its module: that of another plan, if one still holds it.
  Status find_kernel(const gpu::KernelSpec& spec, std::shared_ptr<const CudaKernel>* kernel) const;

  const ReportedDevice reported_;
  const hw::Device hardware_;
  const std::string name_;
  const std::shared_ptr<const PrimaryContext> context_;
  const ImageSource images_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::weak_ptr<const CudaKernel>> kernels_;
};

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flashrnn::jit {

/// How a backend's kernels begin. Static data of the backend.
struct SourceDevice {
  const char* header;     ///< "backend_cuda/device/cuda_device.hpp"
  const char* type;       ///< "flashrnn::cuda::CudaDevice": models device::Device, default-constructible on the device
  const char* parameter;  ///< qualifiers of the kernel's parameter: "const __grid_constant__" or "const"
};

/// The text of a program with one kernel, kKernelName: the includes and one instantiation. `kernel_type` is a kernel of
/// common/kernel with all its arguments ("flashrnn::kernel::FusedForward<flashrnn::cuda::CudaDevice, ...>"), and
/// `headers` are what declares it and its arguments.
[[nodiscard]] std::string kernel_source(const SourceDevice& device, const std::vector<std::string>& headers,
                                        std::string_view kernel_type);

}  // namespace flashrnn::jit

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/gpu/kernel_spec.hpp"
#include "common/jit/cache.hpp"

namespace flashrnn::cuda {

/// NVRTC's options for every program, but the architecture.
[[nodiscard]] const std::vector<std::string>& program_options();

/// What the cache is asked for, and NVRTC compiles: the kernel of `spec` for one architecture ("sm_90a"). The same when
/// a pack is made and when it is used. The spec's cell is built for GPUs.
[[nodiscard]] jit::Cache::Request request_of(const gpu::KernelSpec& spec, const std::string& isa);

/// Where a device's images come from.
using ImageSource = std::function<Status(const gpu::KernelSpec& spec, const std::string& isa, jit::Cache::Use use,
                                         std::shared_ptr<const jit::Image>* image, jit::Origin* origin)>;

/// The process's cache with NVRTC behind it, for a driver that speaks `driver_version`.
[[nodiscard]] ImageSource compiled_images(int driver_version);

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backend_cpu/simt/backend/call_memory.hpp"
#include "backend_cpu/simt/launch.hpp"
#include "common/gpu/kernel_spec.hpp"

namespace flashrnn::simt {

/// A kernel that is compiled into this program. Its flavour of math is chosen at run time: `spec.math` does not count.
struct KernelInstance {
  gpu::KernelSpec spec;
  int lanes = 32;
  int threads = 0;  ///< of a block
  std::int64_t shared_bytes = 0;
  /// `parameters`: the kernel's, made for kernel::Plain; `bytes` of them.
  Status (*launch)(const LaunchConfig& config, CallMemory& memory, const void* parameters, std::size_t bytes) = nullptr;
};

/// Every kernel of this program.
[[nodiscard]] const std::vector<KernelInstance>& kernel_table();

}  // namespace flashrnn::simt

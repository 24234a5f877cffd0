// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace flashrnn::jit {

/// Every program that kernel_source makes has one kernel, of this name.
inline constexpr const char* kKernelName = "flashrnn_kernel";

/// What a kernel takes, as its compiler reports it; -1 where it does not.
struct Resources {
  std::int32_t registers = -1;      ///< of a thread
  std::int32_t spill_bytes = -1;    ///< of a thread, in local memory: spills and arrays that are not in registers
  std::int64_t static_shared = -1;  ///< of a block, in bytes

  bool operator==(const Resources&) const = default;
};

/// A compiled program: a cubin or a code object.
struct Image {
  Resources resources;  ///< of kKernelName
  std::string code;     ///< bytes, as the driver loads them

  bool operator==(const Image&) const = default;
};

}  // namespace flashrnn::jit

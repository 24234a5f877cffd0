// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backend_cpu/simt/memory.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::simt {

inline constexpr int kMostCluster = 16;  ///< blocks: the most of any device

struct LaunchConfig {
  std::string kernel = "kernel";  ///< for messages
  int blocks = 1;                 ///< of the grid, at most 2^20 threads in all
  int threads = 32;               ///< of a block, 1 to 1024
  int cluster = 1;                ///< blocks of a cluster; divides `blocks`, at most 16
  bool cooperative = false;       ///< all blocks are resident at once
  std::int64_t shared_bytes = 0;  ///< of a block
  std::uint64_t seed = 0;         ///< of the order of lanes, of asynchronous arrivals and of what is remembered
  /// A lane that makes more accesses without meeting another is taken to run for ever, and so is a launch that switches
  /// between lanes more often than that.
  std::uint64_t max_accesses = std::uint64_t{1} << 27;
  std::uint64_t max_switches = std::uint64_t{1} << 33;
};

struct LaunchResult {
  std::uint64_t switches = 0;  ///< from lane to lane
};

/// A kernel without its type: what every lane runs.
struct KernelEntry {
  void (*run)(const void* kernel);
  const void* kernel;
  int warp_size;
};

enum class AtomicUse : std::uint8_t { kLoadAcquire, kStoreRelease, kAddRelease, kFetchAdd };

/// INVALID_ARGUMENT for a configuration that no device takes; DEVICE_ERROR, with one sentence that names kernel, block,
/// thread and what they did, for a kernel that breaks the device contract. Never hangs, never crashes for a kernel that
/// reaches memory through the device only.
Status launch_kernel(const LaunchConfig& config, Memory& memory, const KernelEntry& kernel,
                     LaunchResult* result = nullptr);

/// Runs `kernel(device)` on every lane. `kernel` is shared by all of them.
template <class Device, class Kernel>
Status launch(const LaunchConfig& config, Memory& memory, const Kernel& kernel, LaunchResult* result = nullptr) {
  const KernelEntry entry{[](const void* object) {
                            Device device;
                            (*static_cast<const Kernel*>(object))(device);
                          },
                          &kernel, Device::kWarpSize};
  return launch_kernel(config, memory, entry, result);
}

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/gpu/kernel_spec.hpp"
#include "common/plan/planner.hpp"
#include "common/runtime/status.hpp"
#include "hw_db/database.hpp"

/// What the host side of a GPU backend supplies: loading and launching kernels. CUDA, HIP and the host emulation
/// implement it; common/gpu plans and runs problems through it, the same way on all of them.
namespace flashrnn::gpu {

/// Of a compiled kernel, as the compiler reports it; -1 where it does not.
struct KernelResources {
  std::int32_t registers = -1;      ///< of a thread
  std::int32_t spill_bytes = -1;    ///< of a thread, in local memory
  std::int64_t static_shared = -1;  ///< of a block
};

/// A kernel ready to be launched on its device. Thread-safe.
class Kernel {
 public:
  virtual ~Kernel() = default;
  [[nodiscard]] virtual KernelResources resources() const = 0;
};

struct LaunchShape {
  std::int64_t blocks = 1;
  std::int32_t threads = 32;      ///< of a block
  std::int32_t cluster = 1;       ///< blocks of a cluster; divides `blocks`
  bool cooperative = false;       ///< all blocks resident at once
  std::int64_t shared_bytes = 0;  ///< of a block, dynamic

  bool operator==(const LaunchShape&) const = default;
};

/// One device. Thread-safe; plans share it, so it may outlive the context that made it.
class Device {
 public:
  virtual ~Device() = default;

  /// The figures that the planner works with: the database's, with what the driver reports over them.
  [[nodiscard]] virtual const hw::Device& hardware() const = 0;

  /// As the context was opened: "cuda:0".
  [[nodiscard]] virtual std::string_view name() const { return hardware().name; }

  /// The plan for a shape: the planner's, unless the device has kernels of its own choice only. As plan::plan_gpu.
  [[nodiscard]] virtual std::optional<plan::GpuPlan> plan(const plan::Shape& shape, const plan::GpuOptions& options,
                                                          std::string* why_not) const {
    return plan::plan_gpu(shape, hardware(), options, why_not);
  }

  /// The tile of `spec` where the device has such a kernel with one tile only; else its user chooses.
  [[nodiscard]] virtual std::optional<kernel::Tile> built_tile(const KernelSpec& spec) const {
    (void)spec;
    return std::nullopt;
  }

  /// False where kernels are built once for any options and sizes: specs then have kRuntimeFlags and head_dim 0.
  [[nodiscard]] virtual bool specialises() const { return true; }

  /// Finds or compiles a kernel: milliseconds from a cache, tenths of a second else. Called while a plan is made, never
  /// by run calls; from several threads at once. `shape` is how it will be launched; a kernel that cannot be (too much
  /// shared memory, blocks that cannot be resident at once) is refused here. Errors: UNSUPPORTED, DEVICE_ERROR,
  /// OUT_OF_MEMORY.
  virtual Status load(const KernelSpec& spec, const LaunchShape& shape,
                      std::shared_ptr<const Kernel>* kernel) const = 0;

  /// Puts a launch onto the stream: no allocation, no synchronisation. `parameters` is the kernel's Parameters struct
  /// made for kernel::Plain, of `bytes` bytes; read during the call.
  virtual Status launch(const Kernel& kernel, const LaunchShape& shape, const void* parameters, std::size_t bytes,
                        void* stream) const = 0;
  /// Zeros, in stream order.
  virtual Status clear(void* target, std::size_t bytes, void* stream) const = 0;

  /// Tells the emulation which memory a call may reach; GPUs have no use for it. Of the time from here to end_call on
  /// this thread.
  struct Buffer {
    enum class Use : std::uint8_t {
      kRead,
      kWrite,    ///< read too; its contents count
      kScratch,  ///< its contents are undefined at first
    };
    const char* name;  ///< for messages; lives as long as the plan
    const void* data;
    std::size_t bytes;
    Use use;
  };
  virtual void begin_call(const Buffer* buffers, std::size_t count) const { (void)buffers, (void)count; }
  virtual void end_call() const {}
};

}  // namespace flashrnn::gpu

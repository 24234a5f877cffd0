// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "backend_cpu/simt/backend/kernel_table.hpp"
#include "common/gpu/device.hpp"

namespace flashrnn::simt {

/// The emulation as a GPU backend's device. Launches are over when they return; streams mean nothing.
class SimtGpuDevice final : public gpu::Device {
 public:
  /// Of 32 or 64 lanes.
  explicit SimtGpuDevice(int lanes);

  [[nodiscard]] const hw::Device& hardware() const override { return hardware_; }
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::optional<plan::GpuPlan> plan(const plan::Shape& shape, const plan::GpuOptions& options,
                                                  std::string* why_not) const override;
  [[nodiscard]] bool specialises() const override { return false; }
  [[nodiscard]] std::optional<kernel::Tile> built_tile(const gpu::KernelSpec& spec) const override;
  Status load(const gpu::KernelSpec& spec, const gpu::LaunchShape& shape,
              std::shared_ptr<const gpu::Kernel>* kernel) const override;
  Status launch(const gpu::Kernel& kernel, const gpu::LaunchShape& shape, const void* parameters, std::size_t bytes,
                void* stream) const override;
  Status clear(void* target, std::size_t bytes, void* stream) const override;
  void begin_call(const Buffer* buffers, std::size_t count) const override;
  void end_call() const override;

 private:
  int lanes_;
  std::string name_;
  hw::Device hardware_;
  mutable std::atomic<std::uint64_t> launches_ = 0;  ///< seeds of the order of lanes
};

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/simt_backend.hpp"

#include <array>
#include <utility>

#include "backend_cpu/simt/backend/simt_gpu_device.hpp"
#include "common/gpu/plan.hpp"
#include "common/runtime/backend.hpp"

namespace flashrnn::simt {
namespace {

class SimtContext final : public DeviceContext {
 public:
  SimtContext(std::shared_ptr<const gpu::Device> device, Logger logger)
      : device_(std::move(device)), logger_(std::move(logger)) {}

  [[nodiscard]] bool host_memory() const override { return true; }
  Status create_plan(const Problem& problem, std::unique_ptr<DevicePlan>* plan) const override {
    return gpu::create_plan(device_, problem, logger_, plan);
  }

 private:
  std::shared_ptr<const gpu::Device> device_;
  Logger logger_;
};

class SimtBackend final : public Backend {
 public:
  SimtBackend() : emulated_{std::make_shared<SimtGpuDevice>(32), std::make_shared<SimtGpuDevice>(64)} {
    for (const auto& device : emulated_) {
      flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
      info.name = device->name().data();
      info.description = device->hardware().description.c_str();
      info.isa = info.isas = device->hardware().isa.c_str();
      info.compute_units = static_cast<std::int32_t>(device->hardware().gpu.compute_units.value_or(1));
      devices_.push_back(info);
    }
  }

  [[nodiscard]] std::string_view prefix() const override { return "simt"; }
  [[nodiscard]] const std::vector<flashrnn_device_info>& devices() const override { return devices_; }
  Status create_context(std::string_view name, const flashrnn_context_options&, Logger logger,
                        std::unique_ptr<DeviceContext>* context) const override {
    for (const auto& device : emulated_) {
      if (device->name() != name) continue;
      *context = std::make_unique<SimtContext>(device, std::move(logger));
      return {};
    }
    return {FLASHRNN_DEVICE_UNAVAILABLE,
            "there is no emulated device '" + std::string(name) + "'; there are simt:32 and simt:64"};
  }

 private:
  std::array<std::shared_ptr<const SimtGpuDevice>, 2> emulated_;
  std::vector<flashrnn_device_info> devices_;
};

}  // namespace

const Backend& simt_backend() {
  static const SimtBackend backend;
  return backend;
}

}  // namespace flashrnn::simt

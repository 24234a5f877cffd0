// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "backend_cuda/driver.hpp"
#include "hw_db/database.hpp"

namespace flashrnn::cuda {

/// What the driver says of one device.
struct ReportedDevice {
  int ordinal = 0;
  CuDevice device = 0;
  int major = 0;  ///< compute capability
  int minor = 0;
  bool clusters = false;
  hw::ReportedGpu report;

  /// The kernels need mma.sync of bf16 and cp.async.
  [[nodiscard]] bool usable() const { return major >= 8; }
};

/// Errors: DEVICE_UNAVAILABLE when there is no such device, with how many there are.
Status read_device(const Driver& driver, int ordinal, ReportedDevice* device);
Status read_devices(const Driver& driver, std::vector<ReportedDevice>* devices);

/// The database's figures with the driver's over them. `log` gets a sentence for each disagreement.
hw::Device hardware_of(const ReportedDevice& device, const hw::Log& log);

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "common/runtime/backend.hpp"

/// What the C API's opaque pointers point to.
struct flashrnn_context {
  std::shared_ptr<const flashrnn::DeviceContext> device;
};

struct flashrnn_plan {
  std::shared_ptr<const flashrnn::DeviceContext> device;  ///< keeps the device open when the context is gone
  flashrnn::Problem problem;
  bool host_memory = false;
  std::unique_ptr<const flashrnn::DevicePlan> device_plan;  ///< after `device`: destroyed before it
  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
};

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "common/gpu/device.hpp"
#include "common/gpu/launches.hpp"
#include "common/gpu/plan_options.hpp"
#include "common/runtime/backend.hpp"

/// Problems on GPUs: what DeviceContext::create_plan of a GPU backend does.
namespace flashrnn::gpu {

/// Chooses the forms and tiles, loads their kernels and sizes the buffers. A form whose kernel the device refuses makes
/// way for the next one, with a line to the log; at last comes one launch for each step. The plan's calls fill in
/// parameters and launch: they allocate nothing and wait for nothing.
/// Errors: UNSUPPORTED (cell not built for GPUs, options that leave nothing), INVALID_ARGUMENT (sizes past 2^63), and
/// those of Device::load where stepwise kernels fail, too.
Status create_plan(std::shared_ptr<const Device> device, const Problem& problem, const Logger& logger,
                   std::unique_ptr<DevicePlan>* plan, const PlanOptions& options = options_from_environment());

/// The kernels that create_plan asks a device of these figures for, each once. Needs no device.
Status specs_of(const Problem& problem, const hw::Device& device, const PlanOptions& options,
                std::vector<PlannedKernel>* kernels);

}  // namespace flashrnn::gpu

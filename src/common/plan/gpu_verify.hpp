// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "common/plan/gpu_candidates.hpp"

namespace flashrnn::plan {

/// Empty where the plan is one of this problem: its tile keeps every constraint of its form, evaluated from the text,
/// and the kernels' own functions give the same resources, within the device's limits. Else what does not hold.
[[nodiscard]] std::string verify(const GpuProblem& problem, const GpuPlan& plan);

/// Whether the kernel can be instantiated with the plan's tile; shared memory and registers by the functions that the
/// kernels assert against.
[[nodiscard]] bool kernel_takes(const Shape& shape, const GpuPlan& plan);
[[nodiscard]] std::int64_t kernel_shared_bytes(const Shape& shape, const GpuPlan& plan);
[[nodiscard]] std::int64_t kernel_registers(const Shape& shape, const GpuPlan& plan);

}  // namespace flashrnn::plan

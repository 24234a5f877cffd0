// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "common/gpu/bookings.hpp"
#include "common/gpu/device.hpp"
#include "common/gpu/launches.hpp"
#include "common/runtime/problem.hpp"

namespace flashrnn::gpu {

/// A kernel with how to launch it. Null: the problem does not need it.
struct Loaded {
  std::shared_ptr<const Kernel> kernel;
  LaunchShape shape;
};

/// Everything decided and loaded for a problem. Immutable once made: calls only read it.
struct Prepared {
  std::shared_ptr<const Device> device;
  Problem problem;
  Geometry g;
  plan::GpuPlan forward_plan, backward_plan, step_plan;

  Loaded pack, forward, backward, step, recompute, gradient, gradient_sum;

  PackedBookings packed;
  ReserveBookings reserve;
  ForwardBookings forward_bookings, step_bookings;
  BackwardBookings backward_bookings;

  [[nodiscard]] flashrnn_sizes sizes() const;
  [[nodiscard]] std::string describe() const;
};

Status run_pack(const Prepared& p, const flashrnn_pack_args& args);
Status run_forward(const Prepared& p, const flashrnn_forward_args& args);
Status run_backward(const Prepared& p, const flashrnn_backward_args& args);
Status run_step(const Prepared& p, const flashrnn_step_args& args);

}  // namespace flashrnn::gpu

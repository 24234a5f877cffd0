// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/gpu/call.hpp"

/// The passes as one launch for each step.
namespace flashrnn::gpu {

class StepwiseForward {
 public:
  /// Names its workspace to the call, which has not begun.
  StepwiseForward(Call& call, const ForwardBookings& bookings, void* workspace, const ForwardParameters& parameters);
  Status run(const Loaded& kernel, std::int64_t steps, bool two_stages);

 private:
  Call& call_;
  kernel::StepwiseForwardParameters<kernel::Plain, void, void> parameters_;
};

class StepwiseBackward {
 public:
  StepwiseBackward(Call& call, const BackwardBookings& bookings, void* workspace, const BackwardParameters& parameters);
  Status run(const Loaded& kernel, std::int64_t steps, bool two_stages);

 private:
  Call& call_;
  kernel::StepwiseBackwardParameters<kernel::Plain, void, void> parameters_;
};

}  // namespace flashrnn::gpu

// SPDX-License-Identifier: Apache-2.0
#include "common/api/call_check.hpp"
#include "common/api/guard.hpp"
#include "common/api/handles.hpp"
#include "common/api/versioned.hpp"
#include "flashrnn/flashrnn.h"

/// The C API's functions that compute.
namespace flashrnn::api {
namespace {

/// Reads the caller's struct, checks it, and hands it to the device.
template <typename Args>
flashrnn_status call(const char* function, const flashrnn_plan* plan, const Args* args,
                     Status (*check)(const flashrnn_plan&, Args*), Status (DevicePlan::*run)(const Args&) const) {
  return guarded(function, [&]() -> Status {
    if (plan == nullptr) return Status::invalid("plan is null");
    Args known;
    FLASHRNN_RETURN_IF_ERROR(read_struct("args", args, &known));
    FLASHRNN_RETURN_IF_ERROR(check(*plan, &known));
    return ((*plan->device_plan).*run)(known);
  });
}

}  // namespace
}  // namespace flashrnn::api

using namespace flashrnn;       // NOLINT: the C functions stand outside the namespace
using namespace flashrnn::api;  // NOLINT

extern "C" {

flashrnn_status flashrnn_pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args* args) {
  return call("flashrnn_pack_weights", plan, args, &check_pack, &DevicePlan::pack);
}

flashrnn_status flashrnn_forward(const flashrnn_plan* plan, const flashrnn_forward_args* args) {
  return call("flashrnn_forward", plan, args, &check_forward, &DevicePlan::forward);
}

flashrnn_status flashrnn_backward(const flashrnn_plan* plan, const flashrnn_backward_args* args) {
  return call("flashrnn_backward", plan, args, &check_backward, &DevicePlan::backward);
}

flashrnn_status flashrnn_step(const flashrnn_plan* plan, const flashrnn_step_args* args) {
  return call("flashrnn_step", plan, args, &check_step, &DevicePlan::step);
}

}  // extern "C"

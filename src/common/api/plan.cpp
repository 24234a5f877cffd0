// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "common/api/guard.hpp"
#include "common/api/handles.hpp"
#include "common/api/problem_check.hpp"
#include "common/api/versioned.hpp"
#include "flashrnn/flashrnn.h"

/// The C API's functions on plans.
using namespace flashrnn;       // NOLINT: the C functions stand outside the namespace
using namespace flashrnn::api;  // NOLINT

extern "C" {

flashrnn_status flashrnn_plan_create(flashrnn_context* context, const flashrnn_problem* problem, flashrnn_plan** plan) {
  return guarded("flashrnn_plan_create", [&]() -> Status {
    if (context == nullptr) return Status::invalid("context is null");
    if (plan == nullptr) return Status::invalid("plan is null");
    flashrnn_problem known = FLASHRNN_PROBLEM_INIT;
    FLASHRNN_RETURN_IF_ERROR(read_struct("problem", problem, &known));
    auto created = std::make_unique<flashrnn_plan>();
    FLASHRNN_RETURN_IF_ERROR(check_problem(known, &created->problem));
    created->device = context->device;
    created->host_memory = context->device->host_memory();
    std::unique_ptr<DevicePlan> device_plan;
    FLASHRNN_RETURN_IF_ERROR(context->device->create_plan(created->problem, &device_plan));
    created->sizes = device_plan->sizes();
    created->device_plan = std::move(device_plan);
    *plan = created.release();
    return {};
  });
}

void flashrnn_plan_destroy(flashrnn_plan* plan) { delete plan; }

flashrnn_status flashrnn_plan_get_sizes(const flashrnn_plan* plan, flashrnn_sizes* sizes) {
  return guarded("flashrnn_plan_get_sizes", [&]() -> Status {
    if (plan == nullptr) return Status::invalid("plan is null");
    std::size_t size = 0;
    FLASHRNN_RETURN_IF_ERROR(check_struct("sizes", sizes, &size));
    write_struct(plan->sizes, size, sizes);
    return {};
  });
}

flashrnn_status flashrnn_plan_describe(const flashrnn_plan* plan, char* text, size_t capacity, size_t* needed) {
  return guarded("flashrnn_plan_describe", [&]() -> Status {
    if (plan == nullptr) return Status::invalid("plan is null");
    if (text == nullptr && capacity != 0) {
      return Status::invalid(message("text is null and capacity is ", capacity, "; without text it must be 0"));
    }
    const std::string description = plan->device_plan->describe();
    if (capacity != 0) {
      const std::size_t length = std::min(description.size(), capacity - 1);
      std::memcpy(text, description.data(), length);
      text[length] = '\0';
    }
    if (needed != nullptr) *needed = description.size() + 1;
    return {};
  });
}

}  // extern "C"

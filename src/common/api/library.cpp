// SPDX-License-Identifier: Apache-2.0
#include "common/api/guard.hpp"
#include "common/api/version_text.hpp"
#include "common/api/versioned.hpp"
#include "common/runtime/cell_registry.hpp"
#include "flashrnn/flashrnn.h"

/// The C API's functions on status, version and cells.
namespace flashrnn::api {
namespace {

flashrnn_cell_info info_of(const CellRegistration& cell) {
  return {sizeof(flashrnn_cell_info), cell.name, cell.input_gates, cell.recurrent_gates, cell.biases, cell.states};
}

}  // namespace
}  // namespace flashrnn::api

using namespace flashrnn;       // NOLINT: the C functions stand outside the namespace
using namespace flashrnn::api;  // NOLINT

extern "C" {

const char* flashrnn_status_name(flashrnn_status status) {
  switch (enum_value(status)) {
    case FLASHRNN_SUCCESS:
      return "FLASHRNN_SUCCESS";
    case FLASHRNN_INVALID_ARGUMENT:
      return "FLASHRNN_INVALID_ARGUMENT";
    case FLASHRNN_UNSUPPORTED:
      return "FLASHRNN_UNSUPPORTED";
    case FLASHRNN_BUFFER_TOO_SMALL:
      return "FLASHRNN_BUFFER_TOO_SMALL";
    case FLASHRNN_OUT_OF_MEMORY:
      return "FLASHRNN_OUT_OF_MEMORY";
    case FLASHRNN_DEVICE_UNAVAILABLE:
      return "FLASHRNN_DEVICE_UNAVAILABLE";
    case FLASHRNN_DEVICE_ERROR:
      return "FLASHRNN_DEVICE_ERROR";
    case FLASHRNN_INTERNAL_ERROR:
      return "FLASHRNN_INTERNAL_ERROR";
    default:
      return "unknown status";
  }
}

const char* flashrnn_last_error(void) { return last_error(); }

const char* flashrnn_version(void) { return kVersionText; }

int32_t flashrnn_cell_count(void) {
  std::int32_t count = 0;
  guarded("flashrnn_cell_count", [&]() -> Status {
    count = cell_count();
    return {};
  });
  return count;
}

flashrnn_status flashrnn_get_cell(int32_t index, flashrnn_cell_info* info) {
  return guarded("flashrnn_get_cell", [&]() -> Status {
    std::size_t size = 0;
    FLASHRNN_RETURN_IF_ERROR(check_struct("info", info, &size));
    const CellRegistration* cell = cell_at(index);
    if (cell == nullptr) {
      return Status::invalid(
          message("index is ", index, "; it must be in [0, ", cell_count(), "), the range of flashrnn_cell_count"));
    }
    write_struct(info_of(*cell), size, info);
    return {};
  });
}

flashrnn_status flashrnn_find_cell(const char* name, flashrnn_cell_info* info) {
  return guarded("flashrnn_find_cell", [&]() -> Status {
    std::size_t size = 0;
    FLASHRNN_RETURN_IF_ERROR(check_struct("info", info, &size));
    const CellRegistration* cell = name == nullptr ? nullptr : find_cell(name);
    if (cell == nullptr) {
      return Status::invalid(message("name is ", quoted(name), "; it must be one of: ", cell_names()));
    }
    write_struct(info_of(*cell), size, info);
    return {};
  });
}

}  // extern "C"

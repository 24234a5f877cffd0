// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "common/runtime/last_error.hpp"
#include "common/runtime/message.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::api {

/// Runs the body of a C function: no exception leaves it, and what fails becomes this thread's message, led by the
/// function's name. `body` returns Status.
template <typename Body>
flashrnn_status guarded(const char* function, Body&& body) noexcept {
  try {
    try {
      const Status status = std::forward<Body>(body)();
      if (!status.ok()) set_last_error(message(function, ": ", status.message()));
      return status.code();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      set_last_error(message(function, ": a bug in the library: ", error.what()));
      return FLASHRNN_INTERNAL_ERROR;
    }
  } catch (const std::bad_alloc&) {
    set_last_error("the system has no memory left for this call");
    return FLASHRNN_OUT_OF_MEMORY;
  } catch (...) {
    set_last_error("a bug in the library: an exception of unknown type");
    return FLASHRNN_INTERNAL_ERROR;
  }
}

}  // namespace flashrnn::api

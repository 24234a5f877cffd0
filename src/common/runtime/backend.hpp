// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/problem.hpp"
#include "common/runtime/status.hpp"
#include "flashrnn/flashrnn.h"

/// What a device offers to the C API. The API layer (common/api) checks every argument before it calls in here:
/// struct sizes, null pointers, alignment, buffer sizes, strides (a dense 0 is replaced by its value) and, where the
/// host can read them, the contents of lengths, cu_seqlens and resets. So nothing below fails for a caller's mistake.
namespace flashrnn {

/// Log sink of a context; empty = silent.
using Logger = std::function<void(flashrnn_log_level, const char*)>;

class DevicePlan {
 public:
  virtual ~DevicePlan() = default;
  /// The byte counts of flashrnn_sizes.
  [[nodiscard]] virtual flashrnn_sizes sizes() const = 0;
  /// One line: the choices made, with their figures.
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual Status pack(const flashrnn_pack_args& args) const = 0;
  virtual Status forward(const flashrnn_forward_args& args) const = 0;
  virtual Status backward(const flashrnn_backward_args& args) const = 0;
  virtual Status step(const flashrnn_step_args& args) const = 0;
};

class DeviceContext {
 public:
  virtual ~DeviceContext() = default;
  /// True when lengths, cu_seqlens and resets lie in memory that the host reads.
  [[nodiscard]] virtual bool host_memory() const = 0;
  /// The plan must not refer to the context: it may outlive it.
  virtual Status create_plan(const Problem& problem, std::unique_ptr<DevicePlan>* plan) const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  /// The prefix of its device names: "cpu", "cuda", "hip".
  [[nodiscard]] virtual std::string_view prefix() const = 0;
  /// Devices present now; strings inside live as long as the process. Empty when the driver is missing.
  [[nodiscard]] virtual const std::vector<flashrnn_device_info>& devices() const = 0;
  /// The part of `name` before ':' is prefix(); the rest is the backend's to check. `options` is complete (no short
  /// struct) and never null; cpu_isa is null or a name that the backend checks.
  virtual Status create_context(std::string_view name, const flashrnn_context_options& options, Logger logger,
                                std::unique_ptr<DeviceContext>* context) const = 0;
};

/// The backends built into this library, in the order in which devices are listed.
const std::vector<const Backend*>& backends();

/// Lists one more backend, behind those built in. For tests with a backend of their own: not thread-safe, to be called
/// before anything else of the library. `backend` lives as long as the process.
void add_backend(const Backend& backend);

/// Defined by backend_cpu and backend_cuda.
const Backend& cpu_backend();
const Backend& cuda_backend();

}  // namespace flashrnn

/// How a backend that is no part of the library, such as the tools' emulation, enters it. `backend` is a
/// flashrnn::Backend that lives as long as the process, of a program that is built with the library. For no other use.
extern "C" FLASHRNN_API void flashrnn_internal_add_backend(const void* backend);

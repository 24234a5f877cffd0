// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "flashrnn/flashrnn.h"
#include "memory/memory_space.hpp"

namespace flashrnn::verify {

/// The functions of flashrnn.h that a case calls. A seam for tests of the checks themselves.
class Api {
 public:
  Api() = default;
  virtual ~Api() = default;
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  virtual flashrnn_status plan_create(const flashrnn_problem& problem, flashrnn_plan** plan) = 0;
  virtual void plan_destroy(flashrnn_plan* plan) = 0;
  virtual flashrnn_status get_sizes(const flashrnn_plan* plan, flashrnn_sizes& sizes) = 0;
  virtual flashrnn_status pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args& args) = 0;
  virtual flashrnn_status forward(const flashrnn_plan* plan, const flashrnn_forward_args& args) = 0;
  virtual flashrnn_status backward(const flashrnn_plan* plan, const flashrnn_backward_args& args) = 0;
  virtual flashrnn_status step(const flashrnn_plan* plan, const flashrnn_step_args& args) = 0;
  virtual std::string last_error() = 0;

  /// Where the buffers of the calls lie.
  [[nodiscard]] memory::MemorySpace& memory() { return *memory_; }

 protected:
  explicit Api(std::unique_ptr<memory::MemorySpace> memory) : memory_(std::move(memory)) {}

 private:
  std::unique_ptr<memory::MemorySpace> memory_ = memory::host_memory();
};

/// The library itself, on a context of `device` that outlives this object.
class LibraryApi final : public Api {
 public:
  LibraryApi(flashrnn_context* context, const std::string& device)
      : Api(memory::memory_of(device)), context_(context) {}

  flashrnn_status plan_create(const flashrnn_problem& problem, flashrnn_plan** plan) override;
  void plan_destroy(flashrnn_plan* plan) override;
  flashrnn_status get_sizes(const flashrnn_plan* plan, flashrnn_sizes& sizes) override;
  flashrnn_status pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args& args) override;
  flashrnn_status forward(const flashrnn_plan* plan, const flashrnn_forward_args& args) override;
  flashrnn_status backward(const flashrnn_plan* plan, const flashrnn_backward_args& args) override;
  flashrnn_status step(const flashrnn_plan* plan, const flashrnn_step_args& args) override;
  std::string last_error() override;

 private:
  flashrnn_context* context_;
};

}  // namespace flashrnn::verify

// SPDX-License-Identifier: Apache-2.0
/**
 * FlashRNN for C++17 and newer: owners for the C API's handles, and exceptions for its statuses. Nothing here decides
 * anything: what a field means, what is checked and what is written stands in flashrnn.h.
 *
 *     flashrnn::Context context("cpu");
 *     flashrnn_problem problem = flashrnn::make_problem("lstm", B, T, N, D);
 *     problem.training = 1;
 *     flashrnn::Plan plan(context, problem);
 *
 *     flashrnn::Buffer workspace(plan.sizes().forward_workspace), reserve(plan.sizes().reserve);
 *     flashrnn_forward_args args = flashrnn::forward_args();
 *     args.Wx.data = Wx;
 *     ...
 *     flashrnn::set_workspace(args, workspace);
 *     flashrnn::set_reserve(args, reserve);
 *     plan.forward(args);
 */
#ifndef FLASHRNN_FLASHRNN_HPP
#define FLASHRNN_FLASHRNN_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "flashrnn/flashrnn.h"

namespace flashrnn {

/// A failed call: its status, and as what() the sentence of flashrnn_last_error.
class Error : public std::runtime_error {
 public:
  Error(flashrnn_status status, const char* message) : std::runtime_error(message), status_(status) {}
  [[nodiscard]] flashrnn_status status() const noexcept { return status_; }

 private:
  flashrnn_status status_;
};

/// Throws Error when `status` is not success. To be called on the thread that made the call, before its next one.
inline void check(flashrnn_status status) {
  if (status != FLASHRNN_SUCCESS) throw Error(status, flashrnn_last_error());
}

/// Host memory aligned for workspace, reserve and packed weights; not initialised. Move-only. A size of 0 holds null.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(size == 0 ? nullptr : ::operator new (size, std::align_val_t{FLASHRNN_BUFFER_ALIGNMENT})), size_(size) {}
  Buffer(Buffer&& other) noexcept : data_(std::move(other.data_)), size_(other.size_) { other.size_ = 0; }
  Buffer& operator=(Buffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = other.size_;
    other.size_ = 0;
    return *this;
  }

  [[nodiscard]] void* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(void* p) const noexcept { ::operator delete (p, std::align_val_t{FLASHRNN_BUFFER_ALIGNMENT}); }
  };
  std::unique_ptr<void, Free> data_;
  std::size_t size_ = 0;
};

/// An open device. Move-only; plans outlive it.
class Context {
 public:
  /// `device`: "cpu". Throws Error.
  explicit Context(const char* device, const flashrnn_context_options& options = FLASHRNN_CONTEXT_OPTIONS_INIT) {
    flashrnn_context* context = nullptr;
    check(flashrnn_context_create(device, &options, &context));
    handle_.reset(context);
  }
  [[nodiscard]] flashrnn_context* get() const noexcept { return handle_.get(); }

 private:
  struct Destroy {
    void operator()(flashrnn_context* context) const noexcept { flashrnn_context_destroy(context); }
  };
  std::unique_ptr<flashrnn_context, Destroy> handle_;
};

/// A problem decided for a device. Move-only; any number of threads may call its functions at once, each call with
/// a workspace of its own. Every function throws Error where its C counterpart fails.
class Plan {
 public:
  Plan(const Context& context, const flashrnn_problem& problem) {
    flashrnn_plan* plan = nullptr;
    check(flashrnn_plan_create(context.get(), &problem, &plan));
    handle_.reset(plan);
    check(flashrnn_plan_get_sizes(plan, &sizes_));
  }

  [[nodiscard]] flashrnn_plan* get() const noexcept { return handle_.get(); }
  [[nodiscard]] const flashrnn_sizes& sizes() const noexcept { return sizes_; }

  /// The line of flashrnn_plan_describe.
  [[nodiscard]] std::string describe() const {
    std::size_t needed = 0;
    check(flashrnn_plan_describe(get(), nullptr, 0, &needed));
    std::string text(needed, '\0');
    check(flashrnn_plan_describe(get(), text.data(), text.size(), nullptr));
    text.resize(needed - 1);
    return text;
  }

  void pack_weights(const flashrnn_pack_args& args) const { check(flashrnn_pack_weights(get(), &args)); }
  void forward(const flashrnn_forward_args& args) const { check(flashrnn_forward(get(), &args)); }
  void backward(const flashrnn_backward_args& args) const { check(flashrnn_backward(get(), &args)); }
  void step(const flashrnn_step_args& args) const { check(flashrnn_step(get(), &args)); }

 private:
  struct Destroy {
    void operator()(flashrnn_plan* plan) const noexcept { flashrnn_plan_destroy(plan); }
  };
  std::unique_ptr<flashrnn_plan, Destroy> handle_;
  flashrnn_sizes sizes_ = FLASHRNN_SIZES_INIT;
};

/// A fp32 problem of these sizes, everything else off. `cell` must live until the plan is made.
[[nodiscard]] inline flashrnn_problem make_problem(const char* cell, std::int64_t batch, std::int64_t time,
                                                   std::int64_t heads, std::int64_t head_dim) noexcept {
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = cell;
  problem.batch = batch;
  problem.time = time;
  problem.heads = heads;
  problem.head_dim = head_dim;
  return problem;
}

/// Arguments with everything absent.
[[nodiscard]] inline flashrnn_pack_args pack_args() noexcept { return FLASHRNN_PACK_ARGS_INIT; }
[[nodiscard]] inline flashrnn_forward_args forward_args() noexcept { return FLASHRNN_FORWARD_ARGS_INIT; }
[[nodiscard]] inline flashrnn_backward_args backward_args() noexcept { return FLASHRNN_BACKWARD_ARGS_INIT; }
[[nodiscard]] inline flashrnn_step_args step_args() noexcept { return FLASHRNN_STEP_ARGS_INIT; }

/// A tensor that a call may write, or just read.
struct MutableTensor : flashrnn_tensor {
  operator flashrnn_const_tensor() const noexcept { return {data, stride_s, stride_b, stride_t}; }
};

/// Tensors with dense strides, for the fields of the calls' arguments.
[[nodiscard]] inline MutableTensor dense(void* data) noexcept { return {{data, 0, 0, 0}}; }
[[nodiscard]] inline flashrnn_const_tensor dense(const void* data) noexcept { return {data, 0, 0, 0}; }

/// Puts a buffer and its size into the arguments of any call that has such fields.
template <typename Args>
void set_workspace(Args& args, const Buffer& buffer) noexcept {
  args.workspace = buffer.data();
  args.workspace_size = buffer.size();
}
template <typename Args>
void set_reserve(Args& args, const Buffer& buffer) noexcept {
  args.reserve = buffer.data();
  args.reserve_size = buffer.size();
}
template <typename Args>
void set_packed_weights(Args& args, const Buffer& buffer) noexcept {
  args.packed_weights = buffer.data();
  args.packed_weights_size = buffer.size();
}

/// A cell's counts by name. Throws Error, with the names that exist.
[[nodiscard]] inline flashrnn_cell_info find_cell_info(const char* name) {
  flashrnn_cell_info info = FLASHRNN_CELL_INFO_INIT;
  check(flashrnn_find_cell(name, &info));
  return info;
}

}  // namespace flashrnn

#endif

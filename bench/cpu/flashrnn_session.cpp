// SPDX-License-Identifier: Apache-2.0
#include "bench/cpu/flashrnn_session.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace flashrnn::bench {
namespace {

void check(flashrnn_status status) {
  if (status != FLASHRNN_SUCCESS)
    throw std::runtime_error(std::string(flashrnn_status_name(status)) + ": " + flashrnn_last_error());
}

flashrnn_dtype to_dtype(const std::string& name) {
  if (name == "fp32") return FLASHRNN_F32;
  if (name == "bf16") return FLASHRNN_BF16;
  if (name == "fp16") return FLASHRNN_F16;
  throw std::invalid_argument("dtype is '" + name + "'; it has to be fp32, bf16 or fp16");
}

}  // namespace

FlashrnnSession::FlashrnnSession(const Point& point, const SessionOptions& options) : point_(point), options_(options) {
  flashrnn_context_options context_options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  context_options.num_threads = point.threads;
  context_options.cpu_isa = options_.isa.c_str();
  flashrnn_context* context = nullptr;
  check(flashrnn_context_create("cpu", &context_options, &context));
  context_.reset(context);

  const CellCounts counts = cell_counts(point.cell);
  const int64_t unit = point.heads * point.head_dim;
  const int64_t tokens = point.batch * point.time;
  const float weight_limit = 1.0f / std::sqrt(static_cast<float>(point.head_dim));
  wx_ = random_buffer(tokens * counts.input_gates * unit, point.dtype, 1.0f, 1);
  r_ = random_buffer(counts.recurrent_gates * unit * point.head_dim, point.dtype, weight_limit, 2);
  b_ = random_buffer(counts.biases * unit, point.dtype, weight_limit, 3);
  h_ = Buffer(static_cast<size_t>(tokens * unit * dtype_bytes(point.dtype)));
}

FlashrnnSession::Mode& FlashrnnSession::mode(bool training) {
  Mode& mode = training ? training_ : inference_;
  if (mode.plan) return mode;
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;
  problem.cell = point_.cell.c_str();
  problem.dtype = to_dtype(point_.dtype);
  problem.state_dtype = FLASHRNN_F32;
  problem.batch = point_.batch;
  problem.time = point_.time;
  problem.heads = point_.heads;
  problem.head_dim = point_.head_dim;
  problem.training = training ? 1 : 0;
  problem.reserve_mode = options_.reserve_mode;
  problem.math = options_.math;
  flashrnn_plan* plan = nullptr;
  check(flashrnn_plan_create(context_.get(), &problem, &plan));
  mode.plan.reset(plan);

  flashrnn_sizes sizes = FLASHRNN_SIZES_INIT;
  check(flashrnn_plan_get_sizes(plan, &sizes));
  mode.workspace_size = std::max(sizes.forward_workspace, sizes.backward_workspace);
  mode.reserve_size = sizes.reserve;
  mode.packed_size = sizes.packed_weights;
  mode.workspace = Buffer(mode.workspace_size);
  mode.reserve = Buffer(mode.reserve_size);
  mode.packed = Buffer(mode.packed_size);
  flashrnn_pack_args args = FLASHRNN_PACK_ARGS_INIT;
  args.R = r_.data();
  args.b = b_.data();
  args.packed = mode.packed.data();
  args.packed_size = mode.packed_size;
  check(flashrnn_pack_weights(plan, &args));
  return mode;
}

void FlashrnnSession::prepare_gradients() {
  if (dh_.size() > 0) return;
  const CellCounts counts = cell_counts(point_.cell);
  const int64_t unit = point_.heads * point_.head_dim;
  dh_ = random_buffer(point_.batch * point_.time * unit, point_.dtype, 1.0f, 4);
  dwx_ = Buffer(wx_.size());
  dr_ = Buffer(static_cast<size_t>(counts.recurrent_gates * unit * point_.head_dim) * sizeof(float));
  db_ = Buffer(static_cast<size_t>(counts.biases * unit) * sizeof(float));
}

std::function<void()> FlashrnnSession::prepare(const std::string& pass) {
  if (pass == "inf") {
    Mode& inference = mode(false);
    return [this, &inference] { forward(inference); };
  }
  Mode& training = mode(true);
  prepare_gradients();
  if (pass == "fw") return [this, &training] { forward(training); };
  if (pass == "bw") {
    forward(training);
    return [this] { backward(); };
  }
  if (pass == "fwbw")
    return [this, &training] {
      forward(training);
      backward();
    };
  throw std::invalid_argument("pass is '" + pass + "'; it has to be inf, fw, bw or fwbw");
}

std::string FlashrnnSession::describe(const std::string& pass) {
  const Mode& described = mode(pass != "inf");
  size_t needed = 0;
  check(flashrnn_plan_describe(described.plan.get(), nullptr, 0, &needed));
  std::string text(needed, '\0');
  check(flashrnn_plan_describe(described.plan.get(), text.data(), text.size(), nullptr));
  text.resize(text.find('\0'));
  return text;
}

void FlashrnnSession::forward(Mode& mode) {
  flashrnn_forward_args args = FLASHRNN_FORWARD_ARGS_INIT;
  args.Wx.data = wx_.data();
  args.packed_weights = mode.packed.data();
  args.packed_weights_size = mode.packed_size;
  args.states.data = h_.data();
  if (mode.reserve_size > 0) {
    args.reserve = mode.reserve.data();
    args.reserve_size = mode.reserve_size;
  }
  args.workspace = mode.workspace.data();
  args.workspace_size = mode.workspace_size;
  check(flashrnn_forward(mode.plan.get(), &args));
}

void FlashrnnSession::backward() {
  flashrnn_backward_args args = FLASHRNN_BACKWARD_ARGS_INIT;
  if (options_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) args.Wx.data = wx_.data();
  args.packed_weights = training_.packed.data();
  args.packed_weights_size = training_.packed_size;
  args.dstates.data = dh_.data();
  args.dWx.data = dwx_.data();
  args.dR = dr_.as<float>();
  args.db = db_.as<float>();
  args.reserve = training_.reserve.data();
  args.reserve_size = training_.reserve_size;
  args.workspace = training_.workspace.data();
  args.workspace_size = training_.workspace_size;
  check(flashrnn_backward(training_.plan.get(), &args));
}

}  // namespace flashrnn::bench

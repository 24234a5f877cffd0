// SPDX-License-Identifier: Apache-2.0
#include "fake_device.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "verify/case.hpp"

namespace flashrnn::verify {
namespace {

using reference::Precision;
using Values = std::vector<double>;

struct FakePlan {
  flashrnn_problem problem;
  reference::Cell cell;
  std::int64_t units;

  [[nodiscard]] Precision dtype() const { return precision_of(problem.dtype); }
  [[nodiscard]] Precision state_dtype() const {
    return problem.state_dtype == FLASHRNN_DTYPE_DEFAULT ? dtype() : precision_of(problem.state_dtype);
  }
  [[nodiscard]] const reference::CellInfo& info() const { return reference::info(cell); }
};

const FakePlan& fake(const flashrnn_plan* plan) { return *reinterpret_cast<const FakePlan*>(plan); }

// A strided tensor [S, B, T, inner] in memory of some dtype.
struct View {
  void* data;
  Precision precision;
  std::int64_t S, B, T, inner, stride_s, stride_b, stride_t;

  [[nodiscard]] std::int64_t elements() const { return S * B * T * inner; }
  [[nodiscard]] std::int64_t position(std::int64_t i) const {
    const std::int64_t unit = i % inner;
    const std::int64_t t = i / inner % T;
    const std::int64_t b = i / inner / T % B;
    return i / inner / T / B * stride_s + b * stride_b + t * stride_t + unit;
  }
  [[nodiscard]] double get(std::int64_t position) const {
    if (precision == Precision::kF32) return static_cast<const float*>(data)[position];
    return reference::from_bits16(precision, static_cast<const std::uint16_t*>(data)[position]);
  }
  void put(std::int64_t position, double value) const {
    if (precision == Precision::kF32) {
      static_cast<float*>(data)[position] = static_cast<float>(value);
    } else {
      static_cast<std::uint16_t*>(data)[position] = reference::to_bits16(precision, value);
    }
  }
  [[nodiscard]] Values read() const {
    Values values;
    if (data == nullptr) return values;
    for (std::int64_t i = 0; i < elements(); ++i) values.push_back(get(position(i)));
    return values;
  }
  void write(const Values& values, std::int64_t leave_out = 0) const {
    if (data == nullptr) return;
    for (std::int64_t i = 0; i < elements() - leave_out; ++i) put(position(i), values[static_cast<std::size_t>(i)]);
  }
};

template <class Tensor>
View view(const Tensor& tensor, Precision precision, std::int64_t S, std::int64_t B, std::int64_t T,
          std::int64_t inner) {
  View v{const_cast<void*>(static_cast<const void*>(tensor.data)),
         precision,
         S,
         B,
         T,
         inner,
         tensor.stride_s,
         tensor.stride_b,
         tensor.stride_t};
  if (v.stride_t == 0) v.stride_t = inner;
  if (v.stride_b == 0) v.stride_b = T * v.stride_t;
  if (v.stride_s == 0) v.stride_s = B * v.stride_b;
  return v;
}

template <class Tensor>
View sequence(const FakePlan& plan, const reference::Problem& problem, const Tensor& tensor, std::int64_t S,
              std::int64_t inner) {
  const std::int64_t T = problem.packed ? problem.tokens() : problem.time;
  return view(tensor, plan.dtype(), S, problem.packed ? 1 : problem.batch, T, inner);
}

template <class Tensor>
View per_row(const FakePlan& plan, const Tensor& tensor) {
  return view(tensor, plan.state_dtype(), plan.info().states, plan.problem.batch, 1, plan.units);
}

Values read_dense(const void* data, Precision precision, std::int64_t count) {
  const flashrnn_const_tensor tensor{data, 0, 0, 0};
  return view(tensor, precision, 1, 1, 1, count).read();
}

struct Weights {
  Values R;
  Values b;
};

// "Packed" weights are R and b one after the other, in fp64, with a mark for b.
std::size_t packed_bytes(const FakePlan& plan) {
  return sizeof(double) * static_cast<std::size_t>(plan.info().recurrent_gates * plan.units * plan.problem.head_dim +
                                                   plan.info().biases * plan.units + 1);
}

Weights read_weights(const FakePlan& plan, const void* R, const void* b) {
  return {read_dense(R, plan.dtype(), plan.info().recurrent_gates * plan.units * plan.problem.head_dim),
          read_dense(b, plan.dtype(), plan.info().biases * plan.units)};
}

template <class Args>
Weights weights_of(const FakePlan& plan, const Args& args) {
  if (args.packed_weights == nullptr) return read_weights(plan, args.R, args.b);
  const auto* at = static_cast<const double*>(args.packed_weights);
  const auto R = static_cast<std::ptrdiff_t>(plan.info().recurrent_gates * plan.units * plan.problem.head_dim);
  const auto b = static_cast<std::ptrdiff_t>(plan.info().biases * plan.units);
  Weights weights{{at + 1, at + 1 + R}, {}};
  if (at[0] != 0.0) weights.b.assign(at + 1 + R, at + 1 + R + b);
  return weights;
}

template <class Args>
reference::Problem problem_of(const FakePlan& plan, const Args& args, Fault fault) {
  const flashrnn_problem& p = plan.problem;
  reference::Problem problem;
  problem.cell = plan.cell;
  problem.batch = p.batch;
  problem.time = p.time;
  problem.heads = p.heads;
  problem.head_dim = p.head_dim;
  problem.packed = p.layout == FLASHRNN_PACKED;
  if (problem.packed) problem.cu_seqlens.assign(args.cu_seqlens, args.cu_seqlens + p.batch + 1);
  if (p.use_lengths != 0) problem.lengths.assign(args.lengths, args.lengths + p.batch);
  if (p.use_resets != 0 && problem.packed) problem.resets.assign(args.resets, args.resets + problem.tokens());
  if (p.use_resets != 0 && !problem.packed) {
    const std::int64_t stride = args.resets_stride_b == 0 ? p.time : args.resets_stride_b;
    for (std::int64_t row = 0; row < p.batch; ++row) {
      problem.resets.insert(problem.resets.end(), args.resets + row * stride, args.resets + row * stride + p.time);
    }
  }
  problem.forward_clip = p.forward_clip;
  problem.gradient_clip = p.gradient_clip;
  problem.gradient_cut = p.gradient_cut != 0;
  problem.reverse = p.reverse != 0;
  problem.linear = p.math == FLASHRNN_MATH_LINEAR;
  if (fault == Fault::kIgnoredReset) problem.resets.clear();
  if (fault == Fault::kIgnoredLengths) problem.lengths.clear();
  if (fault == Fault::kIgnoredDirection) problem.reverse = false;
  if (fault == Fault::kIgnoredForwardClip) problem.forward_clip = 0.0;
  if (fault == Fault::kIgnoredGradientClip) problem.gradient_clip = 0.0;
  if (fault == Fault::kIgnoredCut) problem.gradient_cut = false;
  return problem;
}

// Rounding towards zero to bf16, fp16.
void truncate(Values& values, Precision precision) {
  for (double& value : values) {
    const double rounded = reference::round_to(precision, value);
    if (std::fabs(rounded) > std::fabs(value)) {
      value = reference::round_to(precision, value * (1.0 - 2.0 * reference::unit_roundoff(precision)));
    }
  }
}

void scale(Values& values, double factor) {
  for (double& value : values) value *= factor;
}

}  // namespace

flashrnn_status FakeDevice::plan_create(const flashrnn_problem& problem, flashrnn_plan** plan) {
  if (fault_ == Fault::kFailedCall) return FLASHRNN_UNSUPPORTED;
  ++plans_alive_;
  *plan = reinterpret_cast<flashrnn_plan*>(
      new FakePlan{problem, *reference::find_cell(problem.cell), problem.heads * problem.head_dim});
  return FLASHRNN_SUCCESS;
}

void FakeDevice::plan_destroy(flashrnn_plan* plan) {
  if (plan == nullptr) return;
  --plans_alive_;
  delete reinterpret_cast<FakePlan*>(plan);
}

flashrnn_status FakeDevice::get_sizes(const flashrnn_plan* plan, flashrnn_sizes& sizes) {
  sizes.forward_workspace = 100;
  sizes.step_workspace = 0;
  sizes.packed_weights = packed_bytes(fake(plan));
  sizes.backward_workspace = fake(plan).problem.training != 0 ? 77 : 0;
  sizes.reserve = fake(plan).problem.training != 0 ? sizeof(std::size_t) : 0;
  return FLASHRNN_SUCCESS;
}

flashrnn_status FakeDevice::pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args& args) {
  const Weights weights = read_weights(fake(plan), args.R, args.b);
  auto* at = static_cast<double*>(args.packed);
  *at = weights.b.empty() ? 0.0 : 1.0;
  std::copy(weights.b.begin(), weights.b.end(), std::copy(weights.R.begin(), weights.R.end(), at + 1));
  return FLASHRNN_SUCCESS;
}

flashrnn_status FakeDevice::forward(const flashrnn_plan* plan_handle, const flashrnn_forward_args& args) {
  const FakePlan& plan = fake(plan_handle);
  const flashrnn_problem& p = plan.problem;
  Memory memory;
  reference::Problem& problem = memory.problem = problem_of(plan, args, fault_);
  reference::Inputs& inputs = memory.inputs;
  const Weights weights = weights_of(plan, args);
  inputs.R = weights.R;
  inputs.b = weights.b;
  if (fault_ == Fault::kIgnoredBias) inputs.b.clear();
  inputs.Wx = sequence(plan, problem, args.Wx, 1, plan.info().input_gates * plan.units).read();
  inputs.initial_states = per_row(plan, args.initial_states).read();
  inputs.reset_states = per_row(plan, args.reset_states).read();

  reference::ForwardResult result = reference::plain_run(problem, inputs, {}, Precision::kF32).forward;
  ++calls_;
  if (fault_ == Fault::kSmallForwardError) scale(result.states, 1.0 + 2e-5);
  if (fault_ == Fault::kTruncation) truncate(result.states, plan.dtype());
  if (fault_ == Fault::kChangedByRepetition && calls_ % 2 == 0) scale(result.final_states, 1.0 + 0x1p-20);
  for (double& value : result.states) {
    if (fault_ == Fault::kLostNaN && std::isnan(value)) value = 0.0;
  }
  if (fault_ == Fault::kSpreadNaN &&
      std::any_of(result.states.begin(), result.states.end(), [](double v) { return std::isnan(v); })) {
    for (double& value : result.final_states) value = std::numeric_limits<double>::quiet_NaN();
  }

  if (p.output_sequence != FLASHRNN_SEQUENCE_NONE) {
    const std::int64_t S = p.output_sequence == FLASHRNN_SEQUENCE_H ? 1 : plan.info().states;
    const View states = sequence(plan, problem, args.states, S, plan.units);
    states.write(result.states, fault_ == Fault::kUnwrittenElement ? 1 : 0);
    if (fault_ == Fault::kWriteBetweenRows) states.put(plan.units, 1.0);
  }
  per_row(plan, args.final_states).write(result.final_states);
  if (fault_ == Fault::kChangedInput) sequence(plan, problem, args.Wx, 1, 1).put(0, 0.125);
  if (p.training != 0) {
    const std::size_t key = memories_.size();
    std::memcpy(args.reserve, &key, sizeof key);
    memories_.push_back(std::move(memory));
  }
  return FLASHRNN_SUCCESS;
}

flashrnn_status FakeDevice::backward(const flashrnn_plan* plan_handle, const flashrnn_backward_args& args) {
  const FakePlan& plan = fake(plan_handle);
  const flashrnn_problem& p = plan.problem;
  std::size_t key = 0;
  std::memcpy(&key, args.reserve, sizeof key);
  const Memory& memory = memories_.at(key);
  reference::Inputs inputs = memory.inputs;
  if (p.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) {
    inputs.Wx = sequence(plan, memory.problem, args.Wx, 1, plan.info().input_gates * plan.units).read();
  }
  inputs.R = weights_of(plan, args).R;
  reference::OutputGradients output;
  if (p.gradient_sequence != FLASHRNN_SEQUENCE_NONE) {
    const std::int64_t S = p.gradient_sequence == FLASHRNN_SEQUENCE_H ? 1 : plan.info().states;
    output.states = sequence(plan, memory.problem, args.dstates, S, plan.units).read();
  }
  if (fault_ != Fault::kIgnoredFinalGradient) output.final_states = per_row(plan, args.dfinal_states).read();

  reference::Gradients result = reference::plain_run(memory.problem, inputs, output, Precision::kF32).gradients;
  if (fault_ == Fault::kSmallGradientError) scale(result.dR, 1.0 + 2e-5);
  if (fault_ == Fault::kTruncation) truncate(result.dWx, plan.dtype());
  if (fault_ == Fault::kSwappedGates) {
    const auto gate = static_cast<std::ptrdiff_t>(result.dR.size() / plan.info().recurrent_gates);
    std::swap_ranges(result.dR.begin(), result.dR.begin() + gate, result.dR.begin() + gate);
  }
  const View dWx = sequence(plan, memory.problem, args.dWx, 1, plan.info().input_gates * plan.units);
  dWx.write(result.dWx);
  if (fault_ == Fault::kWriteBehindBuffer) dWx.put(dWx.position(dWx.elements() - 1) + 1, 1.0);
  const auto write_weights = [&](float* to, const Values& values) {
    if (to == nullptr) return;
    const bool add = args.accumulate_weight_gradients != 0 && fault_ != Fault::kOverwrittenAccumulation;
    for (std::size_t i = 0; i < values.size(); ++i) to[i] = static_cast<float>((add ? to[i] : 0.0) + values[i]);
  };
  write_weights(args.dR, result.dR);
  write_weights(args.db, result.db);
  per_row(plan, args.dinitial_states).write(result.dinitial_states);
  per_row(plan, args.dreset_states).write(result.dreset_states);
  if (fault_ == Fault::kChangedReserve) *static_cast<char*>(const_cast<void*>(args.reserve)) += 1;
  return FLASHRNN_SUCCESS;
}

flashrnn_status FakeDevice::step(const flashrnn_plan* plan_handle, const flashrnn_step_args& args) {
  const FakePlan& plan = fake(plan_handle);
  reference::Problem problem;
  problem.cell = plan.cell;
  problem.batch = plan.problem.batch;
  problem.time = 1;
  problem.heads = plan.problem.heads;
  problem.head_dim = plan.problem.head_dim;
  problem.forward_clip = plan.problem.forward_clip;
  problem.linear = plan.problem.math == FLASHRNN_MATH_LINEAR;
  if (args.resets != nullptr) problem.resets.assign(args.resets, args.resets + problem.batch);
  if (fault_ == Fault::kIgnoredReset) problem.resets.clear();
  const Weights weights = weights_of(plan, args);
  reference::Inputs inputs;
  inputs.R = weights.R;
  inputs.b = weights.b;
  inputs.Wx = sequence(plan, problem, args.Wx, 1, plan.info().input_gates * plan.units).read();
  inputs.initial_states = per_row(plan, args.states).read();
  inputs.reset_states = per_row(plan, args.reset_states).read();
  const reference::ForwardResult result = reference::plain_run(problem, inputs, {}, Precision::kF32).forward;
  sequence(plan, problem, args.output, 1, plan.units).write(result.states);
  per_row(plan, args.states).write(result.final_states);
  return FLASHRNN_SUCCESS;
}

}  // namespace flashrnn::verify

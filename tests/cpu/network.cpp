// SPDX-License-Identifier: Apache-2.0
#include "tests/cpu/network.hpp"

#include <cmath>
#include <cstring>

namespace flashrnn::test {
namespace {

std::int64_t bytes_of(flashrnn_dtype dtype) { return dtype == FLASHRNN_F16 || dtype == FLASHRNN_BF16 ? 2 : 4; }

/// bf16 and fp16 of a number of ordinary size, cut off: good enough for random input.
std::uint16_t cut(flashrnn_dtype dtype, float value) {
  std::uint32_t u = 0;
  std::memcpy(&u, &value, 4);
  if (dtype == FLASHRNN_BF16) return static_cast<std::uint16_t>(u >> 16);
  const auto exponent = static_cast<int>((u >> 23) & 0xFF) - 112;
  if (exponent <= 0) return 0;
  return static_cast<std::uint16_t>(((u >> 16) & 0x8000) | static_cast<std::uint32_t>(exponent << 10) |
                                    ((u >> 13) & 0x3FF));
}

template <class T>
std::vector<std::byte> bytes(const std::vector<T>& v) {
  const auto* p = reinterpret_cast<const std::byte*>(v.data());
  return {p, p + v.size() * sizeof(T)};
}

}  // namespace

Context cpu(int threads, const std::string& isa) {
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.num_threads = threads;
  options.cpu_isa = isa.c_str();
  return Context("cpu", options);
}

std::vector<std::byte> random_tensor(flashrnn_dtype dtype, std::int64_t count, unsigned seed, float scale) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<std::byte> data(static_cast<std::size_t>(count * bytes_of(dtype)));
  for (std::int64_t i = 0; i < count; ++i) {
    const float value = uniform(random);
    if (bytes_of(dtype) == 4) {
      std::memcpy(data.data() + i * 4, &value, 4);
    } else {
      const std::uint16_t half = cut(dtype, value);
      std::memcpy(data.data() + i * 2, &half, 2);
    }
  }
  return data;
}

Network::Network(const flashrnn_problem& p, unsigned seed)
    : problem(p), cell(find_cell_info(p.cell)), whole_time(p.time) {
  problem.state_dtype = FLASHRNN_F32;
  const std::int64_t units = p.heads * p.head_dim;
  const std::int64_t tokens = p.batch * p.time;
  const float r = 1.0F / std::sqrt(static_cast<float>(p.head_dim));
  Wx = random_tensor(p.dtype, tokens * cell.input_gates * units, seed, 1.0F);
  R = random_tensor(p.dtype, cell.recurrent_gates * units * p.head_dim, seed + 1, r);
  b = random_tensor(p.dtype, cell.biases * units, seed + 2, 0.5F);
  const auto initial = random_tensor(FLASHRNN_F32, cell.states * p.batch * units, seed + 3, 0.5F);
  state.resize(initial.size() / 4);
  std::memcpy(state.data(), initial.data(), initial.size());
  for (std::int64_t i = 0; cell.states == 4 && i < p.batch * units; ++i)
    state[static_cast<std::size_t>(2 * p.batch * units + i)] += 1.5F;  // slstm's n is at least 1
  const std::int64_t sequence_states = p.output_sequence == FLASHRNN_SEQUENCE_ALL    ? cell.states
                                       : p.output_sequence == FLASHRNN_SEQUENCE_NONE ? 0
                                                                                     : 1;
  states.resize(static_cast<std::size_t>(sequence_states * tokens * units * bytes_of(p.dtype)), std::byte{0x5A});
  std::mt19937 random(seed + 4);
  for (std::int64_t i = 0; p.use_resets != 0 && i < tokens; ++i)
    resets.push_back(static_cast<std::uint8_t>(random() % 5 == 0));
  for (std::int64_t i = 0; p.use_lengths != 0 && i < p.batch; ++i)
    lengths.push_back(static_cast<std::int64_t>(random() % static_cast<unsigned>(p.time + 1)));
  for (std::int64_t i = 0; !resets.empty() && i < static_cast<std::int64_t>(lengths.size()); ++i)
    std::fill(resets.begin() + i * p.time + lengths[static_cast<std::size_t>(i)], resets.begin() + (i + 1) * p.time, 0);
  if (p.training == 0) return;
  const auto final_gradient = random_tensor(FLASHRNN_F32, cell.states * p.batch * units, seed + 5, 1.0F);
  dstate.resize(final_gradient.size() / 4);
  std::memcpy(dstate.data(), final_gradient.data(), final_gradient.size());
  dstates = random_tensor(p.dtype, tokens * units, seed + 6, 1.0F);
  dWx.resize(Wx.size(), std::byte{0x5A});
  dR.resize(static_cast<std::size_t>(cell.recurrent_gates * units * p.head_dim), 1e30F);
  db.resize(static_cast<std::size_t>(cell.biases * units), 1e30F);
}

void Network::forward(const Plan& plan, std::int64_t first) {
  const std::int64_t units = problem.heads * problem.head_dim;
  const std::int64_t element = bytes_of(problem.dtype);
  flashrnn_forward_args args = forward_args();
  args.Wx = {Wx.data() + first * cell.input_gates * units * element, 0, whole_time * cell.input_gates * units, 0};
  args.R = R.data();
  args.b = b.data();
  args.initial_states = dense(static_cast<const void*>(state.data()));
  args.final_states = dense(state.data());
  if (!states.empty())
    args.states = {states.data() + first * units * element, problem.batch * whole_time * units, whole_time * units, 0};
  if (!resets.empty()) {
    args.resets = resets.data() + first;
    args.resets_stride_b = whole_time;
  }
  if (!lengths.empty()) args.lengths = lengths.data();
  if (problem.training != 0) {
    reserve = Buffer(plan.sizes().reserve);
    set_reserve(args, reserve);
  }
  const Buffer workspace(plan.sizes().forward_workspace);
  set_workspace(args, workspace);
  plan.forward(args);
}

void Network::backward(const Plan& plan, std::int64_t first, bool accumulate) {
  const std::int64_t units = problem.heads * problem.head_dim;
  const std::int64_t element = bytes_of(problem.dtype);
  flashrnn_backward_args args = backward_args();
  const std::int64_t gates = cell.input_gates * units;
  args.Wx = {Wx.data() + first * gates * element, 0, whole_time * gates, 0};
  args.R = R.data();
  args.b = b.data();
  if (!resets.empty()) {
    args.resets = resets.data() + first;
    args.resets_stride_b = whole_time;
  }
  if (!lengths.empty()) args.lengths = lengths.data();
  args.dstates = {dstates.data() + first * units * element, 0, whole_time * units, 0};
  const std::vector<float> dfinal = dstate;
  args.dfinal_states = dense(static_cast<const void*>(dfinal.data()));
  args.dinitial_states = dense(dstate.data());
  args.dWx = {dWx.data() + first * gates * element, 0, whole_time * gates, 0};
  args.dR = dR.data();
  args.db = db.data();
  args.accumulate_weight_gradients = accumulate ? 1 : 0;
  set_reserve(args, reserve);
  const Buffer workspace(plan.sizes().backward_workspace);
  set_workspace(args, workspace);
  plan.backward(args);
}

void Network::run_in_chunks(const Context& context, const std::vector<std::int64_t>& cuts) {
  std::vector<Buffer> reserves;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    problem.time = cuts[i + 1] - cuts[i];
    forward(Plan(context, problem), cuts[i]);
    reserves.push_back(std::move(reserve));
  }
  for (std::size_t i = cuts.size() - 1; i-- > 0;) {
    problem.time = cuts[i + 1] - cuts[i];
    reserve = std::move(reserves[i]);
    backward(Plan(context, problem), cuts[i], i + 2 < cuts.size());
  }
}

void Network::run(const Plan& plan) {
  forward(plan);
  if (problem.training != 0) backward(plan);
}

std::vector<std::vector<std::byte>> Network::results() const {
  return {states, bytes(state), dWx, bytes(dR), bytes(db), bytes(dstate)};
}

}  // namespace flashrnn::test

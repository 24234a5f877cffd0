// SPDX-License-Identifier: Apache-2.0
#include "execution.hpp"

#include <algorithm>

namespace flashrnn::tool {
namespace {

flashrnn_problem with_training(flashrnn_problem problem, bool training) {
  problem.training = training ? 1 : 0;
  return problem;
}

}  // namespace

Execution::Execution(const Context& context, memory::MemorySpace& space, const Workload& workload, bool training)
    : w_(workload),
      plan_(context, with_training(workload.problem, training)),
      Wx_(space, w_.Wx),
      R_(space, w_.R),
      b_(space, w_.b),
      initial_states_(space, w_.initial_states),
      reset_states_(space, w_.reset_states),
      lengths_(space, w_.lengths),
      cu_seqlens_(space, w_.cu_seqlens),
      resets_(space, w_.resets) {
  const flashrnn_problem& p = w_.problem;
  const flashrnn_sizes& sizes = plan_.sizes();
  packed_ = memory::Block(space, sizes.packed_weights);
  workspace_ = memory::Block(space, std::max(sizes.forward_workspace, sizes.backward_workspace));
  reserve_ = memory::Block(space, sizes.reserve);
  if (w_.sequence_states() > 0) {
    states_ = DeviceTensor(space, w_.sequence_shape({w_.sequence_states()}, {p.heads, p.head_dim}), p.dtype);
  }
  final_states_ = DeviceTensor(space, w_.state_shape(), p.state_dtype);
  if (!training) return;
  dstates_ = DeviceInput(space, w_.dstates);
  dfinal_states_ = DeviceInput(space, w_.dfinal_states);
  dWx_ = DeviceTensor(space, w_.Wx.shape(), p.dtype);
  dR_ = DeviceTensor(space, w_.R.shape(), FLASHRNN_F32);
  db_ = DeviceTensor(space, {w_.cell.biases, p.heads, p.head_dim}, FLASHRNN_F32);
  dinitial_states_ = DeviceTensor(space, w_.state_shape(), p.state_dtype);
  if (p.use_resets == 1) dreset_states_ = DeviceTensor(space, w_.state_shape(), p.state_dtype);
}

void Execution::pack() {
  flashrnn_pack_args args = pack_args();
  args.R = R_.data();
  args.b = b_.data();
  args.packed = packed_.data();
  args.packed_size = packed_.size();
  plan_.pack_weights(args);
}

/// The parts that forward and backward have in common.
template <typename Args>
void Execution::set_common(Args& args) {
  args.packed_weights = packed_.data();
  args.packed_weights_size = packed_.size();
  args.lengths = lengths_.data<std::int64_t>();
  args.cu_seqlens = cu_seqlens_.data<std::int64_t>();
  args.resets = resets_.data<std::uint8_t>();
  args.reserve = reserve_.data();
  args.reserve_size = reserve_.size();
  args.workspace = workspace_.data();
  args.workspace_size = workspace_.size();
}

void Execution::forward() {
  flashrnn_forward_args args = forward_args();
  set_common(args);
  args.Wx.data = Wx_.data();
  args.initial_states.data = initial_states_.data();
  args.reset_states.data = reset_states_.data();
  args.states.data = states_.data();
  args.final_states.data = final_states_.data();
  plan_.forward(args);
}

void Execution::backward() {
  flashrnn_backward_args args = backward_args();
  set_common(args);
  if (w_.problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) args.Wx.data = Wx_.data();
  args.dstates.data = dstates_.data();
  args.dfinal_states.data = dfinal_states_.data();
  args.dWx.data = dWx_.data();
  args.dR = dR_.data<float>();
  args.db = db_.data<float>();
  args.dinitial_states.data = dinitial_states_.data();
  args.dreset_states.data = dreset_states_.data();
  plan_.backward(args);
}

std::vector<std::pair<std::string, const Tensor*>> Execution::forward_results() {
  std::vector<std::pair<std::string, const Tensor*>> results;
  if (states_.present()) results.emplace_back("states", states_.fetch());
  results.emplace_back("final_states", final_states_.fetch());
  return results;
}

std::vector<std::pair<std::string, const Tensor*>> Execution::backward_results() {
  std::vector<std::pair<std::string, const Tensor*>> results{
      {"dWx", dWx_.fetch()}, {"dR", dR_.fetch()}, {"db", db_.fetch()}, {"dinitial_states", dinitial_states_.fetch()}};
  if (dreset_states_.present()) results.emplace_back("dreset_states", dreset_states_.fetch());
  return results;
}

double Execution::bytes_needed(const Context& context, const Workload& w) {
  const flashrnn_sizes sizes = Plan(context, with_training(w.problem, true)).sizes();
  const flashrnn_problem& p = w.problem;
  const double unit = static_cast<double>(p.heads) * static_cast<double>(p.head_dim);
  const double element = static_cast<double>(element_size(p.dtype));
  const double weights = unit * static_cast<double>(p.head_dim) * w.cell.recurrent_gates;
  const double sequences = static_cast<double>(w.tokens) * unit * element;
  const double states = static_cast<double>(p.batch) * unit * w.cell.states * 4.0;
  return 2.0 * sequences * static_cast<double>(w.cell.input_gates + w.sequence_states()) + weights * (element + 4.0) +
         6.0 * states + static_cast<double>(sizes.packed_weights) +
         static_cast<double>(std::max(sizes.forward_workspace, sizes.backward_workspace)) +
         static_cast<double>(sizes.reserve);
}

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include "execution.hpp"

#include <algorithm>

namespace flashrnn::tool {
namespace {

flashrnn_problem with_training(flashrnn_problem problem, bool training) {
  problem.training = training ? 1 : 0;
  return problem;
}

const std::int64_t* pointer(const std::vector<std::int64_t>& v) { return v.empty() ? nullptr : v.data(); }

}  // namespace

Execution::Execution(const Context& context, const Workload& workload, bool training)
    : w_(workload), plan_(context, with_training(workload.problem, training)) {
  const flashrnn_problem& p = w_.problem;
  const flashrnn_sizes& sizes = plan_.sizes();
  packed_ = Buffer(sizes.packed_weights);
  workspace_ = Buffer(std::max(sizes.forward_workspace, sizes.backward_workspace));
  reserve_ = Buffer(sizes.reserve);
  if (w_.sequence_states() > 0) {
    states_ = Tensor(w_.sequence_shape({w_.sequence_states()}, {p.heads, p.head_dim}), p.dtype);
  }
  final_states_ = Tensor(w_.state_shape(), p.state_dtype);
  if (!training) return;
  dWx_ = Tensor(w_.Wx.shape(), p.dtype);
  dR_ = Tensor(w_.R.shape(), FLASHRNN_F32);
  db_ = Tensor({w_.cell.biases, p.heads, p.head_dim}, FLASHRNN_F32);
  dinitial_states_ = Tensor(w_.state_shape(), p.state_dtype);
  if (p.use_resets == 1) dreset_states_ = Tensor(w_.state_shape(), p.state_dtype);
}

void Execution::pack() {
  flashrnn_pack_args args = pack_args();
  args.R = w_.R.data();
  args.b = w_.b.data();
  args.packed = packed_.data();
  args.packed_size = packed_.size();
  plan_.pack_weights(args);
}

void Execution::forward() {
  flashrnn_forward_args args = forward_args();
  args.Wx.data = w_.Wx.data();
  set_packed_weights(args, packed_);
  args.initial_states.data = w_.initial_states.data();
  args.lengths = pointer(w_.lengths);
  args.cu_seqlens = pointer(w_.cu_seqlens);
  args.resets = w_.resets.empty() ? nullptr : w_.resets.data();
  args.reset_states.data = w_.reset_states.data();
  args.states.data = states_.data();
  args.final_states.data = final_states_.data();
  set_reserve(args, reserve_);
  set_workspace(args, workspace_);
  plan_.forward(args);
}

void Execution::backward() {
  flashrnn_backward_args args = backward_args();
  if (w_.problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) args.Wx.data = w_.Wx.data();
  set_packed_weights(args, packed_);
  args.lengths = pointer(w_.lengths);
  args.cu_seqlens = pointer(w_.cu_seqlens);
  args.resets = w_.resets.empty() ? nullptr : w_.resets.data();
  args.dstates.data = w_.dstates.data();
  args.dfinal_states.data = w_.dfinal_states.data();
  args.dWx.data = dWx_.data();
  args.dR = reinterpret_cast<float*>(dR_.data());
  args.db = reinterpret_cast<float*>(db_.data());
  args.dinitial_states.data = dinitial_states_.data();
  args.dreset_states.data = dreset_states_.data();
  set_reserve(args, reserve_);
  set_workspace(args, workspace_);
  plan_.backward(args);
}

std::vector<std::pair<std::string, const Tensor*>> Execution::forward_results() const {
  std::vector<std::pair<std::string, const Tensor*>> results;
  if (states_.present()) results.emplace_back("states", &states_);
  results.emplace_back("final_states", &final_states_);
  return results;
}

std::vector<std::pair<std::string, const Tensor*>> Execution::backward_results() const {
  std::vector<std::pair<std::string, const Tensor*>> results{
      {"dWx", &dWx_}, {"dR", &dR_}, {"db", &db_}, {"dinitial_states", &dinitial_states_}};
  if (dreset_states_.present()) results.emplace_back("dreset_states", &dreset_states_);
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

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "common/nn.hpp"
#include "flashrnn/flashrnn.hpp"

/// A recurrent layer over FlashRNN: weights that train, and runs of fixed sizes over them.
namespace nn {

inline flashrnn::Context open_device(const std::string& device, int threads) {
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  options.num_threads = threads;
  return flashrnn::Context(device.c_str(), options);
}

/// R [Gr, N, D, D] and b [Gb, N, D] of one layer.
struct RecurrentWeights {
  std::string cell;
  std::size_t heads;
  std::size_t head_dim;
  flashrnn_cell_info info;
  Parameter R;
  Parameter b;

  RecurrentWeights(const std::string& cell, std::size_t heads, std::size_t head_dim, std::mt19937_64& random)
      : cell(cell),
        heads(heads),
        head_dim(head_dim),
        info(flashrnn::find_cell_info(cell.c_str())),
        R(static_cast<std::size_t>(info.recurrent_gates) * heads * head_dim * head_dim),
        b(static_cast<std::size_t>(info.biases) * heads * head_dim) {
    R.fill_normal(1.0F / std::sqrt(static_cast<float>(head_dim)), random);
  }

  [[nodiscard]] std::size_t width() const { return heads * head_dim; }
  /// Numbers per token of Wx.
  [[nodiscard]] std::size_t input_width() const { return static_cast<std::size_t>(info.input_gates) * width(); }
};

/// One plan with its buffers: a layer run over `batch` rows of `time` tokens. Wx is [batch, time, input_width], h is
/// [batch, time, width]; `lengths` shortens rows.
class RecurrentRun {
 public:
  RecurrentRun(const flashrnn::Context& context, RecurrentWeights* weights, std::size_t batch, std::size_t time,
               bool training)
      : weights_(weights),
        plan_(context, problem_of(*weights, batch, time, training)),
        workspace_(std::max(
            {plan_.sizes().forward_workspace, plan_.sizes().backward_workspace, plan_.sizes().step_workspace})),
        reserve_(plan_.sizes().reserve),
        packed_(plan_.sizes().packed_weights) {}

  /// Reads the weights anew; call it after every change of them.
  void pack() {
    flashrnn_pack_args args = flashrnn::pack_args();
    args.R = weights_->R.value.data();
    args.b = weights_->b.value.data();
    args.packed = packed_.data();
    args.packed_size = packed_.size();
    plan_.pack_weights(args);
  }

  /// From zero states when `states` is null; else `states` [S, batch, width] goes in and the final states come out.
  void forward(std::span<const float> Wx, std::span<const std::int64_t> lengths, std::span<float> h,
               float* states = nullptr) {
    flashrnn_forward_args args = flashrnn::forward_args();
    args.Wx = flashrnn::dense(static_cast<const void*>(Wx.data()));
    args.lengths = lengths.data();
    args.initial_states = flashrnn::dense(static_cast<const void*>(states));
    args.states = flashrnn::dense(h.data());
    args.final_states = flashrnn::dense(states);
    flashrnn::set_packed_weights(args, packed_);
    flashrnn::set_reserve(args, reserve_);
    flashrnn::set_workspace(args, workspace_);
    plan_.forward(args);
  }

  /// Adds to the gradients of R and b; writes dWx.
  void backward(std::span<const std::int64_t> lengths, std::span<const float> dh, std::span<float> dWx) {
    flashrnn_backward_args args = flashrnn::backward_args();
    args.lengths = lengths.data();
    args.dstates = flashrnn::dense(static_cast<const void*>(dh.data()));
    args.dWx = flashrnn::dense(dWx.data());
    args.dR = weights_->R.grad.data();
    args.db = weights_->b.grad.data();
    args.accumulate_weight_gradients = 1;
    flashrnn::set_packed_weights(args, packed_);
    flashrnn::set_reserve(args, reserve_);
    flashrnn::set_workspace(args, workspace_);
    plan_.backward(args);
  }

  /// One token for every row: Wx [batch, input_width], states [S, batch, width] stay, h [batch, width].
  void step(std::span<const float> Wx, std::span<float> states, std::span<float> h) {
    flashrnn_step_args args = flashrnn::step_args();
    args.Wx = flashrnn::dense(static_cast<const void*>(Wx.data()));
    args.states = flashrnn::dense(states.data());
    args.output = flashrnn::dense(h.data());
    flashrnn::set_packed_weights(args, packed_);
    flashrnn::set_workspace(args, workspace_);
    plan_.step(args);
  }

 private:
  static flashrnn_problem problem_of(const RecurrentWeights& weights, std::size_t batch, std::size_t time,
                                     bool training) {
    flashrnn_problem problem =
        flashrnn::make_problem(weights.cell.c_str(), static_cast<std::int64_t>(batch), static_cast<std::int64_t>(time),
                               static_cast<std::int64_t>(weights.heads), static_cast<std::int64_t>(weights.head_dim));
    problem.use_lengths = 1;
    problem.training = training ? 1 : 0;
    return problem;
  }

  RecurrentWeights* weights_;
  flashrnn::Plan plan_;
  flashrnn::Buffer workspace_;
  flashrnn::Buffer reserve_;
  flashrnn::Buffer packed_;
};

}  // namespace nn

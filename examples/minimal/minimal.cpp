// SPDX-License-Identifier: Apache-2.0
// FlashRNN from C++: an sLSTM over a sequence, the same again step by step with a state that stays, and training steps
// that bring a loss down.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include "flashrnn/flashrnn.hpp"

namespace {

constexpr std::int64_t B = 2, T = 8, N = 2, D = 4;
constexpr std::int64_t kGates = 4, kStates = 4;  // of slstm
constexpr std::int64_t kUnits = N * D;

std::vector<float> random_vector(std::int64_t size, float limit, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-limit, limit);
  std::vector<float> values(static_cast<std::size_t>(size));
  for (float& value : values) value = uniform(random);
  return values;
}

struct Layer {
  std::vector<float> Wx;  // [B, T, gates, N, D]
  std::vector<float> R;   // [gates, N, D, D]
  std::vector<float> b;   // [gates, N, D]
};

/// The whole sequence in one call; then token by token. True when both give the same bits.
bool infer(const flashrnn::Context& context, const Layer& layer) {
  const flashrnn::Plan plan(context, flashrnn::make_problem("slstm", B, T, N, D));
  const flashrnn::Buffer packed(plan.sizes().packed_weights);
  const flashrnn::Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().step_workspace));
  flashrnn_pack_args pack = flashrnn::pack_args();
  pack.R = layer.R.data();
  pack.b = layer.b.data();
  pack.packed = packed.data();
  pack.packed_size = packed.size();
  plan.pack_weights(pack);  // once for many calls

  std::vector<float> h(B * T * kUnits);
  flashrnn_forward_args forward = flashrnn::forward_args();
  forward.Wx.data = layer.Wx.data();
  forward.states.data = h.data();
  flashrnn::set_packed_weights(forward, packed);
  flashrnn::set_workspace(forward, workspace);
  plan.forward(forward);

  std::vector<float> states(kStates * B * kUnits);  // starts at zero, changes with every step
  std::vector<float> output(B * kUnits);
  flashrnn_step_args step = flashrnn::step_args();
  step.Wx.stride_b = T * kGates * kUnits;  // the tokens lie in Wx of the whole sequence
  step.states.data = states.data();
  step.output.data = output.data();
  flashrnn::set_packed_weights(step, packed);
  flashrnn::set_workspace(step, workspace);
  bool same = true;
  for (std::int64_t t = 0; t < T; ++t) {
    step.Wx.data = layer.Wx.data() + t * kGates * kUnits;
    plan.step(step);
    for (std::int64_t row = 0; row < B; ++row) {
      same = same && std::equal(output.begin() + row * kUnits, output.begin() + (row + 1) * kUnits,
                                h.begin() + (row * T + t) * kUnits);
    }
  }
  std::printf("h of row 0 after %lld steps:", static_cast<long long>(T));
  for (std::int64_t i = 0; i < kUnits; ++i) std::printf(" %.4f", output[static_cast<std::size_t>(i)]);
  std::printf("\nstep by step: %s\n", same ? "the same bits" : "OTHER BITS");
  return same;
}

/// Gradient descent on loss = sum((h - target)^2) / 2. True when the loss fell.
bool train(const flashrnn::Context& context, Layer& layer, std::mt19937& random) {
  constexpr int kSteps = 20;
  constexpr float kRate = 0.05F;
  flashrnn_problem problem = flashrnn::make_problem("slstm", B, T, N, D);
  problem.training = 1;
  const flashrnn::Plan plan(context, problem);
  const flashrnn::Buffer reserve(plan.sizes().reserve);  // what backward needs of forward
  const flashrnn::Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().backward_workspace));
  const std::vector<float> target = random_vector(B * T * kUnits, 0.5F, random);
  std::vector<float> h(target.size()), dh(target.size()), dR(layer.R.size()), db(layer.b.size());

  flashrnn_forward_args forward = flashrnn::forward_args();
  forward.Wx.data = layer.Wx.data();
  forward.R = layer.R.data();
  forward.b = layer.b.data();
  forward.states.data = h.data();
  flashrnn::set_reserve(forward, reserve);
  flashrnn::set_workspace(forward, workspace);
  flashrnn_backward_args backward = flashrnn::backward_args();
  backward.R = layer.R.data();
  backward.b = layer.b.data();
  backward.dstates.data = dh.data();
  backward.dR = dR.data();
  backward.db = db.data();
  flashrnn::set_reserve(backward, reserve);
  flashrnn::set_workspace(backward, workspace);

  std::vector<double> losses;
  for (int step = 0; step <= kSteps; ++step) {
    plan.forward(forward);
    double loss = 0.0;
    for (std::size_t i = 0; i < h.size(); ++i) {
      dh[i] = h[i] - target[i];
      loss += 0.5 * dh[i] * dh[i];
    }
    losses.push_back(loss);
    plan.backward(backward);
    for (std::size_t i = 0; i < dR.size(); ++i) layer.R[i] -= kRate * dR[i];
    for (std::size_t i = 0; i < db.size(); ++i) layer.b[i] -= kRate * db[i];
  }
  std::printf("loss: %.4f, after %d steps %.4f\n", losses.front(), kSteps, losses.back());
  return losses.back() < losses.front();
}

}  // namespace

int main() {
  try {
    std::printf("FlashRNN %s\n", flashrnn_version());
    const flashrnn::Context context("cpu");
    std::mt19937 random(1);
    Layer layer{random_vector(B * T * kGates * kUnits, 1.0F, random), random_vector(kGates * kUnits * D, 0.5F, random),
                std::vector<float>(kGates * kUnits)};
    const bool same = infer(context, layer);
    return train(context, layer, random) && same ? 0 : 1;
  } catch (const flashrnn::Error& error) {
    std::fprintf(stderr, "minimal_cpp: %s: %s\n", flashrnn_status_name(error.status()), error.what());
    return 3;
  }
}

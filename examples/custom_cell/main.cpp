// SPDX-License-Identifier: Apache-2.0
// A cell of one's own (minimal_gated_unit.hpp, added by flashrnn_add_cell in CMakeLists.txt) used like a built-in one.
// Its gradients are derived; this program holds them against differences of a loss that a plain double loop computes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

#include "flashrnn/flashrnn.hpp"

namespace {

constexpr int kBatch = 3, kTime = 6, kHeads = 2, kUnits = 20, kGates = 2;

struct Weights {
  std::vector<float> Wx, R, b;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

/// loss = sum of weight[i] * h[i] over all steps, by the equations.
double plain_loss(const Weights& w, const std::vector<float>& weight) {
  double loss = 0;
  for (int b = 0; b < kBatch; ++b) {
    for (int n = 0; n < kHeads; ++n) {
      std::vector<double> h(kUnits, 0.0), f(kUnits), next(kUnits);
      const auto product = [&](int gate, int d, const auto& operand) {
        double sum = w.b[(gate * kHeads + n) * kUnits + d];
        for (int p = 0; p < kUnits; ++p) sum += w.R[((gate * kHeads + n) * kUnits + d) * kUnits + p] * operand(p);
        return sum;
      };
      for (int t = 0; t < kTime; ++t) {
        const auto wx = [&](int gate, int d) {
          return w.Wx[(((b * kTime + t) * kGates + gate) * kHeads + n) * kUnits + d];
        };
        for (int d = 0; d < kUnits; ++d) f[d] = sigmoid(wx(0, d) + product(0, d, [&](int p) { return h[p]; }));
        for (int d = 0; d < kUnits; ++d) {
          const double candidate = std::tanh(wx(1, d) + product(1, d, [&](int p) { return f[p] * h[p]; }));
          next[d] = h[d] + f[d] * (candidate - h[d]);
          loss += weight[((b * kTime + t) * kHeads + n) * kUnits + d] * next[d];
        }
        h = next;
      }
    }
  }
  return loss;
}

/// The largest difference between `gradient` and central differences, over a sample of its elements.
/// `parameter` is one of `w`'s; it is as before on return.
double largest_error(const Weights& w, std::vector<float>& parameter, const std::vector<float>& gradient,
                     const std::vector<float>& weight) {
  double largest = 0;
  for (std::size_t i = 0; i < parameter.size(); i += 7) {
    const float value = parameter[i];
    const double step = 1e-3;
    parameter[i] = static_cast<float>(value + step);
    const double up = plain_loss(w, weight), up_at = parameter[i];
    parameter[i] = static_cast<float>(value - step);
    const double down = plain_loss(w, weight), down_at = parameter[i];
    parameter[i] = value;
    largest = std::fmax(largest, std::fabs((up - down) / (up_at - down_at) - gradient[i]));
  }
  return largest;
}

int run() {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  const auto fill = [&](std::size_t count, float scale) {
    std::vector<float> values(count);
    for (float& v : values) v = scale * uniform(random);
    return values;
  };
  constexpr std::size_t kSequence = kBatch * kTime * kHeads * kUnits;
  Weights w = {fill(kSequence * kGates, 1.0F), fill(kGates * kHeads * kUnits * kUnits, 0.2F),
               fill(kGates * kHeads * kUnits, 0.3F)};
  const std::vector<float> weight = fill(kSequence, 1.0F);
  std::vector<float> h(kSequence), dWx(w.Wx.size()), dR(w.R.size()), db(w.b.size());

  const flashrnn::Context context("cpu");
  flashrnn_problem problem = flashrnn::make_problem("minimal_gated_unit", kBatch, kTime, kHeads, kUnits);
  problem.training = 1;
  const flashrnn::Plan plan(context, problem);
  const flashrnn::Buffer reserve(plan.sizes().reserve);
  const flashrnn::Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().backward_workspace));

  flashrnn_forward_args forward = flashrnn::forward_args();
  forward.Wx.data = w.Wx.data();
  forward.R = w.R.data();
  forward.b = w.b.data();
  forward.states.data = h.data();
  flashrnn::set_reserve(forward, reserve);
  flashrnn::set_workspace(forward, workspace);
  plan.forward(forward);

  flashrnn_backward_args backward = flashrnn::backward_args();
  backward.R = w.R.data();
  backward.b = w.b.data();
  backward.dstates.data = weight.data();
  backward.dWx.data = dWx.data();
  backward.dR = dR.data();
  backward.db = db.data();
  flashrnn::set_reserve(backward, reserve);
  flashrnn::set_workspace(backward, workspace);
  plan.backward(backward);

  double loss = 0;
  for (std::size_t i = 0; i < kSequence; ++i) loss += static_cast<double>(weight[i]) * h[i];
  const double loss_error = std::fabs(loss - plain_loss(w, weight));
  const double errors[] = {largest_error(w, w.Wx, dWx, weight), largest_error(w, w.R, dR, weight),
                           largest_error(w, w.b, db, weight)};
  std::printf("minimal_gated_unit on %s\n", plan.describe().c_str());
  std::printf("loss  %.6f   off the plain loop's by %.1e\n", loss, loss_error);
  std::printf(
      "dWx   off the differences by %.1e\ndR    off the differences by %.1e\ndb    off the differences by %.1e\n",
      errors[0], errors[1], errors[2]);
  const bool good = loss_error < 1e-4 && errors[0] < 1e-3 && errors[1] < 1e-3 && errors[2] < 1e-3;
  std::printf("%s\n", good ? "The derived gradients hold." : "The derived gradients do NOT hold.");
  return good ? 0 : 1;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "custom_cell: %s\n", error.what());
    return 3;
  }
}

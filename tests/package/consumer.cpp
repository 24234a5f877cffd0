// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <exception>
#include <flashrnn/flashrnn.hpp>

// h = tanh(Wx + R h0 + b), one head of one unit.
int main() try {
  const float wx = 0.25F, r = -0.5F, b = 0.5F, initial = 0.75F;
  float h = 0.0F;

  const flashrnn::Context context("cpu");
  const flashrnn::Plan plan(context, flashrnn::make_problem("elman", 1, 1, 1, 1));
  const flashrnn::Buffer workspace(plan.sizes().forward_workspace);
  flashrnn_forward_args args = flashrnn::forward_args();
  args.Wx.data = &wx;
  args.R = &r;
  args.b = &b;
  args.initial_states.data = &initial;
  args.states.data = &h;
  flashrnn::set_workspace(args, workspace);
  plan.forward(args);

  const float expected = std::tanh(wx + r * initial + b);
  if (!(std::fabs(h - expected) <= 1e-6F)) {
    std::fprintf(stderr, "h is %.9g, not %.9g\n", h, expected);
    return 1;
  }
  std::printf("flashrnn %s: h = %.9g\n", flashrnn_version(), h);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}

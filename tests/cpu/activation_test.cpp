// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "tests/cpu/network.hpp"

/// The activations of every instruction set, as cells compute them: one step of one unit per row, nothing recurrent.
namespace flashrnn::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

/// f(x) for each x: elman is tanh(x); gru with h = 1, r = 0.5 and a new gate of tanh(0) is sigmoid(x).
std::vector<float> apply(const std::string& isa, const char* cell, flashrnn_math math, const std::vector<float>& x) {
  const auto batch = static_cast<std::int64_t>(x.size());
  const bool gru = std::string(cell) == "gru";
  flashrnn_problem problem = make_problem(cell, batch, 1, 1, 1);
  problem.math = math;
  problem.training = 0;
  const Plan plan(cpu(1, isa), problem);
  const std::size_t gates = gru ? 3 : 1;
  std::vector<float> Wx(x.size() * gates, 0.0F);
  for (std::size_t i = 0; i < x.size(); ++i) Wx[i * gates + (gru ? 1 : 0)] = x[i];
  const std::vector<float> R(gates, 0.0F);
  const std::vector<float> ones(x.size(), 1.0F);
  std::vector<float> h(x.size());
  const flashrnn_sizes sizes = plan.sizes();
  Buffer workspace(sizes.forward_workspace);
  flashrnn_forward_args args = forward_args();
  args.Wx.data = Wx.data();
  args.R = R.data();
  args.initial_states.data = gru ? ones.data() : nullptr;
  args.states.data = h.data();
  args.workspace = workspace.data();
  args.workspace_size = workspace.size();
  plan.forward(args);
  return h;
}

struct Activation {
  const char* cell;
  double (*truth)(double);
  double range;
};
const Activation kActivations[] = {
    {"gru", [](double x) { return 1 / (1 + std::exp(-x)); }, 40},
    {"elman", [](double x) { return std::tanh(x); }, 15},
};

class Activations : public testing::Test {
 protected:
  static std::vector<std::string> isas() {
    flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
    EXPECT_EQ(flashrnn_get_device(0, &info), FLASHRNN_SUCCESS);
    std::istringstream text(info.isas);
    std::vector<std::string> all;
    for (std::string isa; text >> isa;) all.push_back(isa);
    return all;
  }
};

TEST_F(Activations, AreAsPreciseAsTheFlavourSays) {
  for (const std::string& isa : isas()) {
    for (const Activation& activation : kActivations) {
      std::vector<float> x;
      for (int i = 0; i <= 20000; ++i) x.push_back(static_cast<float>(activation.range * (i - 10000) / 10000));
      for (float small = 1e-30F; small < 1; small *= 3) x.insert(x.end(), {small, -small});
      const std::vector<float> exact = apply(isa, activation.cell, FLASHRNN_MATH_EXACT, x);
      const std::vector<float> fast = apply(isa, activation.cell, FLASHRNN_MATH_FAST, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double truth = activation.truth(x[i]);
        EXPECT_NEAR(exact[i], truth, 5e-7 * std::abs(truth)) << isa << ' ' << activation.cell << ' ' << x[i];
        EXPECT_NEAR(fast[i], truth, 1e-6) << isa << ' ' << activation.cell << ' ' << x[i];
      }
    }
  }
}

TEST_F(Activations, HaveTheirLimitsAndPassNaN) {
  const std::vector<float> x{kInf, -kInf, 1e30F, -1e30F, std::nanf("")};
  for (const std::string& isa : isas()) {
    for (const flashrnn_math math : {FLASHRNN_MATH_EXACT, FLASHRNN_MATH_FAST}) {
      const std::vector<float> sigmoid = apply(isa, "gru", math, x);
      const std::vector<float> tanh = apply(isa, "elman", math, x);
      for (const int i : {0, 2}) {
        EXPECT_EQ(sigmoid[i], 1) << isa;
        EXPECT_NEAR(sigmoid[i + 1], 0, 1e-37) << isa;
        EXPECT_EQ(tanh[i], 1) << isa;
        EXPECT_EQ(tanh[i + 1], -1) << isa;
      }
      EXPECT_TRUE(std::isnan(sigmoid[4]) && std::isnan(tanh[4])) << isa;
    }
  }
}

}  // namespace
}  // namespace flashrnn::test

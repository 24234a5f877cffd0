// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support.hpp"

namespace flashrnn::reference {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double loss(const verify::CaseData& data, const Inputs& inputs) {
  const ForwardResult result = forward(data.problem, inputs);
  return dot(data.output_gradients.states, result.states) +
         dot(data.output_gradients.final_states, result.final_states);
}

// Central differences of the loss with respect to each element of one input.
std::vector<double> differences(const verify::CaseData& data, std::vector<double> Inputs::*tensor) {
  constexpr double kStep = 1e-5;
  Inputs inputs = data.inputs;
  std::vector<double> result;
  for (double& value : inputs.*tensor) {
    const double before = value;
    value = before + kStep;
    const double above = loss(data, inputs);
    value = before - kStep;
    const double below = loss(data, inputs);
    value = before;
    result.push_back((above - below) / (2.0 * kStep));
  }
  return result;
}

void set_states(std::vector<double>& tensor, int states, int first, double value) {
  const std::size_t block = tensor.size() / states;
  for (std::size_t i = first * block; i < tensor.size(); ++i) tensor[i] = value;
}

// slstm holds m constant, which is the derivative for a loss of h alone with n >= 1.
verify::CaseData differentiable_data(const verify::Case& test) {
  verify::CaseData data = verify::make_data(test);
  if (test.cell != Cell::kSlstm) return data;
  set_states(data.output_gradients.states, 4, 1, 0.0);
  set_states(data.output_gradients.final_states, 4, 1, 0.0);
  for (std::vector<double>* states : {&data.inputs.initial_states, &data.inputs.reset_states}) {
    for (std::size_t i = states->size() / 2; i < states->size() * 3 / 4; ++i) (*states)[i] += 1.0;
  }
  return data;
}

void expect_differences(const verify::Case& test) {
  constexpr double kBound = 2e-8;
  const verify::CaseData data = differentiable_data(test);
  const Gradients gradients = run(data).gradients;
  expect_near(gradients.dWx, differences(data, &Inputs::Wx), kBound, "dWx");
  expect_near(gradients.dR, differences(data, &Inputs::R), kBound, "dR");
  if (test.bias) expect_near(gradients.db, differences(data, &Inputs::b), kBound, "db");
  if (test.initial) {
    expect_near(gradients.dinitial_states, differences(data, &Inputs::initial_states), kBound, "dinitial_states");
  }
  if (test.resets && test.reset_states) {
    expect_near(gradients.dreset_states, differences(data, &Inputs::reset_states), kBound, "dreset_states");
    EXPECT_GT(dot(gradients.dreset_states, gradients.dreset_states), 0.0);
  }
}

class Gradient : public testing::TestWithParam<Cell> {};
INSTANTIATE_TEST_SUITE_P(Cells, Gradient, testing::ValuesIn(kCells), cell_name);

TEST_P(Gradient, Plain) { expect_differences(small_case(GetParam())); }

TEST_P(Gradient, NoOptionalInputs) {
  verify::Case test = small_case(GetParam());
  test.bias = test.initial = test.dfinal = false;
  expect_differences(test);
}

TEST_P(Gradient, Lengths) {
  verify::Case test = small_case(GetParam());
  test.lengths = true;
  expect_differences(test);
}

TEST_P(Gradient, PackedResets) {
  verify::Case test = small_case(GetParam());
  test.packed = test.resets = true;
  expect_differences(test);
}

TEST_P(Gradient, ReverseResets) {
  verify::Case test = small_case(GetParam());
  test.reverse = test.resets = test.lengths = true;
  expect_differences(test);
}

TEST_P(Gradient, ForwardClip) {
  verify::Case test = small_case(GetParam());
  test.forward_clip = 0.2;
  const verify::CaseData data = verify::make_data(test);
  const ForwardResult result = forward(data.problem, data.inputs);
  EXPECT_NE(std::count(result.states.begin(), result.states.end(), 0.2), 0) << "nothing is clipped";
  expect_differences(test);
}

TEST_P(Gradient, Linear) {
  // The slope of a line is not the derivative of the stabilised cell, where m' is held constant.
  if (GetParam() == Cell::kSlstm) GTEST_SKIP() << "covered by SlstmFrozen";
  verify::Case test = small_case(GetParam());
  test.math = FLASHRNN_MATH_LINEAR;
  expect_differences(test);
}

// One unit of slstm over a few steps with the trajectory of m' given: an implementation of its own, whose plain
// derivative is what the backward must give for every state.
struct Frozen {
  bool linear;
  std::vector<double> m;  // m' of the base run, per step

  [[nodiscard]] double sigmoid(double x) const { return linear ? x : 1.0 / (1.0 + std::exp(-x)); }
  [[nodiscard]] double exp(double x) const { return linear ? x : std::exp(x); }

  [[nodiscard]] double loss(const Inputs& in, const OutputGradients& out) const {
    double h = in.initial_states[0];
    double c = in.initial_states[1];
    double n = in.initial_states[2];
    double entering_m = in.initial_states[3];
    const std::size_t T = m.size();
    double sum = 0.0;
    for (std::size_t t = 0; t < T; ++t) {
      double g[4];
      for (int k = 0; k < 4; ++k) g[k] = in.Wx[t * 4 + k] + in.R[k] * h + in.b[k];
      const double l = (linear ? g[1] : std::log(sigmoid(g[1]))) + entering_m;
      const double i = exp(g[0] - m[t]);
      const double f = exp(l - m[t]);
      c = f * c + i * (linear ? g[2] : std::tanh(g[2]));
      n = std::fmax(f * n + i, 1.0);
      h = sigmoid(g[3]) * c / n;
      entering_m = m[t];
      sum += h * out.states[t] + c * out.states[T + t] + n * out.states[2 * T + t];
    }
    return sum + h * out.final_states[0] + c * out.final_states[1] + n * out.final_states[2];
  }
};

class SlstmFrozen : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Math, SlstmFrozen, testing::Bool());

TEST_P(SlstmFrozen, GradientsOfEveryState) {
  int clamped = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    verify::Case test;
    test.cell = Cell::kSlstm;
    test.time = 5;
    test.seed = seed;
    test.math = GetParam() ? FLASHRNN_MATH_LINEAR : FLASHRNN_MATH_EXACT;
    verify::CaseData data = verify::make_data(test);
    // Where n enters as 0 the rule for m' is another, and with i' = 1 the maximum stands on its kink.
    if (data.inputs.initial_states[2] == 0.0) data.inputs.initial_states[2] = 0.1;
    const Result base = run(data);
    Frozen frozen{GetParam(), slice(base.forward.states, 4, 0, 5)};
    frozen.m.erase(frozen.m.begin(), frozen.m.begin() + 15);
    const std::vector<double> n = {base.forward.states.begin() + 10, base.forward.states.begin() + 15};
    clamped += n[0] == 1.0 ? 1 : 0;

    constexpr double kStep = 1e-6;
    const auto check = [&](std::vector<double> Inputs::*tensor, const std::vector<double>& gradient, const char* name) {
      Inputs inputs = data.inputs;
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        double& value = (inputs.*tensor)[i];
        const double before = value;
        value = before + kStep;
        const double above = frozen.loss(inputs, data.output_gradients);
        value = before - kStep;
        const double below = frozen.loss(inputs, data.output_gradients);
        value = before;
        const double one_sided_gap = above - 2.0 * frozen.loss(inputs, data.output_gradients) + below;
        if (std::fabs(one_sided_gap) > 1e-3 * kStep) continue;  // on the kink of the maximum
        EXPECT_NEAR(gradient[i], (above - below) / (2.0 * kStep), 1e-7 * (1.0 + std::fabs(gradient[i])))
            << name << "[" << i << "] seed " << seed;
      }
    };
    check(&Inputs::Wx, base.gradients.dWx, "dWx");
    check(&Inputs::R, base.gradients.dR, "dR");
    check(&Inputs::b, base.gradients.db, "db");
    check(&Inputs::initial_states, base.gradients.dinitial_states, "dinitial_states");
  }
  if (GetParam()) {
    EXPECT_GT(clamped, 0) << "no case has the normaliser clamped";
  }
}

// The incoming gradient of m is ignored.
TEST(Slstm, GradientIntoMIsIgnored) {
  verify::CaseData data = verify::make_data(small_case(Cell::kSlstm));
  const Gradients before = run(data).gradients;
  set_states(data.output_gradients.states, 4, 3, 100.0);
  set_states(data.output_gradients.final_states, 4, 3, -100.0);
  expect_near(run(data).gradients, before, 0.0);
}

}  // namespace
}  // namespace flashrnn::reference

// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "support.hpp"

namespace flashrnn::reference {
namespace {

Problem one_unit(Cell cell, std::int64_t time) {
  Problem problem;
  problem.cell = cell;
  problem.batch = problem.heads = problem.head_dim = 1;
  problem.time = time;
  return problem;
}

TEST(Tiny, LstmAtRest) {
  // All gates see 0: i = f = o = 1/2, z = 0.
  Inputs in;
  in.Wx.assign(4, 0.0);
  in.R.assign(4, 0.0);
  in.initial_states = {0.3, 2.0};
  OutputGradients out;
  out.states = {1.0, 0.0};
  const Result result = run(one_unit(Cell::kLstm, 1), in, out);
  const double tanh1 = 0.7615941559557649;
  const double dc = 0.5 * (1.0 - tanh1 * tanh1);
  expect_near(result.forward.states, {0.5 * tanh1, 1.0}, 1e-15, "states");
  // dc reaches z by i, f by c0, o by tanh(c); i by z = 0.
  expect_near(result.gradients.dWx, {0.0, dc * 2.0 * 0.25, dc * 0.5, tanh1 * 0.25}, 1e-15, "dWx");
  expect_near(result.gradients.dinitial_states, {0.0, dc * 0.5}, 1e-15, "dinitial");
  expect_near(result.gradients.dR, {0.0, 0.3 * dc * 0.5, 0.3 * dc * 0.5, 0.3 * tanh1 * 0.25}, 1e-15, "dR");
}

TEST(Tiny, ElmanReluTwoSteps) {
  Inputs in;
  in.Wx = {1.0, -5.0};
  in.R = {2.0};
  in.b = {0.5};
  in.initial_states = {0.25};
  OutputGradients out;
  out.states = {1.0, 1.0};
  const Result result = run(one_unit(Cell::kElmanRelu, 2), in, out);
  EXPECT_EQ(result.forward.states, (std::vector<double>{2.0, 0.0}));  // 1 + 0.5 + 0.5; relu(-5 + 4 + 0.5)
  EXPECT_EQ(result.gradients.dWx, (std::vector<double>{1.0, 0.0}));
  EXPECT_EQ(result.gradients.dR, (std::vector<double>{0.25}));
  EXPECT_EQ(result.gradients.dinitial_states, (std::vector<double>{2.0}));
}

TEST(Tiny, ReluGradientAtZeroIsZero) {
  Inputs in;
  in.Wx = {0.0};
  in.R = {1.0};
  OutputGradients out;
  out.states = {1.0};
  EXPECT_EQ(run(one_unit(Cell::kElmanRelu, 1), in, out).gradients.dWx, std::vector<double>{0.0});
}

TEST(Tiny, SlstmFirstStepFromNothing) {
  // n = 0: m = i, i' = 1, n = 1, c = tanh(z), h = sigmoid(o) c.
  Inputs in;
  in.Wx = {3.0, -1.0, 0.5, 0.0};
  in.R.assign(4, 0.0);
  const ForwardResult result = forward(one_unit(Cell::kSlstm, 1), in);
  expect_near(result.states, {0.5 * std::tanh(0.5), std::tanh(0.5), 1.0, 3.0}, 1e-15, "states");
}

TEST(Tiny, SlstmNormaliserGradientOnItsKinkIsOne) {
  // n = 0 gives f' n + i' = 1 exactly, where the gradient counts.
  Inputs in;
  in.Wx.assign(4, 0.0);
  in.R.assign(4, 0.0);
  OutputGradients out;
  out.final_states = {0.0, 0.0, 1.0, 0.0};
  const Result result = run(one_unit(Cell::kSlstm, 1), in, out);
  EXPECT_EQ(result.forward.final_states[2], 1.0);
  EXPECT_EQ(result.gradients.dWx[0], 1.0);
}

TEST(Tiny, SlstmGradientIntoAnEmptyNormaliserIsHalf) {
  Inputs in;
  in.Wx = {0.0, 0.0, 0.5, 0.0};
  in.R.assign(4, 0.0);
  OutputGradients out;
  out.final_states = {0.0, 0.0, 1.0, 0.0};
  const Result result = run(one_unit(Cell::kSlstm, 1), in, out);
  expect_near(result.gradients.dinitial_states, {0.0, 0.0, 0.5 * 0.5, 0.0}, 1e-15, "dinitial");  // f' = sigmoid(0)
}

TEST(Tiny, ForwardClipGradient) {
  Problem problem = one_unit(Cell::kElman, 1);
  Inputs in;
  in.Wx = {1.0};
  in.R = {1.0};
  OutputGradients out;
  out.states = {1.0};
  problem.forward_clip = 0.5;
  EXPECT_EQ(run(problem, in, out).forward.states[0], 0.5);
  EXPECT_EQ(run(problem, in, out).gradients.dWx[0], 0.0);
  in.Wx = {-1.0};
  EXPECT_EQ(run(problem, in, out).forward.states[0], -0.5);
  problem.forward_clip = std::tanh(1.0);  // not clamped at the limit itself
  EXPECT_GT(run(problem, in, out).gradients.dWx[0], 0.1);
}

TEST(Tiny, GradientClipIsOnTheStepNotOnTheLoss) {
  Problem problem = one_unit(Cell::kElmanRelu, 2);
  problem.gradient_clip = 0.5;
  Inputs in;
  in.Wx = {1.0, 1.0};
  in.R = {1.0};
  OutputGradients out;
  out.states = {-3.0, 2.0};
  out.final_states = {1.0};
  // Step 2 takes 2 + 1 and sends 0.5 back; step 1 takes -3 + 0.5 and sends -0.5.
  const Result result = run(problem, in, out);
  EXPECT_EQ(result.gradients.dWx, (std::vector<double>{-2.5, 3.0}));
  EXPECT_EQ(result.gradients.dinitial_states, std::vector<double>{-0.5});
}

TEST(Tiny, EmptyRowHoldsItsStates) {
  Problem problem = one_unit(Cell::kSlstm, 3);
  problem.lengths = {0};
  Inputs in;
  in.Wx.assign(12, 1.0);
  in.R.assign(4, 1.0);
  in.initial_states = {1.0, 2.0, 3.0, 4.0};
  OutputGradients out;
  out.states.assign(12, 9.0);
  out.final_states = {5.0, 6.0, 7.0, 8.0};
  const Result result = run(problem, in, out);
  EXPECT_EQ(result.forward.final_states, in.initial_states);
  EXPECT_EQ(result.forward.states, std::vector<double>(12, 0.0));
  EXPECT_EQ(result.gradients.dinitial_states, out.final_states);
  EXPECT_EQ(result.gradients.dWx, std::vector<double>(12, 0.0));
}

TEST(Tiny, NaNPassesThroughEverything) {
  for (const Cell cell : kCells) {
    Problem problem = one_unit(cell, 2);
    problem.forward_clip = 0.5;
    problem.gradient_clip = 0.5;
    for (int gate = 0; gate < info(cell).input_gates; ++gate) {
      Inputs in;
      in.Wx.assign(2 * info(cell).input_gates, 0.1);
      in.R.assign(info(cell).recurrent_gates, 0.1);
      in.Wx[gate] = std::nan("");
      OutputGradients out;
      out.states.assign(2, 1.0);
      const Result result = run(problem, in, out);
      EXPECT_TRUE(std::isnan(result.forward.states[0])) << info(cell).name << " gate " << gate;
      EXPECT_TRUE(std::isnan(result.forward.states[1])) << info(cell).name << " gate " << gate;
      // relu has no value in its derivative; the gradient then passes whole.
      const double dwx = result.gradients.dWx[gate];
      EXPECT_TRUE(cell == Cell::kElmanRelu ? dwx != 0.0 : std::isnan(dwx)) << info(cell).name << " gate " << gate;
    }
  }
}

TEST(Tiny, SizesThatDoNotFitAreRefused) {
  Problem problem = one_unit(Cell::kGru, 2);
  Inputs in;
  in.Wx.assign(5, 0.0);
  in.R.assign(3, 0.0);
  EXPECT_THROW(forward(problem, in), std::invalid_argument);
  in.Wx.assign(6, 0.0);
  EXPECT_NO_THROW(forward(problem, in));
  problem.lengths = {3};
  EXPECT_THROW(forward(problem, in), std::invalid_argument);
  problem.lengths = {2};
  in.b.assign(3, 0.0);
  EXPECT_THROW(forward(problem, in), std::invalid_argument);
  in.b.clear();
  OutputGradients out;
  out.states.assign(3, 0.0);
  EXPECT_THROW(run(problem, in, out), std::invalid_argument);
}

}  // namespace
}  // namespace flashrnn::reference

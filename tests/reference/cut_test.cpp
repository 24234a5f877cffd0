// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

namespace flashrnn::reference {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

class GradientCut : public testing::TestWithParam<Cell> {};
INSTANTIATE_TEST_SUITE_P(Cells, GradientCut, testing::Values(Cell::kLstm, Cell::kElman, Cell::kElmanRelu, Cell::kSlstm),
                         cell_name);

// With the cut, R h is a constant: the gradients are those of a problem without R whose Wx holds the products.
TEST_P(GradientCut, IsTheGradientWithProductsHeldConstant) {
  verify::Case test = small_case(GetParam());
  test.gradient_cut = true;
  const verify::CaseData data = verify::make_data(test);
  const Result cut = run(data);

  const std::size_t units = 6;
  const std::size_t gates = info(test.cell).input_gates;
  const std::size_t T = 6;
  verify::CaseData constant = data;
  constant.problem.gradient_cut = false;
  std::fill(constant.inputs.R.begin(), constant.inputs.R.end(), 0.0);
  std::vector<double> dR(data.inputs.R.size(), 0.0);
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t t = 0; t < T; ++t) {
      const double* h = t == 0 ? data.inputs.initial_states.data() + row * units
                               : cut.forward.states.data() + (row * T + t - 1) * units;
      for (std::size_t g = 0; g < gates; ++g) {
        for (std::size_t u = 0; u < units; ++u) {
          const std::size_t wx = ((row * T + t) * gates + g) * units + u;
          for (std::size_t p = 0; p < 3; ++p) {
            const std::size_t r = (g * units + u) * 3 + p;
            constant.inputs.Wx[wx] += data.inputs.R[r] * h[u / 3 * 3 + p];
            dR[r] += cut.gradients.dWx[wx] * h[u / 3 * 3 + p];
          }
        }
      }
    }
  }
  const Result expected = run(constant);
  expect_near(cut.forward.states, expected.forward.states, 1e-14, "states");
  expect_near(cut.gradients.dWx, expected.gradients.dWx, 1e-13, "dWx");
  expect_near(cut.gradients.db, expected.gradients.db, 1e-13, "db");
  expect_near(cut.gradients.dinitial_states, expected.gradients.dinitial_states, 1e-13, "dinitial_states");
  expect_near(cut.gradients.dR, dR, 1e-13, "dR");
}

// One unit, one step, against the chain rule written out: only z dh reaches h, but r still learns from R_n.
TEST(GradientCut, GruFormsByHand) {
  const double h0 = 0.7;
  const double dh = 1.3;
  for (const Cell cell : {Cell::kGru, Cell::kGruResetBefore}) {
    Problem problem;
    problem.cell = cell;
    problem.batch = problem.time = problem.heads = problem.head_dim = 1;
    problem.gradient_cut = true;
    Inputs in;
    in.Wx = {0.1, -0.2, 0.3};
    in.R = {0.5, -0.4, 0.9};
    in.b = {0.05, 0.15, -0.25};
    if (cell == Cell::kGru) in.b.push_back(0.35);
    in.initial_states = {h0};
    OutputGradients out;
    out.states = {dh};
    const double r = sigmoid(0.1 + 0.5 * h0 + 0.05);
    const double z = sigmoid(-0.2 - 0.4 * h0 + 0.15);
    const double inner = cell == Cell::kGru ? 0.9 * h0 + 0.35 : 0.9 * h0;
    const double n = std::tanh(0.3 - 0.25 + r * inner);
    const double dn = dh * (1.0 - z) * (1.0 - n * n);
    const double dr = dn * inner * r * (1.0 - r);
    const double dz = dh * (h0 - n) * z * (1.0 - z);
    const Result result = run(problem, in, out);
    expect_near(result.forward.states, {z * h0 + (1.0 - z) * n}, 1e-15, "h");
    expect_near(result.gradients.dinitial_states, {dh * z}, 1e-15, "dinitial");
    expect_near(result.gradients.dWx, {dr, dz, dn}, 1e-14, "dWx");
    expect_near(result.gradients.dR, {dr * h0, dz * h0, dn * r * h0}, 1e-14, "dR");
    problem.gradient_cut = false;
    const double through_R =
        cell == Cell::kGru ? dr * 0.5 + dz * -0.4 + dn * r * 0.9 : dr * 0.5 + dz * -0.4 + dn * 0.9 * r;
    expect_near(run(problem, in, out).gradients.dinitial_states, {dh * z + through_R}, 1e-14, "dinitial without cut");
  }
}

}  // namespace
}  // namespace flashrnn::reference

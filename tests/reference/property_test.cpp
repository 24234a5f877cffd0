// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support.hpp"
#include "verify/random.hpp"

namespace flashrnn::reference {
namespace {

constexpr std::size_t kRows = 3;
constexpr std::size_t kTime = 6;
constexpr std::size_t kUnits = 6;

class Property : public testing::TestWithParam<Cell> {
 protected:
  verify::Case test_ = small_case(GetParam());
  std::size_t states_ = info(GetParam()).states;
  std::size_t wx_ = info(GetParam()).input_gates * kUnits;  // elements of Wx per token
};
INSTANTIATE_TEST_SUITE_P(Cells, Property, testing::ValuesIn(kCells), cell_name);

void add(std::vector<double>& sum, const std::vector<double>& values) {
  sum.resize(values.size(), 0.0);
  for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
}

// Tokens of a padded tensor [outer, B, T, inner] that lie inside their rows.
std::vector<double> inside(const std::vector<double>& tensor, std::size_t outer, const Problem& padded) {
  std::vector<double> result;
  const std::size_t inner = tensor.size() / (outer * kRows * kTime);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto begin = tensor.begin() + static_cast<std::ptrdiff_t>(((o * kRows + row) * kTime) * inner);
      result.insert(result.end(), begin, begin + padded.lengths[row] * static_cast<std::ptrdiff_t>(inner));
    }
  }
  return result;
}

TEST_P(Property, PackedIsPaddedWithLengths) {
  test_.lengths = test_.resets = true;
  for (const bool reverse : {false, true}) {
    test_.reverse = reverse;
    const verify::CaseData padded = verify::make_data(test_);
    verify::CaseData packed = padded;
    packed.problem.packed = true;
    packed.problem.lengths.clear();
    packed.problem.cu_seqlens = {0};
    packed.problem.resets.clear();
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::int64_t length = padded.problem.lengths[row];
      packed.problem.cu_seqlens.push_back(packed.problem.cu_seqlens.back() + length);
      const auto marks = padded.problem.resets.begin() + static_cast<std::ptrdiff_t>(row * kTime);
      packed.problem.resets.insert(packed.problem.resets.end(), marks, marks + length);
    }
    packed.inputs.Wx = inside(padded.inputs.Wx, 1, padded.problem);
    packed.output_gradients.states = inside(padded.output_gradients.states, states_, padded.problem);
    const Result a = run(packed);
    const Result b = run(padded);
    EXPECT_EQ(a.forward.final_states, b.forward.final_states);
    EXPECT_EQ(a.forward.states, inside(b.forward.states, states_, padded.problem));
    EXPECT_EQ(a.gradients.dWx, inside(b.gradients.dWx, 1, padded.problem));
    EXPECT_EQ(a.gradients.dR, b.gradients.dR);
    EXPECT_EQ(a.gradients.db, b.gradients.db);
    EXPECT_EQ(a.gradients.dinitial_states, b.gradients.dinitial_states);
    EXPECT_EQ(a.gradients.dreset_states, b.gradients.dreset_states);
  }
}

TEST_P(Property, OutsideOfLengthsIsZeroAndIgnored) {
  test_.lengths = true;
  verify::CaseData data = verify::make_data(test_);
  const Result before = run(data);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t t = static_cast<std::size_t>(data.problem.lengths[row]); t < kTime; ++t) {
      for (std::size_t i = 0; i < wx_; ++i) {
        double& wx = data.inputs.Wx[(row * kTime + t) * wx_ + i];
        EXPECT_EQ(before.gradients.dWx[(row * kTime + t) * wx_ + i], 0.0);
        wx = 77.0;
      }
      for (std::size_t s = 0; s < states_; ++s) {
        for (std::size_t u = 0; u < kUnits; ++u) {
          const std::size_t at = ((s * kRows + row) * kTime + t) * kUnits + u;
          EXPECT_EQ(before.forward.states[at], 0.0);
          data.output_gradients.states[at] = -55.0;
        }
      }
    }
  }
  const Result after = run(data);
  EXPECT_EQ(after.forward.final_states, before.forward.final_states);
  expect_near(after.gradients, before.gradients, 0.0);
}

// Reverses the tokens of every row of a tensor [outer, B, T, inner].
std::vector<double> reversed(std::vector<double> tensor, std::size_t outer, const Problem& problem) {
  const std::vector<double> source = tensor;
  const std::size_t inner = tensor.size() / (outer * kRows * kTime);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const std::size_t length = static_cast<std::size_t>(problem.length(static_cast<std::int64_t>(row)));
      const std::size_t start = (o * kRows + row) * kTime;
      for (std::size_t t = 0; t < length; ++t) {
        std::copy_n(source.begin() + static_cast<std::ptrdiff_t>((start + length - 1 - t) * inner), inner,
                    tensor.begin() + static_cast<std::ptrdiff_t>((start + t) * inner));
      }
    }
  }
  return tensor;
}

TEST_P(Property, ReverseIsReversedInput) {
  test_.lengths = test_.resets = test_.reverse = true;
  const verify::CaseData data = verify::make_data(test_);
  const Result backwards = run(data);
  verify::CaseData turned = data;
  turned.problem.reverse = false;
  turned.inputs.Wx = reversed(data.inputs.Wx, 1, data.problem);
  turned.output_gradients.states = reversed(data.output_gradients.states, states_, data.problem);
  std::vector<double> marks(data.problem.resets.begin(), data.problem.resets.end());
  marks = reversed(marks, 1, data.problem);
  turned.problem.resets.assign(marks.begin(), marks.end());
  const Result forwards = run(turned);
  EXPECT_EQ(backwards.forward.states, reversed(forwards.forward.states, states_, data.problem));
  EXPECT_EQ(backwards.forward.final_states, forwards.forward.final_states);
  EXPECT_EQ(backwards.gradients.dWx, reversed(forwards.gradients.dWx, 1, data.problem));
  EXPECT_EQ(backwards.gradients.dR, forwards.gradients.dR);
  EXPECT_EQ(backwards.gradients.db, forwards.gradients.db);
  EXPECT_EQ(backwards.gradients.dinitial_states, forwards.gradients.dinitial_states);
  EXPECT_EQ(backwards.gradients.dreset_states, forwards.gradients.dreset_states);
}

// The steps [first, first + count) of a problem of one row, as a problem of their own.
verify::CaseData chunk(const verify::CaseData& whole, std::size_t states, std::size_t first, std::size_t count) {
  verify::CaseData part = whole;
  const std::size_t wx = whole.inputs.Wx.size() / kTime;
  part.problem.time = static_cast<std::int64_t>(count);
  part.inputs.Wx = slice(whole.inputs.Wx, 1, first * wx, count * wx);
  part.output_gradients.states = slice(whole.output_gradients.states, states, first * kUnits, count * kUnits);
  if (!whole.problem.resets.empty()) {
    const auto marks = whole.problem.resets.begin() + static_cast<std::ptrdiff_t>(first);
    part.problem.resets.assign(marks, marks + static_cast<std::ptrdiff_t>(count));
  }
  return part;
}

// States and gradients carried from step to step give what the whole run gives, clips, cut and resets included.
TEST_P(Property, ChunksAreTheWhole) {
  test_.batch = 1;
  test_.resets = true;
  for (const int options : {0, 1, 2, 3}) {
    test_.seed += 1;
    test_.forward_clip = (options & 1) != 0 ? 0.3 : 0.0;
    test_.gradient_clip = (options & 1) != 0 ? 0.2 : 0.0;
    test_.gradient_cut = (options & 2) != 0;
    const verify::CaseData data = verify::make_data(test_);
    const Result whole = run(data);
    std::vector<verify::CaseData> parts;
    for (std::size_t t = 0; t < kTime; t += 2) {
      parts.push_back(chunk(data, states_, t, 2));
      if (t > 0)
        parts.back().inputs.initial_states = forward(parts[t / 2 - 1].problem, parts[t / 2 - 1].inputs).final_states;
    }
    Gradients sum;
    std::vector<double> carried = data.output_gradients.final_states;
    for (std::size_t p = parts.size(); p-- > 0;) {
      parts[p].output_gradients.final_states = carried;
      const Result part = run(parts[p]);
      EXPECT_EQ(part.forward.states, slice(whole.forward.states, states_, p * 2 * kUnits, 2 * kUnits));
      EXPECT_EQ(part.gradients.dWx, slice(whole.gradients.dWx, 1, p * 2 * wx_, 2 * wx_));
      add(sum.dR, part.gradients.dR);
      add(sum.db, part.gradients.db);
      add(sum.dreset_states, part.gradients.dreset_states);
      carried = part.gradients.dinitial_states;
    }
    EXPECT_EQ(carried, whole.gradients.dinitial_states);
    expect_near(sum.dR, whole.gradients.dR, 1e-14, "dR");
    expect_near(sum.db, whole.gradients.db, 1e-14, "db");
    expect_near(sum.dreset_states, whole.gradients.dreset_states, 1e-14, "dreset_states");
  }
}

// A reset before step 2 parts a sequence into two that know nothing of each other.
TEST_P(Property, ResetIsASplit) {
  test_.batch = 1;
  verify::CaseData data = verify::make_data(test_);
  test_.seed += 100;
  const std::vector<double> reset_states = verify::make_data(test_).inputs.initial_states;
  data.inputs.reset_states = reset_states;
  data.problem.resets.assign(kTime, 0);
  data.problem.resets[2] = 1;
  const Result whole = run(data);

  verify::CaseData first = chunk(data, states_, 0, 2);
  verify::CaseData second = chunk(data, states_, 2, kTime - 2);
  first.problem.resets.clear();
  second.problem.resets.clear();
  first.output_gradients.final_states.clear();
  second.inputs.initial_states = reset_states;
  const Result a = run(first);
  const Result b = run(second);
  EXPECT_EQ(slice(whole.forward.states, states_, 0, 2 * kUnits), a.forward.states);
  EXPECT_EQ(slice(whole.forward.states, states_, 2 * kUnits, (kTime - 2) * kUnits), b.forward.states);
  EXPECT_EQ(whole.forward.final_states, b.forward.final_states);
  EXPECT_EQ(whole.gradients.dinitial_states, a.gradients.dinitial_states);
  EXPECT_EQ(whole.gradients.dreset_states, b.gradients.dinitial_states);

  data.inputs.reset_states.clear();  // zeros
  second.inputs.initial_states.clear();
  EXPECT_EQ(run(data).forward.final_states, run(second).forward.final_states);
}

// A reset at the first step in processing order replaces the initial states.
TEST_P(Property, ResetAtTheFirstStep) {
  for (const bool reverse : {false, true}) {
    test_.batch = 1;
    test_.reverse = reverse;
    verify::CaseData data = verify::make_data(test_);
    verify::CaseData reset = data;
    reset.problem.resets.assign(kTime, 0);
    reset.problem.resets[reverse ? kTime - 1 : 0] = 7;
    std::swap(reset.inputs.initial_states, reset.inputs.reset_states);
    const Result a = run(data);
    const Result b = run(reset);
    EXPECT_EQ(a.forward.states, b.forward.states);
    EXPECT_EQ(a.gradients.dinitial_states, b.gradients.dreset_states);
    EXPECT_EQ(b.gradients.dinitial_states, std::vector<double>(states_ * kUnits, 0.0));
  }
}

// Linear mode on small integers is exact, and equals the recurrence in integers.
TEST(Linear, IntegersAreExact) {
  verify::Random random(5);
  constexpr std::int64_t kSteps = 8;
  constexpr std::int64_t kDim = 3;
  for (const Cell cell : {Cell::kElman, Cell::kLstm, Cell::kGru, Cell::kGruResetBefore}) {
    Problem problem;
    problem.cell = cell;
    problem.batch = problem.heads = 1;
    problem.time = kSteps;
    problem.head_dim = kDim;
    problem.linear = true;
    const CellInfo& counts = info(cell);
    const auto small = [&](std::int64_t count) {
      std::vector<double> values(static_cast<std::size_t>(count));
      for (double& value : values) value = static_cast<double>(random.integer(-1, 1));
      return values;
    };
    Inputs in;
    in.Wx = small(kSteps * counts.input_gates * kDim);
    in.R = small(counts.recurrent_gates * kDim * kDim);
    in.b = small(counts.biases * kDim);
    const ForwardResult result = forward(problem, in);

    std::vector<std::int64_t> h(kDim, 0);
    std::vector<std::int64_t> c(kDim, 0);
    const auto product = [&](int gate, std::int64_t d, const std::vector<std::int64_t>& x) {
      std::int64_t sum = 0;
      for (std::int64_t p = 0; p < kDim; ++p)
        sum += static_cast<std::int64_t>(in.R[(gate * kDim + d) * kDim + p]) * x[p];
      return sum;
    };
    for (std::int64_t t = 0; t < kSteps; ++t) {
      const auto wx = [&](int gate, std::int64_t d) {
        return static_cast<std::int64_t>(in.Wx[(t * counts.input_gates + gate) * kDim + d]);
      };
      const auto b = [&](int gate, std::int64_t d) { return static_cast<std::int64_t>(in.b[gate * kDim + d]); };
      const auto gate = [&](int g, std::int64_t d) { return wx(g, d) + product(g, d, h) + b(g, d); };
      std::vector<std::int64_t> next(kDim);
      std::vector<std::int64_t> rh(kDim);
      for (std::int64_t d = 0; d < kDim; ++d) rh[d] = cell == Cell::kElman ? 0 : gate(0, d) * h[d];
      for (std::int64_t d = 0; d < kDim; ++d) {
        if (cell == Cell::kElman) {
          next[d] = gate(0, d);
        } else if (cell == Cell::kLstm) {
          c[d] = gate(1, d) * c[d] + gate(0, d) * gate(2, d);
          next[d] = gate(3, d) * c[d];
        } else {
          const std::int64_t n = cell == Cell::kGru ? wx(2, d) + b(2, d) + gate(0, d) * (product(2, d, h) + b(3, d))
                                                    : wx(2, d) + product(2, d, rh) + b(2, d);
          next[d] = gate(1, d) * h[d] + (1 - gate(1, d)) * n;
        }
      }
      h = next;
      bool small_enough = true;
      for (std::int64_t d = 0; d < kDim; ++d) {
        small_enough = small_enough && std::abs(h[d]) < 100'000 && std::abs(c[d]) < 100'000;
      }
      if (!small_enough) break;  // the next step's products might not fit
      for (std::int64_t d = 0; d < kDim; ++d) {
        EXPECT_EQ(result.states[t * kDim + d], static_cast<double>(h[d])) << counts.name << " step " << t;
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::reference

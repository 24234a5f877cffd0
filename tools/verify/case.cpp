// SPDX-License-Identifier: Apache-2.0
#include "verify/case.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "verify/random.hpp"

namespace flashrnn::verify {
namespace {

using reference::Cell;
using reference::Precision;

void round_all(std::vector<double>& values, Precision precision) {
  for (double& value : values) value = reference::round_to(precision, value);
}

// Rows of every length, the longest and the empty one among them when there are rows enough.
std::vector<std::int64_t> make_lengths(const Case& test, Random& random) {
  std::vector<std::int64_t> lengths(static_cast<std::size_t>(test.batch));
  for (std::int64_t& length : lengths) length = random.integer(0, test.time);
  const std::int64_t longest = random.integer(0, test.batch - 1);
  lengths[static_cast<std::size_t>(longest)] = test.time;
  if (test.batch >= 3) lengths[static_cast<std::size_t>((longest + 1) % test.batch)] = 0;
  return lengths;
}

void make_rows(const Case& test, Random& random, reference::Problem& problem) {
  problem.packed = test.packed;
  if (test.packed) {
    problem.cu_seqlens = {0};
    for (const std::int64_t length : make_lengths(test, random)) {
      problem.cu_seqlens.push_back(problem.cu_seqlens.back() + length);
    }
  } else if (test.lengths) {
    problem.lengths = make_lengths(test, random);
  }
  if (!test.resets) return;
  problem.resets.assign(static_cast<std::size_t>(problem.tokens()), 0);
  for (std::int64_t row = 0; row < test.batch; ++row) {
    for (std::int64_t t = 0; t < problem.length(row); ++t) {
      // Any value but 0 is a mark.
      if (random.chance(0.25)) problem.resets[problem.first_token(row) + t] = random.chance(0.5) ? 1 : 255;
    }
    // At least one: a row of full length always exists.
    if (problem.length(row) == test.time) problem.resets[problem.first_token(row) + test.time / 2] = 1;
  }
}

void make_integers(Random& random, CaseData& data) {
  const auto fill = [&](std::vector<double>& values, std::int64_t limit) {
    for (double& value : values) value = static_cast<double>(random.integer(-limit, limit));
  };
  fill(data.inputs.Wx, 2);
  fill(data.inputs.R, 1);
  fill(data.inputs.b, 1);
  fill(data.inputs.initial_states, 2);
  fill(data.inputs.reset_states, 2);
  fill(data.output_gradients.states, 2);
  fill(data.output_gradients.final_states, 2);
  fill(data.dR_before, 5);
  fill(data.db_before, 5);
}

// Numbers a with a few bits and b such that a + b needs one or two bits more than the dtype has.
void make_ties(const Case& test, Random& random, CaseData& data) {
  const double roundoff = reference::unit_roundoff(precision_of(test.dtype));
  const auto split = [&](std::vector<double>& values, bool small) {
    for (double& value : values) {
      const auto whole = static_cast<double>(random.integer(0, 7)) * 0.125 + 1.0;
      const auto rest = static_cast<double>(random.integer(-15, 15)) * 0.5 * roundoff;
      value = (small ? rest : whole) * (random.chance(0.5) ? 1.0 : -1.0);
    }
  };
  split(data.inputs.Wx, false);
  split(data.inputs.b, true);
  split(data.output_gradients.states, false);
  split(data.output_gradients.final_states, true);
  std::fill(data.inputs.R.begin(), data.inputs.R.end(), 0.0);
}

// Each state in the range that the cell's own steps give it: slstm's n is 0 before any step and at least 1 after one.
// What lies between is left to fp32, where roundings do not decide on which side of its maximum a step is.
std::vector<double> make_states(const Case& test, Random& random) {
  const std::int64_t count = test.batch * test.heads * test.head_dim;
  const double least = test.dtype == FLASHRNN_F32 ? 1.0 : 2.0;
  std::vector<double> states;
  for (int s = 0; s < reference::info(test.cell).states; ++s) {
    const bool normalizer = test.cell == Cell::kSlstm && s == 2;
    for (std::int64_t i = 0; i < count; ++i) {
      const double value = random.real(-1.0, 1.0);
      states.push_back(!normalizer ? value : (value < -0.6 ? 0.0 : least + value));
    }
  }
  return states;
}

}  // namespace

Precision precision_of(flashrnn_dtype dtype) {
  switch (dtype) {
    case FLASHRNN_F16:
      return Precision::kF16;
    case FLASHRNN_BF16:
      return Precision::kBf16;
    case FLASHRNN_DTYPE_DEFAULT:
    case FLASHRNN_F32:
      break;
  }
  return Precision::kF32;
}

const char* dtype_name(flashrnn_dtype dtype) {
  switch (dtype) {
    case FLASHRNN_F16:
      return "fp16";
    case FLASHRNN_BF16:
      return "bf16";
    case FLASHRNN_DTYPE_DEFAULT:
    case FLASHRNN_F32:
      break;
  }
  return "fp32";
}

std::string shape_text(const Case& test) {
  return std::string("B") + std::to_string(test.batch) + "_T" + std::to_string(test.time) + "_N" +
         std::to_string(test.heads) + "_D" + std::to_string(test.head_dim);
}

flashrnn_dtype state_dtype_of(const Case& test) {
  return test.state_dtype == FLASHRNN_DTYPE_DEFAULT ? test.dtype : test.state_dtype;
}

void round_data(const Case& test, CaseData& data) {
  const Precision dtype = precision_of(test.dtype);
  const Precision state = precision_of(state_dtype_of(test));
  round_all(data.inputs.Wx, dtype);
  round_all(data.inputs.R, dtype);
  round_all(data.inputs.b, dtype);
  round_all(data.inputs.initial_states, state);
  round_all(data.inputs.reset_states, state);
  round_all(data.output_gradients.states, dtype);
  round_all(data.output_gradients.final_states, state);
  round_all(data.dR_before, Precision::kF32);
  round_all(data.db_before, Precision::kF32);
}

CaseData make_data(const Case& test) {
  Random random(test.seed);
  const reference::CellInfo& cell = reference::info(test.cell);
  const std::int64_t units = test.heads * test.head_dim;
  CaseData data;
  data.problem.cell = test.cell;
  data.problem.batch = test.batch;
  data.problem.time = test.time;
  data.problem.heads = test.heads;
  data.problem.head_dim = test.head_dim;
  data.problem.forward_clip = test.forward_clip;
  data.problem.gradient_clip = test.gradient_clip;
  data.problem.gradient_cut = test.gradient_cut;
  data.problem.reverse = test.reverse;
  data.problem.linear = test.math == FLASHRNN_MATH_LINEAR;
  make_rows(test, random, data.problem);

  // R is scaled such that states neither die out nor explode over the steps, without activations' help where linear.
  const std::int64_t tokens = data.problem.tokens();
  const double scale = data.problem.linear ? 0.4 : 1.0;
  const double R_scale = scale / std::sqrt(static_cast<double>(test.head_dim));
  data.inputs.Wx = random.reals(tokens * cell.input_gates * units, -scale, scale);
  data.inputs.R = random.reals(cell.recurrent_gates * units * test.head_dim, -R_scale, R_scale);
  if (test.bias) data.inputs.b = random.reals(cell.biases * units, -0.5 * scale, 0.5 * scale);
  if (test.initial) data.inputs.initial_states = make_states(test, random);
  if (test.resets && test.reset_states) data.inputs.reset_states = make_states(test, random);
  if (test.nan_input) {
    const std::int64_t row = random.integer(0, test.batch - 1);
    if (data.problem.length(row) > 0) {
      const std::int64_t token = data.problem.first_token(row) + data.problem.length(row) / 2;
      const std::int64_t at = token * cell.input_gates * units + random.integer(0, cell.input_gates * units - 1);
      data.inputs.Wx[at] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  if (test.training) {
    if (test.gradient_sequence != FLASHRNN_SEQUENCE_NONE) {
      const std::int64_t states = test.gradient_sequence == FLASHRNN_SEQUENCE_H ? 1 : cell.states;
      data.output_gradients.states = random.reals(states * tokens * units, -1.0, 1.0);
    }
    if (test.dfinal) {
      data.output_gradients.final_states = random.reals(cell.states * test.batch * units, -1.0, 1.0);
    }
    if (test.accumulate) {
      data.dR_before = random.reals(static_cast<std::int64_t>(data.inputs.R.size()), -1.0, 1.0);
      data.db_before = random.reals(cell.biases * units, -1.0, 1.0);
    }
  }
  if (test.numbers == Numbers::kIntegers) make_integers(random, data);
  if (test.numbers == Numbers::kTies) make_ties(test, random, data);
  round_data(test, data);
  return data;
}

}  // namespace flashrnn::verify

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/reference/reference.hpp"
#include "verify/case.hpp"

namespace flashrnn::reference {

/// The relative distance of two tensors by norm; of zero when the expected one is zero.
inline double relative_error(const std::vector<double>& actual, const std::vector<double>& expected) {
  if (actual.size() != expected.size()) return INFINITY;
  double difference = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  if (std::isnan(difference)) return INFINITY;
  return size > 0.0 ? std::sqrt(difference / size) : std::sqrt(difference);
}

inline void expect_near(const std::vector<double>& actual, const std::vector<double>& expected, double bound,
                        const std::string& name) {
  EXPECT_LE(relative_error(actual, expected), bound) << name;
}

inline void expect_near(const Gradients& actual, const Gradients& expected, double bound) {
  expect_near(actual.dWx, expected.dWx, bound, "dWx");
  expect_near(actual.dR, expected.dR, bound, "dR");
  expect_near(actual.db, expected.db, bound, "db");
  expect_near(actual.dinitial_states, expected.dinitial_states, bound, "dinitial_states");
  expect_near(actual.dreset_states, expected.dreset_states, bound, "dreset_states");
}

inline Result run(const verify::CaseData& data) { return run(data.problem, data.inputs, data.output_gradients); }

/// A small case of a cell; options are set by the test.
inline verify::Case small_case(Cell cell) {
  verify::Case test;
  test.cell = cell;
  test.batch = 3;
  test.time = 6;
  test.heads = 2;
  test.head_dim = 3;
  test.seed = 21 + static_cast<std::uint64_t>(cell);
  return test;
}

/// Elements [first, first + count) along axis 1 of a tensor [outer, length, inner].
inline std::vector<double> slice(const std::vector<double>& tensor, std::size_t outer, std::size_t first,
                                 std::size_t count) {
  if (tensor.empty()) return {};
  std::vector<double> result;
  for (std::size_t o = 0; o < outer; ++o) {
    const std::size_t row = tensor.size() / outer;
    // `first` and `count` are in elements of the flattened [length, inner].
    for (std::size_t i = first; i < first + count; ++i) result.push_back(tensor[o * row + i]);
  }
  return result;
}

inline std::string cell_name(const testing::TestParamInfo<Cell>& info) {
  return std::string(reference::info(info.param).name);
}

}  // namespace flashrnn::reference

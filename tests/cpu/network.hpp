// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "flashrnn/flashrnn.hpp"

namespace flashrnn::test {

/// A CPU context with these settings.
Context cpu(int threads, const std::string& isa = "");

/// Random bytes that are small numbers of the dtype: what a tensor of the problem's dtype holds in these tests.
std::vector<std::byte> random_tensor(flashrnn_dtype dtype, std::int64_t count, unsigned seed, float scale);

/// A training problem with all its tensors, dense, states in fp32 at the boundaries. Outputs start as garbage.
struct Network {
  explicit Network(const flashrnn_problem& problem, unsigned seed = 1);

  /// forward and, for training problems, backward over steps [first, first + problem.time) of the tensors, which hold
  /// `whole_time` steps; initial states come from `state`, final ones go there.
  void forward(const Plan& plan, std::int64_t first = 0);
  void backward(const Plan& plan, std::int64_t first = 0, bool accumulate = false);
  /// Both over chunks between `cuts` (0, ..., problem.time), the state carried on: forward from the first chunk,
  /// backward from the last, with weight gradients accumulated.
  void run_in_chunks(const Context& context, const std::vector<std::int64_t>& cuts);
  /// Both over the whole sequence.
  void run(const Plan& plan);

  flashrnn_problem problem;
  flashrnn_cell_info cell;
  std::int64_t whole_time;
  std::vector<std::byte> Wx, R, b, states, dstates, dWx;
  std::vector<float> state, dstate, dR, db;  ///< carried on from call to call
  std::vector<std::uint8_t> resets;          ///< [B, T], used with use_resets
  std::vector<std::int64_t> lengths;         ///< used with use_lengths
  Buffer reserve;

  /// All results, to be compared bit by bit.
  [[nodiscard]] std::vector<std::vector<std::byte>> results() const;
};

}  // namespace flashrnn::test

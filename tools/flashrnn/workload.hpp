// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "problem_options.hpp"
#include "tensor.hpp"

namespace flashrnn::tool {

/// A problem with the input of a call. Shape letters as in flashrnn.h.
struct Workload {
  flashrnn_problem problem = FLASHRNN_PROBLEM_INIT;  ///< `training` is chosen by the call
  flashrnn_cell_info cell = FLASHRNN_CELL_INFO_INIT;
  std::vector<std::int64_t> lengths;     ///< [B] or empty
  std::vector<std::int64_t> cu_seqlens;  ///< [B + 1], of packed problems
  std::vector<std::uint8_t> resets;      ///< [B, T] or [M], or empty
  std::int64_t tokens = 0;               ///< M, or B * T: what the sequence tensors hold
  std::int64_t steps = 0;                ///< tokens that are computed: the sum of the row lengths
  Tensor Wx, R, b, initial_states, reset_states, dstates, dfinal_states;

  /// [B, T, tail] or, packed, [M, tail], behind `head`.
  [[nodiscard]] std::vector<std::int64_t> sequence_shape(std::vector<std::int64_t> head,
                                                         const std::vector<std::int64_t>& tail) const;
  /// [S, B, N, D]
  [[nodiscard]] std::vector<std::int64_t> state_shape() const;
  /// States with a sequence tensor: 0, 1 or S.
  [[nodiscard]] std::int64_t sequence_states() const;
};

/// Sizes, lengths and packing of a workload, without tensors. `lengths` is empty or has a length per row.
Workload lay_out(const ProblemOptions& options, const std::vector<std::int64_t>& lengths);

/// Random input: Wx in [-1, 1), R and b scaled with D, initial states zero. The same on every machine.
Workload random_workload(const Context& context, const ProblemOptions& options, std::uint64_t seed);

/// Throws DeviceError when the tensors and buffers of the problem exceed the machine's memory.
void require_memory(const Context& context, const Workload& workload);

}  // namespace flashrnn::tool

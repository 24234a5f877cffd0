// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

#include "common/gpu/cell_source.hpp"
#include "common/runtime/problem.hpp"

namespace flashrnn::gpu {

/// The counts of a problem that buffers and launches are made of. Letters as in common/kernel/parameters.hpp.
struct Geometry {
  std::int64_t batch = 0;   ///< B
  std::int64_t steps = 0;   ///< T
  std::int64_t tokens = 0;  ///< M
  std::int64_t heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t padded_dim = 0;   ///< P
  std::int64_t input_gates = 0;  ///< Gx
  std::int64_t recurrent_gates = 0;
  std::int64_t biases = 0;
  std::int64_t states = 0;  ///< S
  std::int64_t first_stage_gates = 0;
  std::int64_t gradient_slots = 0;  ///< A
  std::int64_t reserve_values = 0;  ///< V of the reserve
  std::int64_t kept_values = 0;     ///< V of what backward reads: gates among them
  std::int64_t element_bytes = 0;
  std::int64_t state_bytes = 0;
  bool two_stages = false;
};

[[nodiscard]] Geometry geometry_of(const Problem& problem, const CellSource& cell);

/// The product of counts, or the largest number where it does not fit: no ledger takes that.
[[nodiscard]] std::int64_t product(std::initializer_list<std::int64_t> factors);

}  // namespace flashrnn::gpu

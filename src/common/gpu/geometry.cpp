// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/geometry.hpp"

#include "common/device/device.hpp"
#include "common/kernel/parameters.hpp"
#include "common/runtime/cell_registry.hpp"
#include "common/runtime/checked.hpp"

namespace flashrnn::gpu {

Geometry geometry_of(const Problem& problem, const CellSource& cell) {
  Geometry g;
  g.batch = problem.batch;
  g.steps = problem.time;
  g.tokens = problem.tokens;
  g.heads = problem.heads;
  g.head_dim = problem.head_dim;
  g.padded_dim = (g.head_dim + kernel::kDimPadding - 1) / kernel::kDimPadding * kernel::kDimPadding;
  g.input_gates = problem.cell->input_gates;
  g.recurrent_gates = problem.cell->recurrent_gates;
  g.biases = problem.cell->biases;
  g.states = problem.cell->states;
  g.first_stage_gates = cell.first_stage_gates;
  g.two_stages = cell.first_stage_gates < problem.cell->recurrent_gates;
  g.gradient_slots = g.biases + (g.two_stages ? 1 : 0);
  const bool clip = problem.forward_clip > 0.0F;
  const bool recompute = problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
  g.reserve_values = kernel::kept_values(cell.saved, recompute, clip);
  g.kept_values = kernel::kept_values(cell.saved, false, clip);
  g.element_bytes = dtype_bytes(problem.dtype);
  g.state_bytes = dtype_bytes(problem.state_dtype);
  return g;
}

std::int64_t product(std::initializer_list<std::int64_t> factors) {
  std::int64_t result = 0;
  return checked_product(factors, &result) ? result : kInt64Max;
}

}  // namespace flashrnn::gpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/kernel/fused_backward_shape.hpp"
#include "common/kernel/fused_forward_shape.hpp"
#include "common/plan/constraint_model.hpp"
#include "common/plan/gpu_figures.hpp"
#include "common/plan/planner.hpp"

namespace flashrnn::plan {

/// The constraint model of a form, and where its decisions stand in a row.
struct GpuModel {
  ConstraintModel constraints;
  bool backward = false;
  bool fused = true;

  [[nodiscard]] kernel::Tile tile(const Row& row) const;
  [[nodiscard]] std::int64_t threads(const Row& row) const { return row[threads_]; }
  [[nodiscard]] std::int64_t registers(const Row& row) const { return row[registers_]; }
  [[nodiscard]] std::int64_t shared_bytes(const Row& row) const { return row[shared_]; }
  explicit GpuModel(ModelDefinition definition, bool backward_pass, bool fused_form);

 private:
  struct Slots {
    std::size_t row_tiles, block_heads, group_blocks, block_unit_tiles, unit_warps, k_warps, warp_unit_tiles,
        warp_k_tiles, register_k, shared_k, stages;
  };
  Slots slots_{};
  std::size_t threads_ = 0;
  std::size_t registers_ = 0;
  std::size_t shared_ = 0;
};

/// Parsed at the first call.
[[nodiscard]] const GpuModel& gpu_model(Form form, bool backward);

/// The problem as kernels see it: stepwise and, for registers, all.
[[nodiscard]] kernel::Needs needs_of(const Shape& shape, Form form);
/// Of the fused kernels.
[[nodiscard]] kernel::fused_forward::Shape forward_shape(const Shape& shape, Form form,
                                                         const kernel::Instruction& matrix, const kernel::Tile& tile);
[[nodiscard]] kernel::FusedBackwardNeeds backward_needs(const Shape& shape);
[[nodiscard]] kernel::Exchange exchange_of(Form form);
/// D as the library's buffers have it.
[[nodiscard]] std::int64_t padded_dim(const Shape& shape);

/// What the model of a form is told of a problem on a device.
[[nodiscard]] std::vector<Input> inputs_of(const Shape& shape, const GpuFigures& figures, Form form);

}  // namespace flashrnn::plan

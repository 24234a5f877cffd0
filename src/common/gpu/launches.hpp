// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "common/gpu/bookings.hpp"
#include "common/gpu/device.hpp"
#include "common/gpu/geometry.hpp"
#include "common/plan/planner.hpp"

/// What is instantiated for a problem, and how it is launched. Pure: the same on a machine without the device.
namespace flashrnn::gpu {

struct PlannedKernel {
  KernelSpec spec;
  LaunchShape shape;
};

/// What the planner is told of a pass.
[[nodiscard]] plan::Shape shape_of(const Problem& problem, const CellSource& cell, plan::Pass pass, bool specialised);

/// The problem's options as kernels have them. `sequence`: which states have a sequence tensor in the pass.
[[nodiscard]] std::uint32_t flags_of(const Problem& problem, flashrnn_sequence sequence);

/// The matrix tile that stands for a plan's instruction.
[[nodiscard]] MatrixTileName matrix_tile_of(std::string_view instruction);

/// Of plans of the form stepwise: one launch covers `rows` rows of the batch, or tokens. `kind`: kStepwiseForward,
/// kStepwiseBackward or kRecompute.
[[nodiscard]] PlannedKernel stepwise_kernel(KernelKind kind, const Problem& problem, const Geometry& g,
                                            const plan::GpuPlan& plan, std::int64_t rows);

/// Of plans of another form: one launch for all steps. `specialised`: compiled for the problem's options and D. None
/// where the kernel does not take the plan's tile.
struct FusedKernel {
  PlannedKernel kernel;
  ExchangeSizes exchange;
};
[[nodiscard]] std::optional<FusedKernel> fused_kernel(const Problem& problem, const Geometry& g, const CellSource& cell,
                                                      const plan::GpuPlan& plan, bool specialised);
/// The options that a fused kernel of a pass is compiled for.
[[nodiscard]] std::uint32_t compiled_flags(const Problem& problem, plan::Pass pass, bool specialised);

[[nodiscard]] PlannedKernel pack_kernel(const Problem& problem, const Geometry& g, const plan::GpuPlan& plan);

/// The two kernels of dR and db. Their shares of the work follow from the device's size.
struct GradientKernels {
  PlannedKernel product, sum;
  std::int64_t partial_bytes = 0;  ///< of workspace between them
};
/// `built`: as Device::built_tile.
[[nodiscard]] GradientKernels gradient_kernels(
    const Problem& problem, const Geometry& g, const CellSource& cell, const plan::GpuPlan& plan,
    const hw::Device& device, const std::function<std::optional<kernel::Tile>(const KernelSpec&)>& built);

}  // namespace flashrnn::gpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "common/gpu/launches.hpp"
#include "common/gpu/plan_options.hpp"

namespace flashrnn::gpu {

/// What a plan launches.
enum class Role : std::uint8_t { kPack, kForward, kBackward, kStep, kRecompute, kGradient, kGradientSum };
inline constexpr std::size_t kRoles = 7;

/// The choices for a problem. Roles that it does not need are empty.
struct KernelSet {
  plan::GpuPlan forward_plan, backward_plan, step_plan;
  std::array<std::optional<PlannedKernel>, kRoles> kernels;
  ExchangeSizes forward_exchange, backward_exchange;
  std::int64_t partial_bytes = 0;

  [[nodiscard]] std::optional<PlannedKernel>& operator[](Role role) { return kernels[static_cast<std::size_t>(role)]; }
};

/// As Device has them, or as a device would that is known by its figures alone.
struct Planner {
  std::function<std::optional<plan::GpuPlan>(const plan::Shape&, const plan::GpuOptions&, std::string* why_not)> plan;
  std::function<std::optional<kernel::Tile>(const KernelSpec&)> built_tile;
  bool specialises = true;
};

/// Chooses a problem's forms, and the next ones where a device refuses.
class Chooser {
 public:
  Chooser(const Problem& problem, const CellSource& cell, const hw::Device& device, Planner planner,
          const PlanOptions& options);

  /// The best forms. Errors: UNSUPPORTED.
  Status choose(KernelSet* set);
  /// The best form for the pass of `role` (kForward or kBackward) that has not been chosen before. False: none is left.
  bool choose_next(Role role, KernelSet* set);

  [[nodiscard]] const Geometry& geometry() const { return g_; }

 private:
  Status choose_pass(Role role, KernelSet* set);
  Status find_plan(plan::Pass pass, std::int64_t rows, std::optional<plan::Form> form, plan::GpuPlan* plan) const;
  [[nodiscard]] bool set_pass(Role role, const plan::GpuPlan& plan, KernelSet* set) const;

  const Problem& problem_;
  const CellSource& cell_;
  const hw::Device& device_;
  Planner planner_;
  PlanOptions options_;
  Geometry g_;
  std::array<bool, 4> forward_tried_ = {}, backward_tried_ = {};  // by Form
};

}  // namespace flashrnn::gpu

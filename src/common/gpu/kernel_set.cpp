// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/kernel_set.hpp"

#include <utility>

#include "common/runtime/cell_registry.hpp"

namespace flashrnn::gpu {
namespace {

using plan::Form;
using plan::Pass;

/// Less machinery last: what is left when others were refused.
constexpr std::array kForms = {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise};
/// Forms and tiles add up R h in orders of their own. A choice that does not look at T gives the chunks of a sequence
/// the bits of the whole.
constexpr std::int64_t kPlannedSteps = 1024;
/// The same for a product over all tokens.
constexpr std::int64_t kPlannedTokens = 65536;

std::size_t index_of(Form form) { return static_cast<std::size_t>(form); }

}  // namespace

Chooser::Chooser(const Problem& problem, const CellSource& cell, const hw::Device& device, Planner planner,
                 const PlanOptions& options)
    : problem_(problem),
      cell_(cell),
      device_(device),
      planner_(std::move(planner)),
      options_(options),
      g_(geometry_of(problem, cell)) {}

Status Chooser::find_plan(Pass pass, std::int64_t rows, std::optional<Form> form, plan::GpuPlan* plan) const {
  plan::Shape shape = shape_of(problem_, cell_, pass, planner_.specialises);
  shape.batch = rows;
  if (pass != Pass::kStep) shape.steps = kPlannedSteps;
  plan::GpuOptions options;
  options.form = form;
  if (pass == Pass::kForward) options.choices = options_.forward_choices;
  if (pass == Pass::kBackward) options.choices = options_.backward_choices;
  std::string why;
  std::optional<plan::GpuPlan> found = planner_.plan(shape, options, &why);
  if (!found) {
    return Status::unsupported("the device " + device_.name + " has no plan for the " +
                               std::string(plan::to_string(pass)) + " of cell '" + problem_.cell->name + "': " + why);
  }
  *plan = *std::move(found);
  return {};
}

/// False where the kernel does not take the plan.
bool Chooser::set_pass(Role role, const plan::GpuPlan& plan, KernelSet* set) const {
  const bool forward = role == Role::kForward;
  ExchangeSizes& exchange = forward ? set->forward_exchange : set->backward_exchange;
  exchange = {};
  if (plan.form == Form::kStepwise) {
    const KernelKind kind = forward ? KernelKind::kStepwiseForward : KernelKind::kStepwiseBackward;
    (*set)[role] = stepwise_kernel(kind, problem_, g_, plan, g_.batch);
  } else {
    const std::optional<FusedKernel> fused = fused_kernel(problem_, g_, cell_, plan, planner_.specialises);
    if (!fused) return false;
    (*set)[role] = fused->kernel;
    exchange = fused->exchange;
  }
  (forward ? set->forward_plan : set->backward_plan) = plan;
  return true;
}

Status Chooser::choose_pass(Role role, KernelSet* set) {
  const bool forward = role == Role::kForward;
  std::optional<Form> form = forward ? options_.forward : options_.backward;
  // A forward of one step has the bits of a step.
  if (forward && g_.steps == 1) form = Form::kStepwise;
  plan::GpuPlan plan;
  FLASHRNN_RETURN_IF_ERROR(find_plan(forward ? Pass::kForward : Pass::kBackward, g_.batch, form, &plan));
  if (forward && g_.steps == 1) plan = set->step_plan;
  (forward ? forward_tried_ : backward_tried_)[index_of(plan.form)] = true;
  if (set_pass(role, plan, set) || choose_next(role, set)) return {};
  return Status::unsupported("no kernel takes the plan: " + plan.to_string());
}

Status Chooser::choose(KernelSet* set) {
  plan::GpuPlan& step = set->step_plan;
  FLASHRNN_RETURN_IF_ERROR(find_plan(Pass::kStep, g_.batch, Form::kStepwise, &step));
  (*set)[Role::kStep] = stepwise_kernel(KernelKind::kStepwiseForward, problem_, g_, step, g_.batch);
  (*set)[Role::kPack] = pack_kernel(problem_, g_, step);
  FLASHRNN_RETURN_IF_ERROR(choose_pass(Role::kForward, set));
  if (!problem_.training) return {};
  FLASHRNN_RETURN_IF_ERROR(choose_pass(Role::kBackward, set));
  if (problem_.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) {
    plan::GpuPlan all_tokens;
    FLASHRNN_RETURN_IF_ERROR(find_plan(Pass::kStep, kPlannedTokens, Form::kStepwise, &all_tokens));
    (*set)[Role::kRecompute] = stepwise_kernel(KernelKind::kRecompute, problem_, g_, all_tokens, g_.tokens);
  }
  const GradientKernels gradient = gradient_kernels(problem_, g_, cell_, step, device_, planner_.built_tile);
  (*set)[Role::kGradient] = gradient.product;
  (*set)[Role::kGradientSum] = gradient.sum;
  set->partial_bytes = gradient.partial_bytes;
  return {};
}

bool Chooser::choose_next(Role role, KernelSet* set) {
  const bool forward = role == Role::kForward;
  if (forward ? options_.forward : options_.backward) return false;
  for (const Form form : kForms) {
    bool& tried = (forward ? forward_tried_ : backward_tried_)[index_of(form)];
    if (tried) continue;
    tried = true;
    plan::GpuPlan plan;
    if (!find_plan(forward ? Pass::kForward : Pass::kBackward, g_.batch, form, &plan).ok()) continue;
    if (set_pass(role, plan, set)) return true;
  }
  return false;
}

}  // namespace flashrnn::gpu

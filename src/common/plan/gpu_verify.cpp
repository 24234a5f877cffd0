// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_verify.hpp"

#include <array>

#include "common/kernel/fused_backward.hpp"
#include "common/kernel/stepwise.hpp"
#include "common/plan/gpu_models.hpp"

namespace flashrnn::plan {

std::int64_t kernel_shared_bytes(const Shape& shape, const GpuPlan& plan) {
  if (plan.form == Form::kStepwise) {
    return kernel::stepwise::shared_bytes(plan.matrix, needs_of(shape, plan.form), plan.tile);
  }
  if (plan.pass != Pass::kBackward) {
    return kernel::fused_forward::block_shared_bytes(forward_shape(shape, plan.form, plan.matrix, plan.tile));
  }
  return kernel::fused_backward_shape(plan.matrix, backward_needs(shape), plan.tile, exchange_of(plan.form))
      .shared_bytes;
}

std::int64_t kernel_registers(const Shape& shape, const GpuPlan& plan) {
  const kernel::Needs needs = needs_of(shape, plan.form);
  if (plan.form == Form::kStepwise) return kernel::stepwise::registers(plan.matrix, needs, plan.tile);
  if (plan.pass != Pass::kBackward) {
    return kernel::fused_forward::register_estimate(forward_shape(shape, plan.form, plan.matrix, plan.tile));
  }
  return kernel::fused_backward::registers(plan.matrix, needs, plan.tile, plan.form == Form::kGrid);
}

bool kernel_takes(const Shape& shape, const GpuPlan& plan) {
  if (plan.form == Form::kStepwise) return true;
  if (plan.pass != Pass::kBackward) {
    return kernel::fused_forward::possible(forward_shape(shape, plan.form, plan.matrix, plan.tile));
  }
  return kernel::fused_backward_takes(plan.matrix, backward_needs(shape), plan.tile, exchange_of(plan.form));
}

std::string verify(const GpuProblem& problem, const GpuPlan& plan) {
  const GpuFigures& f = problem.figures;
  if (plan.pass != problem.shape.pass) return "the plan is for another pass";
  if (plan.matrix != f.matrix || plan.instruction != f.instruction) return "the plan has another matrix instruction";

  struct Limit {
    const char* what;
    std::int64_t value, expected, limit;
  };
  const std::int64_t registers = kernel_registers(problem.shape, plan);
  const std::int64_t blocks = plan.form == Form::kCluster ? f.cluster_blocks : f.compute_units;
  const std::int64_t threads = kernel::threads(plan.matrix, plan.tile);
  const std::int64_t of_block = block_registers(f, threads, registers);
  for (const Limit& x : {Limit{"threads of a block", plan.threads, threads, f.threads_per_block},
                         Limit{"registers of a thread", plan.registers, registers, f.registers_per_thread},
                         Limit{"registers of a block", of_block, of_block, f.registers_per_unit},
                         Limit{"shared memory of a block", plan.shared_bytes, kernel_shared_bytes(problem.shape, plan),
                               f.shared_per_block},
                         Limit{"blocks of a group", plan.tile.group_blocks, plan.tile.group_blocks, blocks}}) {
    if (x.value != x.expected) {
      return std::string(x.what) + ": the plan says " + std::to_string(x.value) + ", the kernel " +
             std::to_string(x.expected);
    }
    if (x.value > x.limit)
      return std::string(x.what) + ": " + std::to_string(x.value) + " > " + std::to_string(x.limit);
  }

  if (!kernel_takes(problem.shape, plan)) return "the kernel cannot be instantiated with this tile";

  // The tile's values leave one row at most: the derived ones are completed, then every constraint is evaluated by
  // itself.
  const GpuModel& model = gpu_model(plan.form, plan.pass == Pass::kBackward);
  const std::vector<Input> inputs = inputs_of(problem.shape, f, plan.form);
  std::vector<Input> fixed;
  for (const Choice& choice : choices_of(plan)) {
    const std::string_view variable = variable_of(choice.name);
    if (model.constraints.slot(variable) != ConstraintModel::kNoSlot) fixed.push_back({variable, choice.value});
  }
  const Configurations found = model.constraints.find(inputs, 1, fixed);
  if (found.rows.empty()) return found.error.empty() ? "the tile breaks a constraint of its form" : found.error;
  return model.constraints.check(inputs, found.rows.front());
}

}  // namespace flashrnn::plan

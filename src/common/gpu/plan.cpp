// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/plan.hpp"

#include <algorithm>
#include <utility>

#include "common/gpu/kernel_set.hpp"
#include "common/gpu/load.hpp"
#include "common/gpu/prepared.hpp"
#include "common/runtime/cell_registry.hpp"

namespace flashrnn::gpu {
namespace {

class GpuDevicePlan final : public DevicePlan {
 public:
  explicit GpuDevicePlan(Prepared prepared) : p_(std::move(prepared)) {}

  [[nodiscard]] flashrnn_sizes sizes() const override { return p_.sizes(); }
  [[nodiscard]] std::string describe() const override { return p_.describe(); }
  Status pack(const flashrnn_pack_args& args) const override { return run_pack(p_, args); }
  Status forward(const flashrnn_forward_args& args) const override { return run_forward(p_, args); }
  Status backward(const flashrnn_backward_args& args) const override { return run_backward(p_, args); }
  Status step(const flashrnn_step_args& args) const override { return run_step(p_, args); }

 private:
  Prepared p_;
};

Status find_cell_source(const Problem& problem, const CellSource** cell) {
  *cell = static_cast<const CellSource*>(problem.cell->gpu_source);
  if (*cell != nullptr) return {};
  return Status::unsupported("cell: '" + std::string(problem.cell->name) +
                             "' was not built for GPUs; add it with flashrnn_add_cell");
}

Status book(const KernelSet& set, Prepared* p) {
  p->packed = book_packed(p->problem, p->g);
  p->reserve = book_reserve(p->problem, p->g);
  p->step_bookings = book_forward(p->g, p->packed, true, {});
  p->forward_bookings =
      book_forward(p->g, p->packed, set.forward_plan.form == plan::Form::kStepwise, set.forward_exchange);
  p->backward_bookings = book_backward(p->problem, p->g, p->packed, set.backward_plan.form == plan::Form::kStepwise,
                                       set.backward_exchange, set.partial_bytes);
  for (const Ledger* ledger : {&p->packed.ledger, &p->reserve.ledger, &p->step_bookings.ledger,
                               &p->forward_bookings.ledger, &p->backward_bookings.ledger}) {
    FLASHRNN_RETURN_IF_ERROR(Status(ledger->status()));
  }
  return {};
}

}  // namespace

Status create_plan(std::shared_ptr<const Device> device, const Problem& problem, const Logger& logger,
                   std::unique_ptr<DevicePlan>* plan, const PlanOptions& options) {
  const CellSource* cell = nullptr;
  FLASHRNN_RETURN_IF_ERROR(find_cell_source(problem, &cell));
  const Planner planner = {[&](const plan::Shape& shape, const plan::GpuOptions& wanted, std::string* why_not) {
                             return device->plan(shape, wanted, why_not);
                           },
                           [&](const KernelSpec& spec) { return device->built_tile(spec); }, device->specialises()};
  Chooser chooser(problem, *cell, device->hardware(), planner, options);
  KernelSet set;
  FLASHRNN_RETURN_IF_ERROR(chooser.choose(&set));
  Prepared p;
  p.problem = problem;
  p.g = chooser.geometry();
  // Before anything is compiled: sizes that no memory has are the caller's mistake.
  FLASHRNN_RETURN_IF_ERROR(book(set, &p));
  FLASHRNN_RETURN_IF_ERROR(load_kernels(*device, logger, &chooser, &set, &p));
  FLASHRNN_RETURN_IF_ERROR(book(set, &p));
  p.device = std::move(device);
  p.forward_plan = set.forward_plan;
  p.backward_plan = set.backward_plan;
  p.step_plan = set.step_plan;
  *plan = std::make_unique<GpuDevicePlan>(std::move(p));
  return {};
}

Status specs_of(const Problem& problem, const hw::Device& device, const PlanOptions& options,
                std::vector<PlannedKernel>* kernels) {
  const CellSource* cell = nullptr;
  FLASHRNN_RETURN_IF_ERROR(find_cell_source(problem, &cell));
  const Planner planner = {[&](const plan::Shape& shape, const plan::GpuOptions& wanted, std::string* why_not) {
                             return plan::plan_gpu(shape, device, wanted, why_not);
                           },
                           [](const KernelSpec&) { return std::nullopt; }};
  KernelSet set;
  FLASHRNN_RETURN_IF_ERROR(Chooser(problem, *cell, device, planner, options).choose(&set));
  kernels->clear();
  for (const std::optional<PlannedKernel>& kernel : set.kernels) {
    if (!kernel) continue;
    const bool known = std::any_of(kernels->begin(), kernels->end(), [&](const PlannedKernel& other) {
      return other.spec == kernel->spec && other.shape == kernel->shape;
    });
    if (!known) kernels->push_back(*kernel);
  }
  return {};
}

}  // namespace flashrnn::gpu

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <new>

#include "backend_cpu/backward.hpp"
#include "backend_cpu/facts.hpp"
#include "backend_cpu/forward.hpp"
#include "backend_cpu/models.hpp"
#include "common/runtime/backend.hpp"
#include "hw_db/database.hpp"

namespace flashrnn {
namespace {

using cpu::CpuPlan;
using cpu::Crew;
using cpu::Rows;

int sequence_states(flashrnn_sequence sequence, int states) {
  return sequence == FLASHRNN_SEQUENCE_ALL ? states : sequence == FLASHRNN_SEQUENCE_H ? 1 : 0;
}

class CpuDevicePlan final : public DevicePlan {
 public:
  CpuPlan plan;

  [[nodiscard]] flashrnn_sizes sizes() const override { return plan.sizes(); }
  [[nodiscard]] std::string describe() const override { return plan.describe(); }

  Status pack(const flashrnn_pack_args& args) const override {
    Crew crew(plan.threads);
    cpu::pack_weights(plan, args.R, args.b, args.packed, cpu::PackParts::kAll, crew);
    return {};
  }

  Status forward(const flashrnn_forward_args& args) const override {
    const CpuPlan::ForwardBookings& bookings = plan.forward_bookings;
    const Workspace workspace(bookings.ledger, args.workspace);
    Crew crew(plan.threads);
    const void* packed = packed_weights(args, workspace, bookings.packed, crew, kForward);
    const Rows rows = make_rows(workspace, bookings.rows, args.lengths, args.cu_seqlens);
    const cpu::ForwardCall call = {
        args.Wx,
        args.initial_states,
        args.reset_states,
        plan.problem.use_resets ? args.resets : nullptr,
        args.resets_stride_b,
        args.states,
        args.states.data == nullptr ? 0 : sequence_states(plan.problem.output_sequence, plan.g.S),
        args.final_states,
        plan.problem.training ? args.reserve : nullptr};
    cpu::Forward(plan, bookings, workspace, rows, packed, call).run(crew);
    return {};
  }

  Status backward(const flashrnn_backward_args& args) const override {
    const CpuPlan::BackwardBookings& bookings = plan.backward_bookings;
    const Workspace workspace(bookings.ledger, args.workspace);
    Crew crew(plan.threads);
    const void* packed = packed_weights(args, workspace, bookings.packed, crew, kBackward);
    const Rows rows = make_rows(workspace, bookings.rows, args.lengths, args.cu_seqlens);
    const cpu::BackwardCall call = {
        args.Wx,
        args.dstates,
        args.dstates.data == nullptr ? 0 : sequence_states(plan.problem.gradient_sequence, plan.g.S),
        args.dfinal_states,
        plan.problem.use_resets ? args.resets : nullptr,
        args.resets_stride_b,
        args.dWx,
        args.dR,
        args.db,
        args.accumulate_weight_gradients != 0,
        args.dinitial_states,
        args.dreset_states,
        args.reserve};
    cpu::Backward(plan, workspace, rows, packed, call).run(crew);
    return {};
  }

  Status step(const flashrnn_step_args& args) const override {
    const CpuPlan::ForwardBookings& bookings = plan.step_bookings;
    const Workspace workspace(bookings.ledger, args.workspace);
    Crew crew(plan.step_threads);
    const void* packed = packed_weights(args, workspace, bookings.packed, crew, kForward);
    const Rows rows = Rows::whole(plan.problem, 1);
    flashrnn_const_tensor states = {args.states.data, args.states.stride_s, args.states.stride_b, 0};
    const cpu::ForwardCall call = {
        args.Wx,     states, args.reset_states, args.resets, 1, args.output, args.output.data == nullptr ? 0 : 1,
        args.states, nullptr};
    cpu::Forward(plan, bookings, workspace, rows, packed, call).run(crew);
    return {};
  }

 private:
  static constexpr cpu::PackParts kForward = cpu::PackParts::kForward;
  static constexpr cpu::PackParts kBackward = cpu::PackParts::kBackward;

  /// The caller's, else packed now into the workspace.
  template <class Args>
  const void* packed_weights(const Args& args, const Workspace& workspace, BookingId booking, Crew& crew,
                             cpu::PackParts parts) const {
    if (args.packed_weights != nullptr) return args.packed_weights;
    auto* const to = workspace.take<std::byte>(booking);
    cpu::pack_weights(plan, args.R, args.b, to, parts, crew);
    return to;
  }

  [[nodiscard]] Rows make_rows(const Workspace& workspace, const CpuPlan::RowBookings& bookings,
                               const std::int64_t* lengths, const std::int64_t* cu_seqlens) const {
    if (!plan.problem.use_lengths && !plan.problem.packed) return Rows::whole(plan.problem, plan.problem.time);
    return Rows::ragged(plan, workspace, bookings, lengths, cu_seqlens);
  }
};

class CpuContext final : public DeviceContext {
 public:
  explicit CpuContext(const cpu::CpuFacts& facts) : facts_(facts) {}

  [[nodiscard]] bool host_memory() const override { return true; }

  Status create_plan(const Problem& problem, std::unique_ptr<DevicePlan>* plan) const override {
    auto made = std::make_unique<CpuDevicePlan>();
    FLASHRNN_RETURN_IF_ERROR(cpu::make_plan(problem, facts_, &made->plan));
    *plan = std::move(made);
    return {};
  }

 private:
  cpu::CpuFacts facts_;
};

/// Usable instruction sets, best first, separated by spaces.
std::string usable_isas() {
  std::string names;
  for (int i = cpu::kIsaCount - 1; i >= 0; --i) {
    const auto isa = static_cast<cpu::Isa>(i);
    if (cpu::isa_kernels(isa) == nullptr || !cpu::isa_usable(isa)) continue;
    if (!names.empty()) names += ' ';
    names += cpu::isa_name(isa);
  }
  return names;
}

class CpuBackend final : public Backend {
 public:
  CpuBackend() : isas_(usable_isas()) {
    const cpu::Machine& machine = cpu::this_machine();
    flashrnn_device_info info = {};
    info.struct_size = sizeof(info);
    info.name = "cpu";
    info.description = machine.description.c_str();
    info.isa = cpu::isa_name(cpu::best_isa());
    info.isas = isas_.c_str();
    info.compute_units = machine.cores;
    const hw::CpuFacts& figures = machine.device->cpu;
    info.l1_bytes = figures.l1_data_bytes.value_or(0);
    info.l2_bytes = figures.l2_bytes.value_or(0);
    info.l3_bytes = figures.l3_bytes.value_or(0);
    devices_.push_back(info);
  }

  [[nodiscard]] std::string_view prefix() const override { return "cpu"; }
  [[nodiscard]] const std::vector<flashrnn_device_info>& devices() const override { return devices_; }

  Status create_context(std::string_view name, const flashrnn_context_options& options, Logger logger,
                        std::unique_ptr<DeviceContext>* context) const override {
    if (name != "cpu")
      return Status::invalid("device: '" + std::string(name) + "' is no CPU device; the name is 'cpu'");
    const cpu::Machine& machine = cpu::this_machine();
    cpu::Isa chosen = cpu::best_isa();
    if (options.cpu_isa != nullptr && options.cpu_isa[0] != '\0') {
      const std::string wanted = options.cpu_isa;
      bool found = false;
      for (int i = 0; i < cpu::kIsaCount; ++i) {
        const auto isa = static_cast<cpu::Isa>(i);
        if (wanted != cpu::isa_name(isa) || cpu::isa_kernels(isa) == nullptr || !cpu::isa_usable(isa)) continue;
        chosen = isa;
        found = true;
      }
      if (!found)
        return Status::invalid("cpu_isa: '" + wanted + "' does not run here; this machine and build have: " + isas_);
    }
    const int threads = options.num_threads == 0 ? machine.cores : options.num_threads;
    std::vector<std::string> notes;
    const cpu::CpuFacts facts = cpu::facts_of(*machine.device, chosen, threads, &notes);
    if (logger) {
      for (const std::string& line : machine.log) logger(FLASHRNN_LOG_WARNING, line.c_str());
      for (const std::string& line : notes) logger(FLASHRNN_LOG_INFO, line.c_str());
    }
    cpu::parse_models();
    *context = std::make_unique<CpuContext>(facts);
    return {};
  }

 private:
  std::string isas_;
  std::vector<flashrnn_device_info> devices_;
};

}  // namespace

const Backend& cpu_backend() {
  static const CpuBackend backend;
  return backend;
}

}  // namespace flashrnn

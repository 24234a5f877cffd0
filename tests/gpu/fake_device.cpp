// SPDX-License-Identifier: Apache-2.0
#include "tests/gpu/fake_device.hpp"

#include "common/runtime/cell_registry.hpp"
#include "hw_db/database.hpp"

namespace flashrnn::gpu::testing {
namespace {

class FakeKernel final : public Kernel {
 public:
  explicit FakeKernel(KernelKind kind) : kind(kind) {}
  [[nodiscard]] KernelResources resources() const override { return {}; }
  KernelKind kind;
};

/// Far apart, and aligned well.
template <typename T = void>
T* address(std::uintptr_t number) {
  return reinterpret_cast<T*>(number << 32U);
}

}  // namespace

FakeDevice::FakeDevice() : hardware_(hw::Database::shared().find(kDeviceName)) {}

Status FakeDevice::load(const KernelSpec& spec, const LaunchShape&, std::shared_ptr<const Kernel>* kernel) const {
  {
    const std::scoped_lock lock(mutex);
    loaded.push_back(spec);
  }
  if (on_load) FLASHRNN_RETURN_IF_ERROR(on_load(spec));
  *kernel = std::make_shared<FakeKernel>(spec.kind);
  return {};
}

Status FakeDevice::launch(const Kernel& kernel, const LaunchShape& shape, const void* parameters, std::size_t bytes,
                          void* stream) const {
  const KernelKind kind = static_cast<const FakeKernel&>(kernel).kind;
  if (records) {
    const auto* first = static_cast<const std::byte*>(parameters);
    launches.push_back({kind, shape, stream, {first, first + bytes}});
  }
  return on_launch ? on_launch(kind) : Status();
}

Status FakeDevice::clear(void*, std::size_t bytes, void*) const {
  cleared += bytes;
  return {};
}

void FakeDevice::begin_call(const Buffer* buffers, std::size_t count) const {
  ++begun_calls;
  if (!records) return;
  for (std::size_t i = 0; i < count; ++i) named.emplace_back(buffers[i].name);
}

Problem problem_of(const char* cell) {
  Problem p;
  p.cell = find_cell(cell);
  p.dtype = p.state_dtype = FLASHRNN_BF16;
  p.batch = 5;
  p.time = 3;
  p.heads = 2;
  p.head_dim = 24;
  p.tokens = p.batch * p.time;
  p.training = true;
  return p;
}

Problem lstm_problem() { return problem_of("lstm"); }

Status Made::make(const Problem& problem, const PlanOptions& options) {
  const Logger logger = [this](flashrnn_log_level, const char* line) { log.emplace_back(line); };
  return create_plan(device, problem, logger, &plan, options);
}

flashrnn_pack_args pack_args() {
  flashrnn_pack_args a = FLASHRNN_PACK_ARGS_INIT;
  a.R = address(1);
  a.b = address(2);
  a.packed = address(3);
  return a;
}

flashrnn_forward_args forward_args(const Problem& p, const DevicePlan& plan) {
  const std::int64_t row = p.heads * p.head_dim;
  const std::int64_t gates = p.cell->input_gates * row;
  flashrnn_forward_args a = FLASHRNN_FORWARD_ARGS_INIT;
  a.Wx = {address(4), 0, p.time * gates, gates};
  a.packed_weights = address(3);
  a.initial_states = {address(5), p.batch * row, row, 0};
  a.lengths = address<std::int64_t>(6);
  a.resets = address<std::uint8_t>(7);
  a.resets_stride_b = p.time;
  a.reset_states = {address(8), p.batch * row, row, 0};
  a.states = {address(9), p.batch * p.time * row, p.time * row, row};
  a.final_states = {address(10), p.batch * row, row, 0};
  a.reserve = p.training ? address(11) : nullptr;
  a.workspace = address(12);
  a.workspace_size = plan.sizes().forward_workspace;
  a.stream = address(99);
  return a;
}

flashrnn_backward_args backward_args(const Problem& p, const DevicePlan& plan) {
  const std::int64_t row = p.heads * p.head_dim;
  const std::int64_t gates = p.cell->input_gates * row;
  flashrnn_backward_args a = FLASHRNN_BACKWARD_ARGS_INIT;
  a.Wx = {address(4), 0, p.time * gates, gates};
  a.packed_weights = address(3);
  a.lengths = address<std::int64_t>(6);
  a.resets = address<std::uint8_t>(7);
  a.resets_stride_b = p.time;
  a.dstates = {address(20), p.batch * p.time * row, p.time * row, row};
  a.dfinal_states = {address(21), p.batch * row, row, 0};
  a.dWx = {address(22), 0, p.time * gates, gates};
  a.dR = address<float>(23);
  a.db = address<float>(24);
  a.dinitial_states = {address(25), p.batch * row, row, 0};
  if (p.use_resets) a.dreset_states = {address(26), p.batch * row, row, 0};
  a.reserve = address(11);
  a.workspace = address(12);
  a.workspace_size = plan.sizes().backward_workspace;
  a.stream = address(99);
  return a;
}

flashrnn_step_args step_args(const DevicePlan& plan) {
  flashrnn_step_args a = FLASHRNN_STEP_ARGS_INIT;
  a.Wx = {address(4), 0, 192, 0};
  a.packed_weights = address(3);
  a.resets = address<std::uint8_t>(7);
  a.reset_states = {address(8), 240, 48, 0};
  a.states = {address(10), 240, 48, 0};
  a.output = {address(13), 0, 48, 0};
  a.workspace = address(12);
  a.workspace_size = plan.sizes().step_workspace;
  a.stream = address(99);
  return a;
}

}  // namespace flashrnn::gpu::testing

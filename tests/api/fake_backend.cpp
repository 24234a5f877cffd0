// SPDX-License-Identifier: Apache-2.0
#include "tests/api/fake_backend.hpp"

#include <utility>

namespace flashrnn::testing {
namespace {

Status run_hook(const std::function<Status()>& hook) { return hook ? hook() : Status(); }

class FakePlan final : public DevicePlan {
 public:
  explicit FakePlan(const Problem& problem) : training_(problem.training) { ++fake().open_plans; }
  ~FakePlan() override { --fake().open_plans; }

  [[nodiscard]] flashrnn_sizes sizes() const override {
    return {sizeof(flashrnn_sizes), kForwardWorkspace,        training_ ? kBackwardWorkspace : 0,
            kStepWorkspace,         training_ ? kReserve : 0, kPackedWeights};
  }
  [[nodiscard]] std::string describe() const override { return kDescription; }
  Status pack(const flashrnn_pack_args& args) const override { return record(args, &fake().pack); }
  Status forward(const flashrnn_forward_args& args) const override { return record(args, &fake().forward); }
  Status backward(const flashrnn_backward_args& args) const override { return record(args, &fake().backward); }
  Status step(const flashrnn_step_args& args) const override { return record(args, &fake().step); }

 private:
  template <typename Args>
  static Status record(const Args& args, Args* out) {
    ++fake().calls;
    *out = args;
    return run_hook(fake().on_call);
  }
  bool training_;
};

class FakeContext final : public DeviceContext {
 public:
  explicit FakeContext(bool host_memory) : host_memory_(host_memory) { ++fake().open_contexts; }
  ~FakeContext() override { --fake().open_contexts; }

  [[nodiscard]] bool host_memory() const override { return host_memory_; }
  Status create_plan(const Problem& problem, std::unique_ptr<DevicePlan>* plan) const override {
    FLASHRNN_RETURN_IF_ERROR(run_hook(fake().on_create_plan));
    fake().problem = problem;
    *plan = std::make_unique<FakePlan>(problem);
    return {};
  }

 private:
  bool host_memory_;
};

class FakeBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view prefix() const override { return "fake"; }
  [[nodiscard]] const std::vector<flashrnn_device_info>& devices() const override { return devices_; }
  Status create_context(std::string_view name, const flashrnn_context_options& options, Logger logger,
                        std::unique_ptr<DeviceContext>* context) const override {
    if (name != "fake:0" && name != "fake:1") {
      return {FLASHRNN_DEVICE_UNAVAILABLE, "there is no such fake device"};
    }
    fake().options = options;
    fake().logger = std::move(logger);
    *context = std::make_unique<FakeContext>(name == "fake:0");
    return {};
  }

 private:
  std::vector<flashrnn_device_info> devices_ = {
      {sizeof(flashrnn_device_info), "fake:0", "host memory", "none", "none", 3, 0, 1, 2, 3},
      {sizeof(flashrnn_device_info), "fake:1", "device memory", "none", "none", 4, 0, 5, 6, 7}};
};

const bool added = [] {
  static const FakeBackend backend;
  add_backend(backend);
  return true;
}();

}  // namespace

FakeState& fake() {
  static FakeState state;
  return state;
}

void reset_fake() {
  static_cast<void>(added);
  const int contexts = fake().open_contexts;
  const int plans = fake().open_plans;
  fake() = FakeState();
  fake().open_contexts = contexts;
  fake().open_plans = plans;
}

}  // namespace flashrnn::testing

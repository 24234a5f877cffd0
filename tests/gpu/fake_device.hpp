// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/gpu/plan.hpp"

/// A GPU that computes nothing and remembers what it was asked for. Its figures are those of a device of the database.
namespace flashrnn::gpu::testing {

inline constexpr const char* kDeviceName = "nvidia/h200";

struct Launch {
  KernelKind kind;
  LaunchShape shape;
  void* stream;
  std::vector<std::byte> parameters;

  template <typename Parameters>
  [[nodiscard]] Parameters as() const {
    Parameters p;
    std::memcpy(static_cast<void*>(&p), parameters.data(), sizeof p);
    return p;
  }
};

class FakeDevice final : public Device {
 public:
  FakeDevice();
  [[nodiscard]] const hw::Device& hardware() const override { return *hardware_; }
  [[nodiscard]] std::string_view name() const override { return "fake:0"; }
  Status load(const KernelSpec& spec, const LaunchShape& shape, std::shared_ptr<const Kernel>* kernel) const override;
  Status launch(const Kernel& kernel, const LaunchShape& shape, const void* parameters, std::size_t bytes,
                void* stream) const override;
  Status clear(void* target, std::size_t bytes, void* stream) const override;
  void begin_call(const Buffer* buffers, std::size_t count) const override;
  void end_call() const override { ++ended_calls; }

  /// What load and launch answer; empty: success.
  std::function<Status(const KernelSpec&)> on_load;
  std::function<Status(KernelKind)> on_launch;

  mutable std::mutex mutex;
  mutable std::vector<KernelSpec> loaded;
  mutable bool records = true;  ///< false: launches are not remembered, which allocates
  mutable std::vector<Launch> launches;
  mutable std::size_t cleared = 0;  ///< bytes
  mutable std::vector<std::string> named;
  mutable int begun_calls = 0;
  mutable int ended_calls = 0;

 private:
  const hw::Device* hardware_;
};

/// lstm bf16, B 5, T 3, N 2, D 24.
Problem lstm_problem();
/// Of another cell.
Problem problem_of(const char* cell);

/// A plan, with the device that it is made for.
struct Made {
  std::shared_ptr<FakeDevice> device = std::make_shared<FakeDevice>();
  std::vector<std::string> log;
  std::unique_ptr<DevicePlan> plan;

  Status make(const Problem& problem, const PlanOptions& options = {});
};

/// Every argument present; the addresses are numbers that nobody follows.
flashrnn_pack_args pack_args();
flashrnn_forward_args forward_args(const Problem& problem, const DevicePlan& plan);
flashrnn_backward_args backward_args(const Problem& problem, const DevicePlan& plan);
flashrnn_step_args step_args(const DevicePlan& plan);

/// Only stepwise kernels.
inline PlanOptions stepwise() { return {plan::Form::kStepwise, plan::Form::kStepwise}; }

}  // namespace flashrnn::gpu::testing

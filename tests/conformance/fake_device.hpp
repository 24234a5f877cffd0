// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/reference/reference.hpp"
#include "verify/api.hpp"

namespace flashrnn::verify {

/// What a FakeDevice does wrong.
enum class Fault {
  kNone,
  kFailedCall,
  kUnwrittenElement,   ///< the last element of the states is left as it was
  kWriteBehindBuffer,  ///< one element past dWx
  kWriteBetweenRows,   ///< into a gap of a strided output
  kChangedInput,
  kChangedReserve,
  kChangedByRepetition,
  kSmallForwardError,  ///< 2e-5 relative
  kSmallGradientError,
  kTruncation,    ///< 16-bit results are cut off instead of rounded
  kSwappedGates,  ///< in dR
  kIgnoredReset,
  kIgnoredLengths,
  kIgnoredDirection,
  kIgnoredForwardClip,
  kIgnoredGradientClip,
  kIgnoredCut,
  kIgnoredBias,
  kIgnoredFinalGradient,
  kOverwrittenAccumulation,
  kLostNaN,    ///< NaN becomes 0
  kSpreadNaN,  ///< NaN reaches a row that it does not belong to
};

/// A device behind the C API's structs that computes by the plain run in fp32 and rounds what it writes: for tests of
/// the checks themselves.
class FakeDevice final : public Api {
 public:
  explicit FakeDevice(Fault fault = Fault::kNone) : fault_(fault) {}
  /// With memory of its own.
  FakeDevice(Fault fault, std::unique_ptr<memory::MemorySpace> memory) : Api(std::move(memory)), fault_(fault) {}

  flashrnn_status plan_create(const flashrnn_problem& problem, flashrnn_plan** plan) override;
  void plan_destroy(flashrnn_plan* plan) override;
  flashrnn_status get_sizes(const flashrnn_plan* plan, flashrnn_sizes& sizes) override;
  flashrnn_status pack_weights(const flashrnn_plan* plan, const flashrnn_pack_args& args) override;
  flashrnn_status forward(const flashrnn_plan* plan, const flashrnn_forward_args& args) override;
  flashrnn_status backward(const flashrnn_plan* plan, const flashrnn_backward_args& args) override;
  flashrnn_status step(const flashrnn_plan* plan, const flashrnn_step_args& args) override;
  std::string last_error() override { return "the fake device was told to fail"; }

  [[nodiscard]] int plans_alive() const { return plans_alive_; }

 private:
  // What a reserve stands for.
  struct Memory {
    reference::Problem problem;
    reference::Inputs inputs;
  };

  Fault fault_;
  int plans_alive_ = 0;
  int calls_ = 0;
  std::vector<Memory> memories_;
};

}  // namespace flashrnn::verify

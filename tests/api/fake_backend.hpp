// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

#include "common/runtime/backend.hpp"

/// A device that computes nothing and remembers what reached it: "fake:0" has host memory, "fake:1" has not.
/// Linking it adds the backend before main.
namespace flashrnn::testing {

inline constexpr std::size_t kForwardWorkspace = 640;
inline constexpr std::size_t kBackwardWorkspace = 1280;
inline constexpr std::size_t kStepWorkspace = 192;
inline constexpr std::size_t kReserve = 2560;
inline constexpr std::size_t kPackedWeights = 4096;
inline constexpr const char* kDescription = "a plan that computes nothing";

struct FakeState {
  int calls = 0;  ///< pack, forward, backward and step together
  Problem problem;
  flashrnn_context_options options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  Logger logger;
  flashrnn_pack_args pack = FLASHRNN_PACK_ARGS_INIT;
  flashrnn_forward_args forward = FLASHRNN_FORWARD_ARGS_INIT;
  flashrnn_backward_args backward = FLASHRNN_BACKWARD_ARGS_INIT;
  flashrnn_step_args step = FLASHRNN_STEP_ARGS_INIT;
  std::function<Status()> on_create_plan;  ///< may return an error, or throw
  std::function<Status()> on_call;
  int open_contexts = 0;
  int open_plans = 0;
};

/// What all fake devices share. Tests start from reset_fake().
FakeState& fake();
void reset_fake();

}  // namespace flashrnn::testing

// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/stepwise_launches.hpp"

namespace flashrnn::gpu {

using kernel::StepwiseStage;

StepwiseForward::StepwiseForward(Call& call, const ForwardBookings& b, void* workspace,
                                 const ForwardParameters& parameters)
    : call_(call) {
  constexpr auto kScratch = Call::Use::kScratch;
  parameters_.forward = parameters;
  parameters_.workspace.h = call.take<void>(b.ledger, workspace, b.h, kScratch);
  parameters_.workspace.states = call.take<float>(b.ledger, workspace, b.states, kScratch);
  parameters_.workspace.operand = call.take<void>(b.ledger, workspace, b.operand, kScratch);
  parameters_.workspace.products = call.take<float>(b.ledger, workspace, b.products, kScratch);
}

Status StepwiseForward::run(const Loaded& kernel, std::int64_t steps, bool two_stages) {
  parameters_.stage = StepwiseStage::kLoad;
  FLASHRNN_RETURN_IF_ERROR(call_.launch(kernel, parameters_));
  for (parameters_.step = 0; parameters_.step < steps; ++parameters_.step) {
    if (two_stages) {
      parameters_.stage = StepwiseStage::kOperand;
      FLASHRNN_RETURN_IF_ERROR(call_.launch(kernel, parameters_));
    }
    parameters_.stage = StepwiseStage::kStep;
    FLASHRNN_RETURN_IF_ERROR(call_.launch(kernel, parameters_));
  }
  return {};
}

StepwiseBackward::StepwiseBackward(Call& call, const BackwardBookings& b, void* workspace,
                                   const BackwardParameters& parameters)
    : call_(call) {
  constexpr auto kScratch = Call::Use::kScratch;
  parameters_.backward = parameters;
  parameters_.workspace.dstates = call.take<float>(b.ledger, workspace, b.dstates, kScratch);
  if (parameters.dreset_states.data != nullptr) {
    parameters_.workspace.dreset = call.take<float>(b.ledger, workspace, b.dreset, kScratch);
  }
  parameters_.workspace.da = call.take<float>(b.ledger, workspace, b.da, kScratch);
}

Status StepwiseBackward::run(const Loaded& kernel, std::int64_t steps, bool two_stages) {
  for (parameters_.step = steps - 1; parameters_.step >= 0; --parameters_.step) {
    parameters_.stage = StepwiseStage::kStep;
    FLASHRNN_RETURN_IF_ERROR(call_.launch(kernel, parameters_));
    if (two_stages) {
      parameters_.stage = StepwiseStage::kOperand;
      FLASHRNN_RETURN_IF_ERROR(call_.launch(kernel, parameters_));
    }
  }
  const BackwardParameters& wanted = parameters_.backward;
  if (wanted.dinitial_states.data == nullptr && wanted.dreset_states.data == nullptr) return {};
  parameters_.stage = StepwiseStage::kFinish;  // the step is -1 now
  return call_.launch(kernel, parameters_);
}

}  // namespace flashrnn::gpu

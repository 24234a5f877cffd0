// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/call.hpp"
#include "common/gpu/prepared.hpp"
#include "common/gpu/stepwise_launches.hpp"
#include "common/kernel/gradient_parameters.hpp"

namespace flashrnn::gpu {
namespace {

using Use = Call::Use;
using RecomputeParameters = kernel::RecomputeParameters<kernel::Plain, void>;
using GradientParameters = kernel::WeightGradientParameters<kernel::Plain, void>;

bool wants_nothing(const flashrnn_backward_args& args) {
  return args.dWx.data == nullptr && args.dR == nullptr && args.db == nullptr && args.dinitial_states.data == nullptr &&
         args.dreset_states.data == nullptr;
}

/// From the gate gradients of all tokens and h as forward kept it.
GradientParameters gradient_of_weights(Call& call, const Prepared& p, const flashrnn_backward_args& args,
                                       const Extents& extents, const void* gradients, const void* kept) {
  const Geometry& g = p.g;
  const std::int64_t row_bytes = g.heads * g.head_dim * 4;
  GradientParameters w;
  w.extents = extents;
  w.gradients = gradients;
  w.kept = kept;
  w.kept_values = static_cast<std::int32_t>(g.reserve_values);
  w.accumulate = args.accumulate_weight_gradients;
  w.blocks = static_cast<std::int32_t>(p.gradient.shape.blocks);
  w.partial = call.take<float>(p.backward_bookings.ledger, args.workspace, p.backward_bookings.partial, Use::kScratch);
  w.dr = call.buffer("dR", args.dR, g.recurrent_gates * g.head_dim * row_bytes, Use::kWrite);
  w.dbias = call.buffer("db", args.db, g.biases * row_bytes, Use::kWrite);
  return w;
}

Status launch_recompute(Call& call, const Prepared& p, RecomputeParameters r) {
  if (p.g.two_stages) {
    r.stage = kernel::StepwiseStage::kOperand;
    FLASHRNN_RETURN_IF_ERROR(call.launch(p.recompute, r));
  }
  r.stage = kernel::StepwiseStage::kStep;
  return call.launch(p.recompute, r);
}

}  // namespace

Status run_backward(const Prepared& p, const flashrnn_backward_args& args) {
  if (wants_nothing(args)) return {};
  const Geometry& g = p.g;
  const Problem& problem = p.problem;
  const BackwardBookings& b = p.backward_bookings;
  const bool recompute = problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
  const std::int64_t row = g.heads * g.head_dim;
  Call call(p, args.stream);

  BackwardParameters d;
  d.extents = extents_of(p, problem.gradient_sequence);
  add_rows(call, p, args, &d.extents);
  d.weights = call.weights(args, b.ledger, b.packed, true);
  const bool all = problem.gradient_sequence == FLASHRNN_SEQUENCE_ALL;
  const Call::TensorShape dstates = call.sequence_shape(all ? g.states : 1, row);
  const Call::TensorShape dwx = call.sequence_shape(1, g.input_gates * row);
  d.dstates = call.tensor<const void>("dstates", args.dstates, dstates, Use::kRead);
  d.dfinal_states = call.tensor<const void>("dfinal_states", args.dfinal_states, call.state_shape(), Use::kRead);
  d.dwx = call.tensor<void>("dWx", args.dWx, dwx, Use::kWrite);
  d.dinitial_states = call.tensor<void>("dinitial_states", args.dinitial_states, call.state_shape(), Use::kWrite);
  d.dreset_states = call.tensor<void>("dreset_states", args.dreset_states, call.state_shape(), Use::kWrite);
  d.gradients = call.take<void>(b.ledger, args.workspace, b.gradients, Use::kScratch);
  d.aligned = is_aligned(g) && is_aligned(d.dstates, dstates) && is_aligned(d.dwx, dwx) ? 1 : 0;

  const void* const kept = call.take<const void>(p.reserve.ledger, args.reserve, p.reserve.kept, Use::kRead);
  d.reserve = {kept, call.take<float>(p.reserve.ledger, args.reserve, p.reserve.states, Use::kRead)};
  RecomputeParameters again;
  if (recompute) {
    again.extents = d.extents;
    again.weights = d.weights;
    again.wx = call.tensor<const void>("Wx", args.Wx, dwx, Use::kRead);
    again.reserve = d.reserve;
    again.kept = call.take<void>(b.ledger, args.workspace, b.kept, Use::kScratch);
    again.gradients = g.two_stages ? d.gradients : nullptr;
    d.reserve.kept = again.kept;
    d.extents.flags &= ~static_cast<std::uint32_t>(kernel::kRecompute);
  }
  const GradientParameters weights = gradient_of_weights(call, p, args, d.extents, d.gradients, kept);
  const bool stepwise = p.backward_plan.form == plan::Form::kStepwise;
  if (!stepwise) {
    d.barriers = call.take<std::uint32_t>(b.ledger, args.workspace, b.barriers, Use::kScratch);
    d.exchange = call.take<float>(b.ledger, args.workspace, b.exchange, Use::kScratch);
  }
  StepwiseBackward walk(call, b, args.workspace, d);  // without a workspace where it is not needed

  call.begin();
  FLASHRNN_RETURN_IF_ERROR(call.pack_if_needed());
  if (recompute) FLASHRNN_RETURN_IF_ERROR(launch_recompute(call, p, again));
  if (stepwise) {
    FLASHRNN_RETURN_IF_ERROR(walk.run(p.backward, g.steps, g.two_stages));
  } else {
    FLASHRNN_RETURN_IF_ERROR(call.clear(d.barriers, b.ledger, b.barriers));
    FLASHRNN_RETURN_IF_ERROR(call.launch(p.backward, d));
  }
  if (weights.dr == nullptr && weights.dbias == nullptr) return {};
  FLASHRNN_RETURN_IF_ERROR(call.launch(p.gradient, weights));
  return call.launch(p.gradient_sum, weights);
}

}  // namespace flashrnn::gpu

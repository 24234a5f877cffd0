// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/call.hpp"
#include "common/gpu/prepared.hpp"
#include "common/gpu/stepwise_launches.hpp"

namespace flashrnn::gpu {
namespace {

using Use = Call::Use;

std::int64_t sequence_states(flashrnn_sequence sequence, const Geometry& g) {
  return sequence == FLASHRNN_SEQUENCE_ALL ? g.states : 1;
}

}  // namespace

Status run_forward(const Prepared& p, const flashrnn_forward_args& args) {
  const Geometry& g = p.g;
  const ForwardBookings& b = p.forward_bookings;
  Call call(p, args.stream);

  ForwardParameters f;
  f.extents = extents_of(p, p.problem.output_sequence);
  add_rows(call, p, args, &f.extents);
  f.weights = call.weights(args, b.ledger, b.packed, false);
  const Call::TensorShape wx = call.sequence_shape(1, g.input_gates * g.heads * g.head_dim);
  const Call::TensorShape states =
      call.sequence_shape(sequence_states(p.problem.output_sequence, g), g.heads * g.head_dim);
  f.wx = call.tensor<const void>("Wx", args.Wx, wx, Use::kRead);
  f.initial_states = call.tensor<const void>("initial_states", args.initial_states, call.state_shape(), Use::kRead);
  f.reset_states = call.tensor<const void>("reset_states", args.reset_states, call.state_shape(), Use::kRead);
  f.states = call.tensor<void>("states", args.states, states, Use::kWrite);
  f.final_states = call.tensor<void>("final_states", args.final_states, call.state_shape(), Use::kWrite);
  f.reserve.kept = call.take<void>(p.reserve.ledger, args.reserve, p.reserve.kept, Use::kScratch);
  f.reserve.states = call.take<float>(p.reserve.ledger, args.reserve, p.reserve.states, Use::kScratch);
  f.aligned = is_aligned(g) && is_aligned(f.wx, wx) && is_aligned(f.states, states) ? 1 : 0;

  if (p.forward_plan.form != plan::Form::kStepwise) {
    f.barriers = call.take<std::uint32_t>(b.ledger, args.workspace, b.barriers, Use::kScratch);
    f.exchange = call.take<void>(b.ledger, args.workspace, b.exchange, Use::kScratch);
    call.begin();
    FLASHRNN_RETURN_IF_ERROR(call.pack_if_needed());
    FLASHRNN_RETURN_IF_ERROR(call.clear(f.barriers, b.ledger, b.barriers));
    return call.launch(p.forward, f);
  }
  StepwiseForward steps(call, b, args.workspace, f);
  call.begin();
  FLASHRNN_RETURN_IF_ERROR(call.pack_if_needed());
  return steps.run(p.forward, g.steps, g.two_stages);
}

Status run_step(const Prepared& p, const flashrnn_step_args& args) {
  const Geometry& g = p.g;
  const ForwardBookings& b = p.step_bookings;
  Call call(p, args.stream);

  ForwardParameters f;
  f.extents = extents_of(p, args.output.data == nullptr ? FLASHRNN_SEQUENCE_NONE : FLASHRNN_SEQUENCE_H);
  // One token of each row: length, direction and training do not count.
  f.extents.steps = 1;
  f.extents.tokens = g.batch;
  f.extents.flags &= kernel::kForwardClip | kernel::kSequenceH;
  if (args.resets != nullptr) f.extents.flags |= kernel::kResets;
  f.extents.resets = call.buffer("resets", args.resets, g.batch, Use::kRead);
  f.extents.resets_stride_b = 1;
  f.weights = call.weights(args, b.ledger, b.packed, false);
  const Call::TensorShape wx = {1, g.batch, 1, g.input_gates * g.heads * g.head_dim, g.element_bytes};
  const Call::TensorShape output = {1, g.batch, 1, g.heads * g.head_dim, g.element_bytes};
  f.wx = call.tensor<const void>("Wx", args.Wx, wx, Use::kRead);
  f.reset_states = call.tensor<const void>("reset_states", args.reset_states, call.state_shape(), Use::kRead);
  f.final_states = call.tensor<void>("states", args.states, call.state_shape(), Use::kWrite);
  f.initial_states = {f.final_states.data, f.final_states.stride_s, f.final_states.stride_b, f.final_states.stride_t};
  f.states = call.tensor<void>("output", args.output, output, Use::kWrite);
  f.aligned = is_aligned(g) && is_aligned(f.wx, wx) && is_aligned(f.states, output) ? 1 : 0;

  StepwiseForward steps(call, b, args.workspace, f);
  call.begin();
  FLASHRNN_RETURN_IF_ERROR(call.pack_if_needed());
  return steps.run(p.step, 1, g.two_stages);
}

Status run_pack(const Prepared& p, const flashrnn_pack_args& args) {
  Call call(p, args.stream);
  call.packed_weights(args.packed, args.R, args.b, p.problem.training);
  call.begin();
  return call.pack_if_needed();
}

}  // namespace flashrnn::gpu

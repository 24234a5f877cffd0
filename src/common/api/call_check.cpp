// SPDX-License-Identifier: Apache-2.0
#include "common/api/call_check.hpp"

#include "common/api/argument_check.hpp"
#include "common/runtime/cell_registry.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::api {
namespace {

/// final_states may be the very memory of initial_states: each row is read before it is written.
bool same_memory(const flashrnn_const_tensor& in, const flashrnn_tensor& out) {
  return in.data != nullptr && in.data == out.data && in.stride_s == out.stride_s && in.stride_b == out.stride_b;
}

Status check_flag(const char* field, std::int32_t given) {
  if (given == 0 || given == 1) return {};
  return Status::invalid(message(field, " is ", given, "; it must be 0 or 1"));
}

/// A tensor that only plans with use_resets know.
Status check_reset_tensor(const Problem& p, const char* field, const void* data) {
  if (data == nullptr || p.use_resets) return {};
  return check_presence(field, data, false, "the plan has use_resets 0");
}

/// A state sequence by `sequence`; `required`: null is an error unless the plan has none.
template <typename Tensor>
Status check_sequence(const flashrnn_plan& plan, const Tokens& tokens, flashrnn_sequence sequence, const char* name,
                      const char* data_field, const char* none_reason, bool required, Access access, Tensor* tensor,
                      MemoryMap* memory) {
  if (sequence == FLASHRNN_SEQUENCE_NONE) {
    FLASHRNN_RETURN_IF_ERROR(check_presence(data_field, tensor->data, false, none_reason));
  } else if (required) {
    FLASHRNN_RETURN_IF_ERROR(
        check_presence(data_field, tensor->data, true, "the plan's output_sequence is not FLASHRNN_SEQUENCE_NONE"));
  }
  return resolve(sequence_spec(plan.problem, tokens, sequence, name, access), tensor, memory);
}

}  // namespace

Status check_pack(const flashrnn_plan& plan, flashrnn_pack_args* args) {
  MemoryMap memory;
  if (args->R == nullptr) return Status::invalid("R is null; it is required: [Gr, N, D, D]");
  FLASHRNN_RETURN_IF_ERROR(check_weights(plan, args->R, args->b, nullptr, 0, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_buffer("packed", args->packed, "packed_size", args->packed_size, "packed_weights",
                                        plan.sizes.packed_weights, Access::kWrite, &memory));
  return memory.check_overlaps();
}

Status check_forward(const flashrnn_plan& plan, flashrnn_forward_args* args) {
  const Problem& p = plan.problem;
  MemoryMap memory;
  Tokens tokens;
  FLASHRNN_RETURN_IF_ERROR(check_presence("Wx.data", args->Wx.data, true, "forward reads it"));
  FLASHRNN_RETURN_IF_ERROR(check_reset_tensor(p, "reset_states.data", args->reset_states.data));
  FLASHRNN_RETURN_IF_ERROR(check_presence("reserve", args->reserve, p.training,
                                          p.training ? "the plan has training 1" : "the plan has training 0"));
  FLASHRNN_RETURN_IF_ERROR(
      check_tokens(plan, args->lengths, args->cu_seqlens, args->resets, &args->resets_stride_b, &tokens, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(gates_spec(p, tokens, "Wx", Access::kRead), &args->Wx, &memory));
  FLASHRNN_RETURN_IF_ERROR(
      check_weights(plan, args->R, args->b, args->packed_weights, args->packed_weights_size, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "reset_states", Access::kRead), &args->reset_states, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_sequence(plan, tokens, p.output_sequence, "states", "states.data",
                                          "the plan's output_sequence is FLASHRNN_SEQUENCE_NONE", true, Access::kWrite,
                                          &args->states, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "final_states", Access::kWrite), &args->final_states, &memory));
  // Resolved apart first: only then can its strides be compared.
  MemoryMap initial;
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "initial_states", Access::kRead), &args->initial_states, &initial));
  if (!same_memory(args->initial_states, args->final_states)) memory.add_all(initial);
  FLASHRNN_RETURN_IF_ERROR(check_buffer("reserve", args->reserve, "reserve_size", args->reserve_size, "reserve",
                                        p.training ? plan.sizes.reserve : 0, Access::kWrite, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_buffer("workspace", args->workspace, "workspace_size", args->workspace_size,
                                        "forward_workspace", plan.sizes.forward_workspace, Access::kWrite, &memory));
  return memory.check_overlaps();
}

Status check_backward(const flashrnn_plan& plan, flashrnn_backward_args* args) {
  const Problem& p = plan.problem;
  const CellRegistration& cell = *p.cell;
  if (!p.training) {
    return Status::invalid("the plan has training 0; backward needs a plan of a problem with training 1");
  }
  MemoryMap memory;
  Tokens tokens;
  if (p.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE) {
    FLASHRNN_RETURN_IF_ERROR(
        check_presence("Wx.data", args->Wx.data, true, "the plan's reserve_mode is FLASHRNN_RESERVE_RECOMPUTE"));
  }
  FLASHRNN_RETURN_IF_ERROR(check_flag("accumulate_weight_gradients", args->accumulate_weight_gradients));
  if (args->reserved != 0) return Status::invalid(message("reserved is ", args->reserved, "; it must be 0"));
  FLASHRNN_RETURN_IF_ERROR(check_reset_tensor(p, "dreset_states.data", args->dreset_states.data));
  FLASHRNN_RETURN_IF_ERROR(check_presence("reserve", args->reserve, true, "backward reads what forward kept there"));
  FLASHRNN_RETURN_IF_ERROR(
      check_tokens(plan, args->lengths, args->cu_seqlens, args->resets, &args->resets_stride_b, &tokens, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(gates_spec(p, tokens, "Wx", Access::kRead), &args->Wx, &memory));
  FLASHRNN_RETURN_IF_ERROR(
      check_weights(plan, args->R, args->b, args->packed_weights, args->packed_weights_size, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_sequence(plan, tokens, p.gradient_sequence, "dstates", "dstates.data",
                                          "the plan's gradient_sequence is FLASHRNN_SEQUENCE_NONE", false,
                                          Access::kRead, &args->dstates, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "dfinal_states", Access::kRead), &args->dfinal_states, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(gates_spec(p, tokens, "dWx", Access::kWrite), &args->dWx, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_array("dR", args->dR, cell.recurrent_gates * p.heads * p.head_dim * p.head_dim,
                                       sizeof(float), Access::kWrite, &memory));
  FLASHRNN_RETURN_IF_ERROR(
      check_array("db", args->db, cell.biases * p.heads * p.head_dim, sizeof(float), Access::kWrite, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "dinitial_states", Access::kWrite), &args->dinitial_states, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "dreset_states", Access::kWrite), &args->dreset_states, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_buffer("reserve", args->reserve, "reserve_size", args->reserve_size, "reserve",
                                        plan.sizes.reserve, Access::kRead, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_buffer("workspace", args->workspace, "workspace_size", args->workspace_size,
                                        "backward_workspace", plan.sizes.backward_workspace, Access::kWrite, &memory));
  return memory.check_overlaps();
}

Status check_step(const flashrnn_plan& plan, flashrnn_step_args* args) {
  const Problem& p = plan.problem;
  MemoryMap memory;
  FLASHRNN_RETURN_IF_ERROR(check_presence("Wx.data", args->Wx.data, true, "step reads it"));
  FLASHRNN_RETURN_IF_ERROR(check_presence("states.data", args->states.data, true, "step reads and writes it"));
  TensorSpec Wx;
  Wx.name = "Wx";
  Wx.shape = "[B, Gx, N, D]";
  Wx.batch = p.batch;
  Wx.row = p.cell->input_gates * p.heads * p.head_dim;
  Wx.element_bytes = dtype_bytes(p.dtype);
  FLASHRNN_RETURN_IF_ERROR(resolve(Wx, &args->Wx, &memory));
  FLASHRNN_RETURN_IF_ERROR(
      check_weights(plan, args->R, args->b, args->packed_weights, args->packed_weights_size, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_array("resets", args->resets, p.batch, 1, Access::kRead, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "reset_states", Access::kRead), &args->reset_states, &memory));
  FLASHRNN_RETURN_IF_ERROR(resolve(state_spec(p, "states", Access::kWrite), &args->states, &memory));
  TensorSpec output = Wx;
  output.name = "output";
  output.shape = "[B, N, D]";
  output.row = p.heads * p.head_dim;
  output.access = Access::kWrite;
  FLASHRNN_RETURN_IF_ERROR(resolve(output, &args->output, &memory));
  FLASHRNN_RETURN_IF_ERROR(check_buffer("workspace", args->workspace, "workspace_size", args->workspace_size,
                                        "step_workspace", plan.sizes.step_workspace, Access::kWrite, &memory));
  return memory.check_overlaps();
}

}  // namespace flashrnn::api

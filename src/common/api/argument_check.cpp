// SPDX-License-Identifier: Apache-2.0
#include "common/api/argument_check.hpp"

#include "common/runtime/cell_registry.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::api {

Status check_presence(const char* field, const void* pointer, bool wanted, const char* reason) {
  if ((pointer != nullptr) == wanted) return {};
  return Status::invalid(
      message(field, wanted ? " is null; it is required" : " is given; it must be null", ", because ", reason));
}

Status check_buffer(const char* field, const void* data, const char* size_field, std::size_t size,
                    const char* sizes_field, std::size_t needed, Access access, MemoryMap* memory) {
  if (needed == 0) return {};
  if (data == nullptr) {
    return Status::invalid(
        message(field, " is null; it must hold ", needed, " bytes (", sizes_field, " of flashrnn_plan_get_sizes)"));
  }
  if (reinterpret_cast<std::uintptr_t>(data) % FLASHRNN_BUFFER_ALIGNMENT != 0) {
    return Status::invalid(message(field, " is at ", data, "; it must be aligned to FLASHRNN_BUFFER_ALIGNMENT, ",
                                   FLASHRNN_BUFFER_ALIGNMENT, " bytes"));
  }
  if (size < needed) {
    return {FLASHRNN_BUFFER_TOO_SMALL, message(size_field, " is ", size, " bytes; it must be at least ", needed, " (",
                                               sizes_field, " of flashrnn_plan_get_sizes)")};
  }
  return check_array(field, data, static_cast<std::int64_t>(needed), 1, access, memory);
}

Status check_weights(const flashrnn_plan& plan, const void* R, const void* b, const void* packed_weights,
                     std::size_t packed_weights_size, MemoryMap* memory) {
  const Problem& p = plan.problem;
  const CellRegistration& cell = *p.cell;
  if (packed_weights == nullptr && R == nullptr) {
    return Status::invalid(
        "R is null and so is packed_weights; give R [Gr, N, D, D], or packed_weights from "
        "flashrnn_pack_weights");
  }
  if (packed_weights != nullptr) {
    FLASHRNN_RETURN_IF_ERROR(check_buffer("packed_weights", packed_weights, "packed_weights_size", packed_weights_size,
                                          "packed_weights", plan.sizes.packed_weights, Access::kRead, memory));
  }
  const std::int64_t element = dtype_bytes(p.dtype);
  FLASHRNN_RETURN_IF_ERROR(
      check_array("R", R, cell.recurrent_gates * p.heads * p.head_dim * p.head_dim, element, Access::kRead, memory));
  return check_array("b", b, cell.biases * p.heads * p.head_dim, element, Access::kRead, memory);
}

TensorSpec gates_spec(const Problem& problem, const Tokens& tokens, const char* name, Access access) {
  TensorSpec spec;
  spec.name = name;
  spec.shape = problem.packed ? "[M, Gx, N, D]" : "[B, T, Gx, N, D]";
  spec.batch = problem.packed ? kAbsent : problem.batch;
  spec.times = tokens.times;
  spec.dense_times = problem.packed ? problem.tokens : problem.time;
  spec.row = problem.cell->input_gates * problem.heads * problem.head_dim;
  spec.element_bytes = dtype_bytes(problem.dtype);
  spec.access = access;
  return spec;
}

TensorSpec sequence_spec(const Problem& problem, const Tokens& tokens, flashrnn_sequence sequence, const char* name,
                         Access access) {
  TensorSpec spec = gates_spec(problem, tokens, name, access);
  const bool all = sequence == FLASHRNN_SEQUENCE_ALL;
  if (problem.packed) {
    spec.shape = all ? "[S, M, N, D]" : "[1, M, N, D]";
  } else {
    spec.shape = all ? "[S, B, T, N, D]" : "[1, B, T, N, D]";
  }
  spec.states = all ? problem.cell->states : 1;
  spec.row = problem.heads * problem.head_dim;
  return spec;
}

TensorSpec state_spec(const Problem& problem, const char* name, Access access) {
  TensorSpec spec;
  spec.name = name;
  spec.shape = "[S, B, N, D]";
  spec.states = problem.cell->states;
  spec.batch = problem.batch;
  spec.row = problem.heads * problem.head_dim;
  spec.element_bytes = dtype_bytes(problem.state_dtype);
  spec.access = access;
  return spec;
}

}  // namespace flashrnn::api

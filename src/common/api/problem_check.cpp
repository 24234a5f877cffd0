// SPDX-License-Identifier: Apache-2.0
#include "common/api/problem_check.hpp"

#include <algorithm>
#include <cmath>

#include "common/api/versioned.hpp"
#include "common/runtime/cell_registry.hpp"
#include "common/runtime/checked.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::api {
namespace {

/// *out = the field as an enumerator; `last` is the largest one, `names` lists them for the message.
template <typename Enum>
Status check_enum(const char* field, const Enum& given, Enum last, const char* names, Enum* out) {
  const std::int32_t value = enum_value(given);
  if (value < 0 || value > static_cast<std::int32_t>(last)) {
    return Status::invalid(
        message(field, " is ", value, "; it must be in [0, ", static_cast<std::int32_t>(last), "]: ", names));
  }
  *out = static_cast<Enum>(value);
  return {};
}

Status check_flag(const char* field, std::int32_t given, bool* out) {
  if (given != 0 && given != 1) return Status::invalid(message(field, " is ", given, "; it must be 0 or 1"));
  *out = given == 1;
  return {};
}

Status check_size(const char* field, std::int64_t given, std::int64_t* out) {
  if (given < 1) return Status::invalid(message(field, " is ", given, "; it must be at least 1"));
  *out = given;
  return {};
}

/// A clip as the kernels take it. What fp32 cannot hold would become "off" or "never clips" without a word.
Status check_clip(const char* field, double given, float* out) {
  if (std::isnan(given) || given < 0) {
    return Status::invalid(message(field, " is ", given, "; it must be positive, or 0 for off"));
  }
  const auto clip = static_cast<float>(given);
  if (std::isinf(clip) || (clip == 0.0F && given != 0)) {
    return Status::invalid(message(field, " is ", given,
                                   ", which fp32 cannot hold; it must be in [1e-45, 3.4e38], or "
                                   "0 for off"));
  }
  *out = clip;
  return {};
}

Status check_cell(const char* name, Problem* p) {
  if (name == nullptr) return Status::invalid(message("problem.cell is null; it must be one of: ", cell_names()));
  p->cell = find_cell(name);
  if (p->cell != nullptr) return {};
  return Status::invalid(message("problem.cell is ", quoted(name), "; it must be one of: ", cell_names()));
}

Status check_layout(const flashrnn_problem& given, Problem* p) {
  flashrnn_layout layout = FLASHRNN_PADDED;
  FLASHRNN_RETURN_IF_ERROR(
      check_enum("problem.layout", given.layout, FLASHRNN_PACKED, "FLASHRNN_PADDED, FLASHRNN_PACKED", &layout));
  p->packed = layout == FLASHRNN_PACKED;
  std::int64_t grid = 0;
  if (!checked_mul(p->batch, p->time, &grid)) {
    return Status::invalid(
        message("problem.batch * problem.time is ", p->batch, " * ", p->time, "; it must be at most 2^63 - 1"));
  }
  p->tokens = grid;
  if (!p->packed) {
    if (given.tokens == 0) return {};
    return Status::invalid(message("problem.tokens is ", given.tokens,
                                   "; it must be 0 with layout FLASHRNN_PADDED, where lengths shorten rows"));
  }
  if (p->use_lengths) {
    return Status::invalid(
        "problem.use_lengths is 1; it must be 0 with layout FLASHRNN_PACKED, where cu_seqlens gives the lengths");
  }
  if (given.tokens < 0 || given.tokens > grid) {
    return Status::invalid(message("problem.tokens is ", given.tokens, "; it must be in [1, batch * time = ", grid,
                                   "], or 0 for batch * time"));
  }
  if (given.tokens > 0) p->tokens = given.tokens;
  // No row is longer than all tokens: a generous T costs a backend nothing.
  p->time = std::min(p->time, p->tokens);
  return {};
}

/// Every tensor of a call and every product that a backend forms of these sizes has a byte count below 2^63.
Status check_bytes(const Problem& p) {
  const CellRegistration& c = *p.cell;
  const std::int64_t element = dtype_bytes(p.dtype);
  constexpr std::int64_t kFp32 = 4;
  std::int64_t bytes = 0;
  FLASHRNN_RETURN_IF_ERROR(checked_bytes("R [Gr, N, D, D] of problem.heads, problem.head_dim",
                                         {c.recurrent_gates, p.heads, p.head_dim, p.head_dim, element}, &bytes));
  FLASHRNN_RETURN_IF_ERROR(checked_bytes("dR [Gr, N, D, D] of problem.heads, problem.head_dim",
                                         {c.recurrent_gates, p.heads, p.head_dim, p.head_dim, kFp32}, &bytes));
  FLASHRNN_RETURN_IF_ERROR(
      checked_bytes("initial_states [S, B, N, D] of problem.batch, problem.heads, problem.head_dim",
                    {c.states, p.batch, p.heads, p.head_dim, kFp32}, &bytes));
  FLASHRNN_RETURN_IF_ERROR(
      checked_bytes(p.packed ? "Wx [M, Gx, N, D] of problem.tokens, problem.heads, problem.head_dim"
                             : "Wx [B, T, Gx, N, D] of problem.batch, problem.time, problem.heads, problem.head_dim",
                    {p.tokens, c.input_gates, p.heads, p.head_dim, element}, &bytes));
  return checked_bytes(
      "the gates and states of all steps in fp32, from problem.batch, problem.time, problem.heads, problem.head_dim,",
      {p.tokens, std::max(c.input_gates, c.biases) + c.states, p.heads, p.head_dim, kFp32}, &bytes);
}

}  // namespace

Status check_problem(const flashrnn_problem& given, Problem* problem) {
  Problem p;
  FLASHRNN_RETURN_IF_ERROR(check_cell(given.cell, &p));
  const char* const dtypes = "FLASHRNN_DTYPE_DEFAULT, FLASHRNN_F32, FLASHRNN_F16, FLASHRNN_BF16";
  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.dtype", given.dtype, FLASHRNN_BF16, dtypes, &p.dtype));
  if (p.dtype == FLASHRNN_DTYPE_DEFAULT) p.dtype = FLASHRNN_F32;
  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.state_dtype", given.state_dtype, FLASHRNN_BF16, dtypes, &p.state_dtype));
  if (p.state_dtype == FLASHRNN_DTYPE_DEFAULT) p.state_dtype = p.dtype;

  FLASHRNN_RETURN_IF_ERROR(check_size("problem.batch", given.batch, &p.batch));
  FLASHRNN_RETURN_IF_ERROR(check_size("problem.time", given.time, &p.time));
  FLASHRNN_RETURN_IF_ERROR(check_size("problem.heads", given.heads, &p.heads));
  FLASHRNN_RETURN_IF_ERROR(check_size("problem.head_dim", given.head_dim, &p.head_dim));

  FLASHRNN_RETURN_IF_ERROR(check_flag("problem.use_lengths", given.use_lengths, &p.use_lengths));
  FLASHRNN_RETURN_IF_ERROR(check_flag("problem.use_resets", given.use_resets, &p.use_resets));
  FLASHRNN_RETURN_IF_ERROR(check_flag("problem.reverse", given.reverse, &p.reverse));
  FLASHRNN_RETURN_IF_ERROR(check_flag("problem.training", given.training, &p.training));
  FLASHRNN_RETURN_IF_ERROR(check_flag("problem.gradient_cut", given.gradient_cut, &p.gradient_cut));
  FLASHRNN_RETURN_IF_ERROR(check_layout(given, &p));

  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.reserve_mode", given.reserve_mode, FLASHRNN_RESERVE_RECOMPUTE,
                                      "FLASHRNN_RESERVE_GATES, FLASHRNN_RESERVE_RECOMPUTE", &p.reserve_mode));
  const char* const sequences = "FLASHRNN_SEQUENCE_H, FLASHRNN_SEQUENCE_ALL, FLASHRNN_SEQUENCE_NONE";
  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.output_sequence", given.output_sequence, FLASHRNN_SEQUENCE_NONE,
                                      sequences, &p.output_sequence));
  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.gradient_sequence", given.gradient_sequence, FLASHRNN_SEQUENCE_NONE,
                                      sequences, &p.gradient_sequence));
  FLASHRNN_RETURN_IF_ERROR(check_clip("problem.forward_clip", given.forward_clip, &p.forward_clip));
  FLASHRNN_RETURN_IF_ERROR(check_clip("problem.gradient_clip", given.gradient_clip, &p.gradient_clip));
  FLASHRNN_RETURN_IF_ERROR(
      check_enum("problem.math", given.math, FLASHRNN_MATH_LINEAR,
                 "FLASHRNN_MATH_DEFAULT, FLASHRNN_MATH_EXACT, FLASHRNN_MATH_FAST, FLASHRNN_MATH_LINEAR", &p.math));
  if (p.math == FLASHRNN_MATH_DEFAULT) p.math = FLASHRNN_MATH_EXACT;
  FLASHRNN_RETURN_IF_ERROR(check_enum("problem.matmul", given.matmul, FLASHRNN_MATMUL_TF32,
                                      "FLASHRNN_MATMUL_STRICT, FLASHRNN_MATMUL_TF32", &p.matmul));
  if (given.reserved != 0) return Status::invalid(message("problem.reserved is ", given.reserved, "; it must be 0"));
  FLASHRNN_RETURN_IF_ERROR(check_bytes(p));
  *problem = p;
  return {};
}

}  // namespace flashrnn::api

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "common/api/argument_check.hpp"
#include "common/runtime/checked.hpp"
#include "common/runtime/message.hpp"

/// lengths, cu_seqlens and resets.
namespace flashrnn::api {
namespace {

Status check_lengths(const Problem& p, const std::int64_t* lengths) {
  for (std::int64_t row = 0; row < p.batch; ++row) {
    if (lengths[row] < 0 || lengths[row] > p.time) {
      return Status::invalid(message("lengths[", row, "] is ", lengths[row], "; it must be in [0, T = ", p.time, "]"));
    }
  }
  return {};
}

Status check_cu_seqlens(const Problem& p, const std::int64_t* cu_seqlens) {
  if (cu_seqlens[0] != 0) return Status::invalid(message("cu_seqlens[0] is ", cu_seqlens[0], "; it must be 0"));
  for (std::int64_t row = 0; row < p.batch; ++row) {
    const std::int64_t begin = cu_seqlens[row];
    const std::int64_t end = cu_seqlens[row + 1];
    if (end < begin) {
      return Status::invalid(
          message("cu_seqlens[", row + 1, "] is ", end, "; it must be at least the one before it, ", begin));
    }
    // begin >= 0 by induction, so the difference fits.
    if (end - begin > p.time) {
      return Status::invalid(message("cu_seqlens[", row + 1, "] is ", end, ", which makes row ", row, " ", end - begin,
                                     " tokens long; a row must have at most min(T, tokens) = ", p.time));
    }
  }
  if (cu_seqlens[p.batch] <= p.tokens) return {};
  return Status::invalid(message("cu_seqlens[", p.batch, "] is ", cu_seqlens[p.batch],
                                 " tokens; it must be at most the plan's tokens, ", p.tokens));
}

/// PADDED with lengths: no mark may stand behind a row's end.
Status check_marks(const Problem& p, const std::int64_t* lengths, const std::uint8_t* resets, std::int64_t stride_b) {
  for (std::int64_t row = 0; row < p.batch; ++row) {
    const std::uint8_t* const marks = resets + row * stride_b;
    const std::uint8_t* const mark = std::find_if(marks + lengths[row], marks + p.time, [](auto m) { return m != 0; });
    if (mark != marks + p.time) {
      return Status::invalid(message("resets[", row, ", ", mark - marks, "] is ", *mark, "; it must be 0 from lengths[",
                                     row, "] = ", lengths[row], " on, behind the row's end"));
    }
  }
  return {};
}

Status check_resets(const flashrnn_plan& plan, const std::uint8_t* resets, std::int64_t* stride_b, const Tokens& tokens,
                    MemoryMap* memory) {
  const Problem& p = plan.problem;
  TensorSpec spec;
  spec.name = "resets";
  spec.shape = p.packed ? "[M]" : "[B, T]";
  flashrnn_const_tensor tensor = {resets, 0, *stride_b, 0};
  if (p.packed) {
    spec.times = tokens.times;
    spec.dense_times = p.tokens;
  } else {
    // The marks of a row are dense: to the strides a row is one piece of T marks.
    spec.batch = p.batch;
    spec.row = p.time;
  }
  if (*stride_b != 0 && (p.packed || *stride_b < p.time)) {
    return Status::invalid(message("resets_stride_b is ", *stride_b,
                                   p.packed ? "; it must be 0 with layout FLASHRNN_PACKED, where resets are [M]"
                                            : "; it must be 0 for dense, or at least T = ",
                                   p.packed ? "" : std::to_string(p.time)));
  }
  std::int64_t all = 0;
  if (!checked_mul(*stride_b, p.batch, &all)) {
    return Status::invalid(
        message("resets_stride_b is ", *stride_b, "; times B = ", p.batch, " that passes the limit of 2^63 - 1"));
  }
  FLASHRNN_RETURN_IF_ERROR(resolve(spec, &tensor, memory));
  *stride_b = tensor.stride_b;
  return {};
}

}  // namespace

Status check_tokens(const flashrnn_plan& plan, const std::int64_t* lengths, const std::int64_t* cu_seqlens,
                    const std::uint8_t* resets, std::int64_t* resets_stride_b, Tokens* tokens, MemoryMap* memory) {
  const Problem& p = plan.problem;
  FLASHRNN_RETURN_IF_ERROR(check_presence("lengths", lengths, p.use_lengths,
                                          p.use_lengths ? "the plan has use_lengths 1" : "the plan has use_lengths 0"));
  FLASHRNN_RETURN_IF_ERROR(
      check_presence("cu_seqlens", cu_seqlens, p.packed,
                     p.packed ? "the plan's layout is FLASHRNN_PACKED" : "the plan's layout is FLASHRNN_PADDED"));
  FLASHRNN_RETURN_IF_ERROR(check_presence("resets", resets, p.use_resets,
                                          p.use_resets ? "the plan has use_resets 1" : "the plan has use_resets 0"));
  constexpr std::int64_t kIndexBytes = sizeof(std::int64_t);
  FLASHRNN_RETURN_IF_ERROR(check_array("lengths", lengths, p.batch, kIndexBytes, Access::kRead, memory));
  FLASHRNN_RETURN_IF_ERROR(check_array("cu_seqlens", cu_seqlens, p.batch + 1, kIndexBytes, Access::kRead, memory));
  if (p.use_lengths && plan.host_memory) FLASHRNN_RETURN_IF_ERROR(check_lengths(p, lengths));
  if (p.packed && plan.host_memory) FLASHRNN_RETURN_IF_ERROR(check_cu_seqlens(p, cu_seqlens));
  // Where the host cannot know how many tokens there are, one stands for "where the tensor begins".
  tokens->times = !p.packed ? p.time : plan.host_memory ? cu_seqlens[p.batch] : 1;
  if (!p.use_resets) {
    *resets_stride_b = 0;
    return {};
  }
  FLASHRNN_RETURN_IF_ERROR(check_resets(plan, resets, resets_stride_b, *tokens, memory));
  if (p.use_lengths && plan.host_memory) return check_marks(p, lengths, resets, *resets_stride_b);
  return {};
}

}  // namespace flashrnn::api

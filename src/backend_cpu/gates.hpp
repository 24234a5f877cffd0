// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/strand.hpp"

namespace flashrnn::cpu {

/// True when the kernels can read and write the caller's rows where they are: whole vectors.
inline bool rows_in_place(const CpuPlan& plan) { return plan.g.D % plan.g.W == 0; }

/// Asks for [part][from, from + bytes) of each row, parts part_bytes apart: the product before their use hides the way.
inline void prefetch_rows(std::int64_t rows, const void* const* from, std::int64_t parts, std::int64_t part_bytes,
                          std::int64_t bytes) {
  constexpr std::int64_t kLine = 64;
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t part = 0; part < parts; ++part) {
      const char* first = static_cast<const char*>(from[r]) + part * part_bytes;
      for (std::int64_t at = 0; at < bytes; at += kLine) __builtin_prefetch(first + at);
    }
  }
}

/// Points p->x at the input gates of units [u0, u1). from[r]: row r's token in Wx, at the head's unit u0. Where the
/// kernels cannot read them in place they are widened into x, [row][gate][units]. x_rows gets one pointer per row.
inline void bind_gates(const CpuPlan& plan, std::int64_t rows, const void* const* from, std::int64_t u0,
                       std::int64_t u1, float* x, const void** x_rows, PointwiseForward* p) {
  const Geometry& g = plan.g;
  const bool in_place = rows_in_place(plan);
  const std::int64_t block = (u1 - u0) * g.W;
  for (std::int64_t r = 0; r < rows; ++r) x_rows[r] = in_place ? from[r] : x + r * g.Gx * block;
  if (!in_place)
    plan.isa->widen_rows(
        {plan.problem.dtype, rows, g.Gx, real_units(g, u0, u1), from, g.N * g.D, x, g.Gx * block, block});
  p->x = x_rows;
  p->x_dtype = in_place ? plan.problem.dtype : FLASHRNN_F32;
  p->x_gate_stride = in_place ? g.N * g.D : block;
}

}  // namespace flashrnn::cpu

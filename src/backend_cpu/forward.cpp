// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/forward.hpp"

#include <cstring>

#include "backend_cpu/gates.hpp"

namespace flashrnn::cpu {

/// One thread's buffers.
struct Forward::Scratch {
  float* product[2];
  float* x;
  const void** wx_rows;
  const void** x_rows;
  void** io_rows;
  float** saved_rows;
  float** prev_rows;
};

Forward::Forward(const CpuPlan& plan, const CpuPlan::ForwardBookings& bookings, const Workspace& workspace,
                 const Rows& rows, const void* packed, const ForwardCall& call)
    : plan_(plan),
      g_(plan.g),
      rows_(rows),
      packed_(packed),
      call_(call),
      x_bytes_(dtype_bytes(plan.problem.dtype)),
      state_bytes_(dtype_bytes(plan.problem.state_dtype)),
      state_(workspace.take<float>(bookings.state)),
      operand_(workspace.take<std::uint32_t>(bookings.operand)),
      second_float_(workspace.take<float>(bookings.second_float)),
      second_operand_(workspace.take<std::uint32_t>(bookings.second_operand)),
      kept_product_(workspace.take<float>(bookings.kept_product)),
      scratch_(workspace.take<std::byte>(bookings.scratch)) {}

Forward::Scratch Forward::scratch(int member) const {
  const Workspace w(plan_.scratch, scratch_ + member * plan_.scratch.bytes());
  return {{w.take<float>(plan_.product[0]), w.take<float>(plan_.product[1])},
          w.take<float>(plan_.x),
          w.take<const void*>(plan_.pointers[4]),
          w.take<const void*>(plan_.pointers[0]),
          w.take<void*>(plan_.pointers[1]),
          w.take<float*>(plan_.pointers[2]),
          w.take<float*>(plan_.pointers[3])};
}

void Forward::run(Crew& crew) {
  const bool two_stages = g_.second_gates > 0;
  const auto for_strands = [&](auto work) {
    crew.for_each(plan_.strands, [&](std::int64_t i, int member) {
      Scratch s = scratch(member);
      work(strand_at(plan_, i), s);
    });
  };
  if (!plan_.lockstep) {
    for_strands([&](const Strand& strand, Scratch& s) {
      start(strand);
      for (std::int64_t step = 0; step < rows_.steps() && running_rows(rows_, strand, step) > 0; ++step) {
        if (two_stages) first_stage(strand, step, 0, g_.units, s);
        last_stage(strand, step, 0, g_.units, s);
      }
      finish(strand, s);
    });
    return;
  }
  for_strands([&](const Strand& strand, Scratch&) { start(strand); });
  const auto split = [&](std::int64_t step, auto stage) {
    crew.split([&](int part, int parts) {
      Scratch s = scratch(part);
      for_share(plan_, plan_.forward_granule, part, parts, [&](std::int64_t i, std::int64_t u0, std::int64_t u1) {
        (this->*stage)(strand_at(plan_, i), step, u0, u1, s);
      });
    });
  };
  for (std::int64_t step = 0; step < rows_.steps(); ++step) {
    if (two_stages) split(step, &Forward::first_stage);
    split(step, &Forward::last_stage);
  }
  for_strands([&](const Strand& strand, Scratch& s) { finish(strand, s); });
}

void Forward::start(const Strand& strand) {
  for (std::int64_t r = 0; r < strand.count; ++r) {
    float* to = state(strand) + r * g_.Dp;
    if (call_.initial_states.data == nullptr) {
      for (int i = 0; i < g_.S; ++i) std::memset(to + i * g_.B * g_.Dp, 0, static_cast<std::size_t>(g_.Dp) * 4);
      continue;
    }
    const std::int64_t at = rows_.batch(strand.first + r) * call_.initial_states.stride_b + strand.head * g_.D;
    const void* from = static_cast<const char*>(call_.initial_states.data) + at * state_bytes_;
    plan_.isa->widen_rows(
        {plan_.problem.state_dtype, 1, g_.S, g_.D, &from, call_.initial_states.stride_s, to, 0, g_.B * g_.Dp});
  }
  if (rows_.steps() == 0) return;
  round_operand(strand, 0, strand.count, 0, 0, g_.units);
  apply_resets(strand, 0, 0, g_.units);
  zero_outputs_behind_end(strand);
}

void Forward::finish(const Strand& strand, Scratch& s) {
  if (rows_.steps() == 0) zero_outputs_behind_end(strand);
  if (call_.final_states.data == nullptr) return;
  std::int64_t offsets[8];
  for (int i = 0; i < g_.S; ++i) offsets[i] = i * g_.B * g_.Dp;
  for (std::int64_t r = 0; r < strand.count; ++r) {
    const std::int64_t at = rows_.batch(strand.first + r) * call_.final_states.stride_b + strand.head * g_.D;
    s.io_rows[r] = static_cast<char*>(call_.final_states.data) + at * state_bytes_;
  }
  plan_.isa->narrow_rows({plan_.problem.state_dtype, strand.count, g_.S, g_.D, s.io_rows, call_.final_states.stride_s,
                          state(strand), g_.Dp, offsets});
}

/// Where the step's input gates of units [u0, u1) lie, asked for ahead of their use.
void Forward::find_gates(const Strand& strand, std::int64_t rows, std::int64_t step, std::int64_t u0, std::int64_t u1,
                         Scratch& s) const {
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = strand.first + r;
    const std::int64_t at =
        rows_.at(row, rows_.time(row, step), call_.Wx.stride_b, call_.Wx.stride_t) + strand.head * g_.D + u0 * g_.W;
    s.wx_rows[r] = static_cast<const char*>(call_.Wx.data) + at * x_bytes_;
  }
  prefetch_rows(std::min<std::int64_t>(rows, kRowsAhead), s.wx_rows, g_.Gx, g_.N * g_.D * x_bytes_,
                real_units(g_, u0, u1) * x_bytes_);
}

/// Of cells with two stages: the first products, kept for the last stage, and the operand of the second.
void Forward::first_stage(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s) {
  const std::int64_t rows = running_rows(rows_, strand, step);
  if (rows == 0) return;
  const Weights weights = weights_of(plan_, packed_, strand.head);
  const ProductPlan& product = plan_.forward[0];
  const std::int64_t row_floats = product.panels * product.vectors * g_.W;
  float* kept = kept_product_ + (strand.head * g_.B + strand.first) * row_floats;
  const std::int64_t operand_row = strand.head * g_.B + strand.first;
  for (std::int64_t b0 = u0; b0 < u1; b0 += plan_.block_units) {
    const std::int64_t b1 = std::min(b0 + plan_.block_units, u1);
    find_gates(strand, rows, step, b0, b1, s);
    GemmArgs gemm = product_args(g_, product, weights.forward[0], product.gates, b0, b1);
    gemm.a = operand(strand, step);
    gemm.a_row_stride = g_.operand_stride;
    gemm.c = kept + b0 * product.gates * g_.W;
    gemm.c_row_stride = row_floats;
    gemm.rows = rows;
    plan_.isa->gemm[static_cast<int>(g_.format)](gemm);

    PointwiseForward p = {};
    p.rows = rows;
    p.units = b1 - b0;
    p.product[0] = gemm.c;
    p.product_row_stride[0] = row_floats;
    bind_gates(plan_, rows, s.wx_rows, b0, b1, s.x, s.x_rows, &p);
    p.bias = weights.bias + b0 * g_.W;
    p.bias_stride = g_.Dp;
    p.state = state(strand) + b0 * g_.W;
    p.state_stride = g_.B * g_.Dp;
    p.state_row_stride = g_.Dp;
    p.operand = second_float_ + operand_row * g_.Dp + b0 * g_.W;
    p.operand_row_stride = g_.Dp;
    plan_.kernels->operand[plan_.math](p);
    plan_.isa->round_rows({plan_.problem.dtype, g_.pairs, rows, p.units * g_.W, p.operand, g_.Dp,
                           second_operand_ + operand_row * g_.operand_stride + b0 * g_.W / (g_.pairs ? 2 : 1),
                           g_.operand_stride});
  }
}

void Forward::last_stage(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s) {
  const std::int64_t rows = running_rows(rows_, strand, step);
  if (rows == 0) return;
  const Weights weights = weights_of(plan_, packed_, strand.head);
  const int stage = g_.second_gates > 0 ? 1 : 0;
  const ProductPlan& product = plan_.forward[stage];
  const std::int64_t operand_row = strand.head * g_.B + strand.first;
  if (call_.reserve != nullptr) {
    float* reserve = static_cast<float*>(call_.reserve);
    const std::int64_t token_floats = plan_.reserve_slot_count * g_.Dp;
    const bool gates = plan_.problem.reserve_mode == FLASHRNN_RESERVE_GATES;
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t token = rows_.offset(step) + strand.first + r;
      s.saved_rows[r] = reserve + (strand.head * plan_.problem.tokens + token) * token_floats + u0 * g_.W;
      s.prev_rows[r] = s.saved_rows[r] + (gates ? g_.saved * g_.Dp : 0);
    }
  }
  for (std::int64_t b0 = u0; b0 < u1; b0 += plan_.block_units) {
    const std::int64_t b1 = std::min(b0 + plan_.block_units, u1);
    find_gates(strand, rows, step, b0, b1, s);
    GemmArgs gemm = product_args(g_, product, weights.forward[stage], product.gates, b0, b1);
    gemm.a = stage == 0 ? operand(strand, step) : second_operand_ + operand_row * g_.operand_stride;
    gemm.a_row_stride = g_.operand_stride;
    gemm.c = s.product[stage];
    gemm.c_row_stride = plan_.product_floats[stage];
    gemm.rows = rows;
    plan_.isa->gemm[static_cast<int>(g_.format)](gemm);

    PointwiseForward p = {};
    p.rows = rows;
    p.units = b1 - b0;
    p.product[stage] = gemm.c;
    p.product_row_stride[stage] = gemm.c_row_stride;
    if (stage == 1) {
      const std::int64_t row_floats = plan_.forward[0].panels * plan_.forward[0].vectors * g_.W;
      p.product[0] = kept_product_ + operand_row * row_floats + b0 * g_.first_gates * g_.W;
      p.product_row_stride[0] = row_floats;
    }
    bind_gates(plan_, rows, s.wx_rows, b0, b1, s.x, s.x_rows, &p);
    p.bias = weights.bias + b0 * g_.W;
    p.bias_stride = g_.Dp;
    p.state = state(strand) + b0 * g_.W;
    p.state_stride = g_.B * g_.Dp;
    p.state_row_stride = g_.Dp;
    p.clip = plan_.problem.forward_clip;
    if (call_.reserve != nullptr) {
      p.saved = plan_.problem.reserve_mode == FLASHRNN_RESERVE_GATES ? s.saved_rows : nullptr;
      p.prev = s.prev_rows;
      p.slot_stride = g_.Dp;
      p.stream = plan_.stream_reserve;
    }
    p.dtype = plan_.problem.dtype;
    const bool in_place = call_.sequence_states == 1 && rows_in_place(plan_);
    if (call_.sequence_states > 0) find_outputs(strand, rows, step, b0, s);
    if (in_place) p.h = s.io_rows;
    if (step + 1 < rows_.steps()) {
      p.next = operand(strand, step + 1) + b0 * g_.W / (g_.pairs ? 2 : 1);
      p.next_row_stride = g_.operand_stride;
      p.next_pairs = g_.pairs;
    }
    plan_.kernels->forward[plan_.math](p);
    if (call_.sequence_states > 0 && !in_place) store_outputs(strand, rows, b0, b1, s);
    if (step + 1 < rows_.steps()) apply_resets(strand, step + 1, b0, b1);
    for (std::int64_t r = 0; call_.reserve != nullptr && r < rows; ++r) {
      s.saved_rows[r] += p.units * g_.W;
      s.prev_rows[r] += p.units * g_.W;
    }
  }
}

/// Where the step's output states of units from u0 on go.
void Forward::find_outputs(const Strand& strand, std::int64_t rows, std::int64_t step, std::int64_t u0,
                           Scratch& s) const {
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = strand.first + r;
    const std::int64_t at = rows_.at(row, rows_.time(row, step), call_.states.stride_b, call_.states.stride_t) +
                            strand.head * g_.D + u0 * g_.W;
    s.io_rows[r] = static_cast<char*>(call_.states.data) + at * x_bytes_;
  }
}

void Forward::store_outputs(const Strand& strand, std::int64_t rows, std::int64_t u0, std::int64_t u1, Scratch& s) {
  std::int64_t offsets[8];
  for (int i = 0; i < g_.S; ++i) offsets[i] = i * g_.B * g_.Dp;
  plan_.isa->narrow_rows({plan_.problem.dtype, rows, call_.sequence_states, real_units(g_, u0, u1), s.io_rows,
                          call_.states.stride_s, state(strand) + u0 * g_.W, g_.Dp, offsets});
}

/// h of the strand's rows [row, row + rows), rounded, as what step `step` multiplies.
void Forward::round_operand(const Strand& strand, std::int64_t row, std::int64_t rows, std::int64_t step,
                            std::int64_t u0, std::int64_t u1) {
  plan_.isa->round_rows({plan_.problem.dtype, g_.pairs, rows, (u1 - u0) * g_.W, state(strand) + row * g_.Dp + u0 * g_.W,
                         g_.Dp, operand(strand, step) + row * g_.operand_stride + u0 * g_.W / (g_.pairs ? 2 : 1),
                         g_.operand_stride});
}

/// Replaces the states that enter `step`, where the row is marked.
void Forward::apply_resets(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1) {
  if (call_.resets == nullptr) return;
  const std::int64_t rows = running_rows(rows_, strand, step);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = strand.first + r;
    if (call_.resets[rows_.at(row, rows_.time(row, step), call_.resets_stride_b, 1)] == 0) continue;
    float* to = state(strand) + r * g_.Dp + u0 * g_.W;
    if (call_.reset_states.data == nullptr) {
      for (int i = 0; i < g_.S; ++i)
        std::memset(to + i * g_.B * g_.Dp, 0, static_cast<std::size_t>((u1 - u0) * g_.W) * 4);
    } else {
      const std::int64_t at = rows_.batch(row) * call_.reset_states.stride_b + strand.head * g_.D + u0 * g_.W;
      const void* from = static_cast<const char*>(call_.reset_states.data) + at * state_bytes_;
      plan_.isa->widen_rows({plan_.problem.state_dtype, 1, g_.S, real_units(g_, u0, u1), &from,
                             call_.reset_states.stride_s, to, 0, g_.B * g_.Dp});
    }
    round_operand(strand, r, 1, step, u0, u1);
  }
}

void Forward::zero_outputs_behind_end(const Strand& strand) {
  if (call_.sequence_states == 0 || rows_.packed()) return;
  for (std::int64_t r = 0; r < strand.count; ++r) {
    const std::int64_t row = strand.first + r;
    for (std::int64_t t = rows_.length(row); t < g_.T; ++t) {
      for (int i = 0; i < call_.sequence_states; ++i) {
        const std::int64_t at = rows_.at(row, t, call_.states.stride_b, call_.states.stride_t) +
                                i * call_.states.stride_s + strand.head * g_.D;
        std::memset(static_cast<char*>(call_.states.data) + at * x_bytes_, 0,
                    static_cast<std::size_t>(g_.D * x_bytes_));
      }
    }
  }
}

}  // namespace flashrnn::cpu

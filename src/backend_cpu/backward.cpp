// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/backward.hpp"

#include <cstring>

#include "backend_cpu/gates.hpp"

namespace flashrnn::cpu {

/// One thread's buffers.
struct Backward::Scratch {
  float* dstates;
  float* doperand;
  const void** dstates_rows;
  const void** outside_rows;
  void** io_rows;
  const float** saved_rows;
  const float** prev_rows;
};

Backward::Backward(const CpuPlan& plan, const Workspace& workspace, const Rows& rows, const void* packed,
                   const BackwardCall& call)
    : plan_(plan),
      g_(plan.g),
      rows_(rows),
      packed_(packed),
      call_(call),
      x_bytes_(dtype_bytes(plan.problem.dtype)),
      state_bytes_(dtype_bytes(plan.problem.state_dtype)),
      carry_(workspace.take<float>(plan.backward_bookings.carry)),
      da_(workspace.take<float>(plan.backward_bookings.da)),
      da_operand_(workspace.take<std::uint32_t>(plan.backward_bookings.da_operand)),
      reset_gradient_(workspace.take<float>(plan.backward_bookings.reset_gradient)),
      chunk_saved_(workspace.take<float>(plan.backward_bookings.chunk_saved)),
      scratch_(workspace.take<std::byte>(plan.backward_bookings.scratch)),
      saved_tokens_(plan, rows, call.reserve, chunk_saved_),
      recompute_(plan, rows, packed, call.Wx, saved_tokens_, chunk_saved_, scratch_),
      weight_gradient_(plan, workspace, rows, saved_tokens_, da_, call.dR, call.db, scratch_) {}

Backward::Scratch Backward::scratch(int member) const {
  const Workspace w(plan_.scratch, scratch_ + member * plan_.scratch.bytes());
  return {w.take<float>(plan_.dstates),           w.take<float>(plan_.block_float),
          w.take<const void*>(plan_.pointers[0]), w.take<const void*>(plan_.pointers[4]),
          w.take<void*>(plan_.pointers[1]),       w.take<const float*>(plan_.pointers[2]),
          w.take<const float*>(plan_.pointers[3])};
}

void Backward::run(Crew& crew) {
  crew.for_each(plan_.strands, [&](std::int64_t i, int) { start(strand_at(plan_, i)); });
  weight_gradient_.start(call_.accumulate, crew);
  for (std::int64_t end = rows_.steps(); end > 0;) {
    // Chunks are counted from step 0, so that a call's chunks do not depend on where its longest row ends.
    const Chunk chunk = {(end - 1) / plan_.chunk_steps * plan_.chunk_steps, end};
    if (chunk_saved_ != nullptr) recompute_.run(chunk, crew);
    walk(chunk, crew);
    weight_gradient_.add(chunk, crew);
    end = chunk.first;
  }
  weight_gradient_.finish(crew);
  crew.for_each(plan_.strands, [&](std::int64_t i, int member) {
    Scratch s = scratch(member);
    finish(strand_at(plan_, i), s);
  });
}

/// The carried gradients start from those of the final states: a row's carry waits untouched until its last step.
void Backward::start(const Strand& strand) {
  for (std::int64_t r = 0; r < strand.count; ++r) {
    const std::int64_t row = strand.first + r;
    float* to = carry(strand) + r * plan_.carry_floats;
    for (int i = 0; i < g_.S; ++i)
      std::memset(to + i * g_.B * plan_.carry_floats, 0, static_cast<std::size_t>(plan_.carry_floats) * 4);
    if (call_.dfinal_states.data != nullptr) {
      const std::int64_t at = rows_.batch(row) * call_.dfinal_states.stride_b + strand.head * g_.D;
      const void* from = static_cast<const char*>(call_.dfinal_states.data) + at * state_bytes_;
      plan_.isa->widen_rows({plan_.problem.state_dtype, 1, g_.S, g_.D, &from, call_.dfinal_states.stride_s, to, 0,
                             g_.B * plan_.carry_floats});
    }
    for (int i = 0; reset_gradient_ != nullptr && i < g_.S; ++i)
      std::memset(reset_gradient_ + ((strand.head * g_.S + i) * g_.B + row) * g_.Dp, 0,
                  static_cast<std::size_t>(g_.Dp) * 4);
    if (call_.dWx.data == nullptr || rows_.packed()) continue;
    for (std::int64_t t = rows_.length(row); t < g_.T; ++t) {
      const std::int64_t at = rows_.at(row, t, call_.dWx.stride_b, call_.dWx.stride_t) + strand.head * g_.D;
      for (int gate = 0; gate < g_.Gx; ++gate)
        std::memset(static_cast<char*>(call_.dWx.data) + (at + gate * g_.N * g_.D) * x_bytes_, 0,
                    static_cast<std::size_t>(g_.D * x_bytes_));
    }
  }
}

void Backward::finish(const Strand& strand, Scratch& s) {
  const auto store = [&](const flashrnn_tensor& to, const float* from, std::int64_t row_floats) {
    if (to.data == nullptr) return;
    std::int64_t offsets[8];
    for (int i = 0; i < g_.S; ++i) offsets[i] = i * g_.B * row_floats;
    for (std::int64_t r = 0; r < strand.count; ++r) {
      const std::int64_t at = rows_.batch(strand.first + r) * to.stride_b + strand.head * g_.D;
      s.io_rows[r] = static_cast<char*>(to.data) + at * state_bytes_;
    }
    plan_.isa->narrow_rows(
        {plan_.problem.state_dtype, strand.count, g_.S, g_.D, s.io_rows, to.stride_s, from, row_floats, offsets});
  };
  store(call_.dinitial_states, carry(strand), plan_.carry_floats);
  if (reset_gradient_ != nullptr)
    store(call_.dreset_states, reset_gradient_ + (strand.head * g_.S * g_.B + strand.first) * g_.Dp, g_.Dp);
}

void Backward::walk(const Chunk& chunk, Crew& crew) {
  const bool two_stages = g_.second_gates > 0;
  if (!plan_.lockstep) {
    crew.for_each(plan_.strands, [&](std::int64_t i, int member) {
      const Strand strand = strand_at(plan_, i);
      Scratch s = scratch(member);
      for (std::int64_t step = chunk.end - 1; step >= chunk.first; --step) {
        if (running_rows(rows_, strand, step) == 0) continue;
        cell(strand, chunk, step, 0, g_.units, s);
        if (two_stages) through_operand(strand, chunk, step, 0, g_.units, s);
        ask_for_saved(strand, chunk, step - 1, 0, g_.units);
        through_R(strand, chunk, step, 0, g_.units);
      }
    });
    return;
  }
  // One meeting of the threads a step: the product of a step needs all its gate gradients, but gives each thread the
  // carried gradients of its own units alone, with which it goes on to the next step at once.
  const auto split = [&](auto work) {
    crew.split([&](int part, int parts) {
      Scratch s = scratch(part);
      for_share(plan_, plan_.backward_granule, part, parts,
                [&](std::int64_t i, std::int64_t u0, std::int64_t u1) { work(strand_at(plan_, i), u0, u1, s); });
    });
  };
  for (std::int64_t step = chunk.end - 1; step >= chunk.first; --step) {
    split([&](const Strand& strand, std::int64_t u0, std::int64_t u1, Scratch& s) {
      ask_for_saved(strand, chunk, step, u0, u1);
      if (step + 1 < chunk.end) through_R(strand, chunk, step + 1, u0, u1);
      cell(strand, chunk, step, u0, u1, s);
    });
    if (two_stages)
      split([&](const Strand& strand, std::int64_t u0, std::int64_t u1, Scratch& s) {
        through_operand(strand, chunk, step, u0, u1, s);
      });
  }
  split([&](const Strand& strand, std::int64_t u0, std::int64_t u1, Scratch&) {
    through_R(strand, chunk, chunk.first, u0, u1);
  });
}

/// Asks for what the cell reads first at `step`: the product before it hides the way. Steps are walked downwards, where
/// the processor's own prefetchers do not look.
void Backward::ask_for_saved(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0,
                             std::int64_t u1) const {
  if (step < chunk.first) return;
  const std::int64_t rows = std::min<std::int64_t>(running_rows(rows_, strand, step), kRowsAhead);
  const std::int64_t bytes = std::min(u1 - u0, plan_.block_units) * g_.W * 4;
  for (std::int64_t r = 0; r < rows; ++r) {
    const void* saved = saved_tokens_.saved(strand.head, chunk, step, strand.first + r) + u0 * g_.W;
    const void* prev = saved_tokens_.prev(strand.head, step, strand.first + r) + u0 * g_.W;
    prefetch_rows(1, &saved, g_.saved, g_.Dp * 4, bytes);
    prefetch_rows(1, &prev, g_.S, g_.Dp * 4, bytes);
  }
}

/// What both pointwise kernels of a step need: what the forward saved, the carried and the gate gradients.
PointwiseBackward Backward::pointwise_args(const Strand& strand, const Chunk& chunk, std::int64_t rows,
                                           std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s) const {
  for (std::int64_t r = 0; r < rows; ++r) {
    s.saved_rows[r] = saved_tokens_.saved(strand.head, chunk, step, strand.first + r) + u0 * g_.W;
    s.prev_rows[r] = saved_tokens_.prev(strand.head, step, strand.first + r) + u0 * g_.W;
  }
  PointwiseBackward p = {};
  p.rows = rows;
  p.units = u1 - u0;
  p.saved = s.saved_rows;
  p.prev = s.prev_rows;
  p.slot_stride = g_.Dp;
  p.carry = carry(strand) + u0 * g_.W;
  p.carry_stride = g_.B * plan_.carry_floats;
  p.carry_row_stride = plan_.carry_floats;
  p.da = da(strand, chunk, step) + u0 * g_.W;
  p.da_row_stride = g_.A * g_.Dp;
  p.da_stride = g_.Dp;
  p.position = g_.position;
  return p;
}

/// Points p->dstates at the gradients that come from outside into the states of this step, of units [u0, u1): where
/// they are, or widened.
void Backward::bind_outside(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s,
                            PointwiseBackward* p) const {
  const bool in_place = rows_in_place(plan_);
  const std::int64_t block = (u1 - u0) * g_.W;
  for (std::int64_t r = 0; r < p->rows; ++r) {
    const std::int64_t row = strand.first + r;
    const std::int64_t at = rows_.at(row, rows_.time(row, step), call_.dstates.stride_b, call_.dstates.stride_t) +
                            strand.head * g_.D + u0 * g_.W;
    s.outside_rows[r] = static_cast<const char*>(call_.dstates.data) + at * x_bytes_;
    if (!in_place) s.dstates_rows[r] = s.dstates + r * call_.sequence_states * block;
  }
  if (!in_place)
    plan_.isa->widen_rows({plan_.problem.dtype, p->rows, call_.sequence_states, real_units(g_, u0, u1), s.outside_rows,
                           call_.dstates.stride_s, s.dstates, call_.sequence_states * block, block});
  p->dstates = in_place ? s.outside_rows : s.dstates_rows;
  p->dstates_dtype = in_place ? plan_.problem.dtype : FLASHRNN_F32;
  p->dstates_count = call_.sequence_states;
  p->dstates_stride = in_place ? call_.dstates.stride_s : block;
}

/// The cell's backward: gate gradients, and the direct part of the carried gradients.
void Backward::cell(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0, std::int64_t u1,
                    Scratch& s) {
  const std::int64_t rows = running_rows(rows_, strand, step);
  if (rows == 0) return;
  // Gate gradients are final here, unless a second stage adds to them.
  const bool last = g_.second_gates == 0;
  for (std::int64_t b0 = u0; b0 < u1; b0 += plan_.block_units) {
    const std::int64_t b1 = std::min(b0 + plan_.block_units, u1);
    PointwiseBackward p = pointwise_args(strand, chunk, rows, step, b0, b1, s);
    if (call_.sequence_states > 0) bind_outside(strand, step, b0, b1, s, &p);
    if (last && g_.pairs) {
      p.da_pairs = da_operand(strand, step) + b0 * g_.W / 2;
      p.da_pairs_row_stride = g_.Gr * g_.operand_stride;
      p.da_pairs_gate_stride = g_.operand_stride;
    }
    p.clip = plan_.problem.forward_clip;
    plan_.kernels->backward[plan_.math](p);
    if (last) store_dWx(strand, chunk, rows, step, b0, b1, s);
  }
  if (!last) round_da(strand, chunk, step, g_.first_gates, g_.second_gates, u0, u1);
}

/// Of cells with two stages: the gradient of the second operand, and what it gives to gates and states.
void Backward::through_operand(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0,
                               std::int64_t u1, Scratch& s) {
  const std::int64_t rows = running_rows(rows_, strand, step);
  if (rows == 0) return;
  GemmArgs gemm = transposed_product(strand, chunk, 1, step, u0, u1);
  gemm.c = s.doperand + u0 * g_.W;
  gemm.c_row_stride = plan_.carry_floats;
  gemm.rows = rows;
  plan_.isa->gemm[static_cast<int>(g_.format)](gemm);

  PointwiseBackward p = pointwise_args(strand, chunk, rows, step, u0, u1, s);
  p.doperand = gemm.c;
  p.doperand_row_stride = gemm.c_row_stride;
  p.drop_operand_carry = plan_.problem.gradient_cut;
  plan_.kernels->operand_backward[plan_.math](p);
  store_dWx(strand, chunk, rows, step, u0, u1, s);
  round_da(strand, chunk, step, 0, g_.first_gates, u0, u1);
}

/// The step's product with R transposed, added to the direct part; then clip and resets: the carried gradients are
/// complete for the step before.
void Backward::through_R(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0,
                         std::int64_t u1) {
  const std::int64_t rows = running_rows(rows_, strand, step);
  if (rows == 0) return;
  float* carried = carry(strand);
  if (!plan_.problem.gradient_cut) {
    GemmArgs gemm = transposed_product(strand, chunk, 0, step, u0, u1);
    gemm.c = carried + u0 * g_.W;
    gemm.c_row_stride = plan_.carry_floats;
    gemm.rows = rows;
    gemm.accumulate = true;
    plan_.isa->gemm[static_cast<int>(g_.format)](gemm);
  }
  const std::int64_t n = (u1 - u0) * g_.W;
  for (std::int64_t r = 0; r < rows; ++r) {
    float* row = carried + r * plan_.carry_floats + u0 * g_.W;
    if (plan_.problem.gradient_clip > 0) plan_.isa->clamp(row, n, plan_.problem.gradient_clip);
    if (!has_reset(strand.first + r, step)) continue;
    for (int i = 0; i < g_.S; ++i) {
      float* state = row + i * g_.B * plan_.carry_floats;
      float* sum = reset_gradient_ + ((strand.head * g_.S + i) * g_.B + strand.first + r) * g_.Dp + u0 * g_.W;
      plan_.isa->add_rows(sum, state, 0, 1, n);
      std::memset(state, 0, static_cast<std::size_t>(n) * 4);
    }
  }
}

GemmArgs Backward::transposed_product(const Strand& strand, const Chunk& chunk, int stage, std::int64_t step,
                                      std::int64_t u0, std::int64_t u1) const {
  const Weights weights = weights_of(plan_, packed_, strand.head);
  GemmArgs gemm = product_args(g_, plan_.backward[stage], weights.backward[stage], 1, u0, u1);
  const int first_gate = stage == 0 ? 0 : g_.first_gates;
  if (g_.pairs) {
    gemm.a = da_operand(strand, step) + first_gate * g_.operand_stride;
    gemm.a_row_stride = g_.Gr * g_.operand_stride;
  } else {
    gemm.a = reinterpret_cast<const std::uint32_t*>(da(strand, chunk, step) + first_gate * g_.Dp);
    gemm.a_row_stride = g_.A * g_.Dp;
  }
  return gemm;
}

/// Gate gradients of a step as the operand of products that multiply pairs; others read da itself.
std::uint32_t* Backward::da_operand(const Strand& strand, std::int64_t step) const {
  return da_operand_ + ((strand.head * 2 + step % 2) * g_.B + strand.first) * g_.Gr * g_.operand_stride;
}

/// Of cells with two stages.
void Backward::round_da(const Strand& strand, const Chunk& chunk, std::int64_t step, int first_gate, int gates,
                        std::int64_t u0, std::int64_t u1) {
  if (!g_.pairs) return;
  const std::int64_t rows = running_rows(rows_, strand, step);
  std::uint32_t* to = da_operand(strand, step);
  for (int gate = first_gate; gate < first_gate + gates; ++gate)
    plan_.isa->round_rows({plan_.problem.dtype, true, rows, (u1 - u0) * g_.W,
                           da(strand, chunk, step) + gate * g_.Dp + u0 * g_.W, g_.A * g_.Dp,
                           to + gate * g_.operand_stride + u0 * g_.W / 2, g_.Gr * g_.operand_stride});
}

/// A pass of its own: one more stream of stores, rows a power of two apart, costs the cell more than reading da again
/// does.
void Backward::store_dWx(const Strand& strand, const Chunk& chunk, std::int64_t rows, std::int64_t step,
                         std::int64_t u0, std::int64_t u1, Scratch& s) const {
  if (call_.dWx.data == nullptr) return;
  std::int64_t offsets[8];
  for (int gate = 0; gate < g_.Gx; ++gate) offsets[gate] = g_.position[plan_.cell->input_slot[gate]] * g_.Dp;
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::int64_t row = strand.first + r;
    const std::int64_t at =
        rows_.at(row, rows_.time(row, step), call_.dWx.stride_b, call_.dWx.stride_t) + strand.head * g_.D + u0 * g_.W;
    s.io_rows[r] = static_cast<char*>(call_.dWx.data) + at * x_bytes_;
  }
  plan_.isa->narrow_rows({plan_.problem.dtype, rows, g_.Gx, real_units(g_, u0, u1), s.io_rows, g_.N * g_.D,
                          da(strand, chunk, step) + u0 * g_.W, g_.A * g_.Dp, offsets});
}

bool Backward::has_reset(std::int64_t row, std::int64_t step) const {
  return call_.resets != nullptr && call_.resets[rows_.at(row, rows_.time(row, step), call_.resets_stride_b, 1)] != 0;
}

}  // namespace flashrnn::cpu

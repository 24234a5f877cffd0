// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/recompute.hpp"

#include <cstring>

#include "backend_cpu/gates.hpp"
#include "backend_cpu/weights.hpp"

namespace flashrnn::cpu {

/// One thread's buffers, for plan.scratch_rows tokens.
struct Recompute::Scratch {
  float* product[2];
  float* x;
  float* state;               ///< [state][token][Dp]: the states before the step
  std::uint32_t* operand[2];  ///< h and the second stage's operand, rounded
  float* second;              ///< the second stage's operand: [token][carry_floats]
  const void** wx_rows;       ///< of each token, at the head's first unit
  const void** x_rows;
  const void** block_rows;
  float** saved_rows;
};

void Recompute::run(const Chunk& chunk, Crew& crew) {
  const std::int64_t tokens = chunk.tokens(rows_);
  const std::int64_t blocks = ceil_div(tokens, plan_.scratch_rows);
  crew.for_each(g_.N * blocks, [&](std::int64_t i, int member) {
    const Workspace w(plan_.scratch, scratch_ + member * plan_.scratch.bytes());
    auto* operands = w.take<std::uint32_t>(plan_.block_operand);
    Scratch s = {{w.take<float>(plan_.product[0]), w.take<float>(plan_.product[1])},
                 w.take<float>(plan_.x),
                 w.take<float>(plan_.block_state),
                 {operands, operands + plan_.scratch_rows * g_.operand_stride},
                 w.take<float>(plan_.block_float),
                 w.take<const void*>(plan_.pointers[0]),
                 w.take<const void*>(plan_.pointers[1]),
                 w.take<const void*>(plan_.pointers[2]),
                 w.take<float*>(plan_.pointers[3])};
    const std::int64_t first = i % blocks * plan_.scratch_rows;
    block(chunk, i / blocks, first, std::min(plan_.scratch_rows, tokens - first), s);
  });
}

/// Tokens [first, first + count) of the chunk: their states, operands and input gates.
void Recompute::load_tokens(const Chunk& chunk, std::int64_t head, std::int64_t first, std::int64_t count, Scratch& s) {
  std::int64_t step = chunk.end - 1;
  const std::int64_t bytes = dtype_bytes(plan_.problem.dtype);
  for (std::int64_t i = 0; i < count; ++i) {
    while (first + i >= chunk.token(rows_, step) + rows_.active(step)) --step;
    const std::int64_t row = first + i - chunk.token(rows_, step);
    const float* prev = saved_.prev(head, step, row);
    for (int state = 0; state < g_.S; ++state)
      std::memcpy(s.state + (state * plan_.scratch_rows + i) * g_.Dp, prev + state * g_.Dp,
                  static_cast<std::size_t>(g_.Dp) * 4);
    const std::int64_t at = rows_.at(row, rows_.time(row, step), Wx_.stride_b, Wx_.stride_t) + head * g_.D;
    s.wx_rows[i] = static_cast<const char*>(Wx_.data) + at * bytes;
    s.saved_rows[i] = chunk_saved_ + (head * plan_.chunk_tokens + first + i) * g_.saved * g_.Dp;
  }
  plan_.isa->round_rows({plan_.problem.dtype, g_.pairs, count, g_.Dp, s.state, g_.Dp, s.operand[0], g_.operand_stride});
}

void Recompute::product(int stage, std::int64_t head, std::int64_t count, std::int64_t u0, std::int64_t u1,
                        Scratch& s) {
  const Weights weights = weights_of(plan_, packed_, head);
  const ProductPlan& plan = plan_.forward[stage];
  GemmArgs gemm = product_args(g_, plan, weights.forward[stage], plan.gates, u0, u1);
  gemm.a = s.operand[stage];
  gemm.a_row_stride = g_.operand_stride;
  gemm.c = s.product[stage];
  gemm.c_row_stride = plan_.product_floats[stage];
  gemm.rows = count;
  plan_.isa->gemm[static_cast<int>(g_.format)](gemm);
}

void Recompute::bind(std::int64_t head, std::int64_t count, std::int64_t u0, std::int64_t u1, Scratch& s,
                     PointwiseForward* p) {
  p->rows = count;
  p->units = u1 - u0;
  for (int stage = 0; stage < 2; ++stage) {
    p->product[stage] = s.product[stage];
    p->product_row_stride[stage] = plan_.product_floats[stage];
  }
  const std::int64_t offset = u0 * g_.W * dtype_bytes(plan_.problem.dtype);
  for (std::int64_t i = 0; i < count; ++i) s.block_rows[i] = static_cast<const char*>(s.wx_rows[i]) + offset;
  bind_gates(plan_, count, s.block_rows, u0, u1, s.x, s.x_rows, p);
  p->bias = weights_of(plan_, packed_, head).bias + u0 * g_.W;
  p->bias_stride = g_.Dp;
  p->state = s.state + u0 * g_.W;
  p->state_stride = plan_.scratch_rows * g_.Dp;
  p->state_row_stride = g_.Dp;
}

void Recompute::block(const Chunk& chunk, std::int64_t head, std::int64_t first, std::int64_t count, Scratch& s) {
  load_tokens(chunk, head, first, count, s);
  if (g_.second_gates > 0) {
    for (std::int64_t u0 = 0; u0 < g_.units; u0 += plan_.block_units) {
      const std::int64_t u1 = std::min(u0 + plan_.block_units, g_.units);
      product(0, head, count, u0, u1, s);
      PointwiseForward p = {};
      bind(head, count, u0, u1, s, &p);
      p.operand = s.second + u0 * g_.W;
      p.operand_row_stride = plan_.carry_floats;
      plan_.kernels->operand[plan_.math](p);
    }
    plan_.isa->round_rows(
        {plan_.problem.dtype, g_.pairs, count, g_.Dp, s.second, plan_.carry_floats, s.operand[1], g_.operand_stride});
  }
  for (std::int64_t u0 = 0; u0 < g_.units; u0 += plan_.block_units) {
    const std::int64_t u1 = std::min(u0 + plan_.block_units, g_.units);
    // The first stage's products again, where there are two: cheaper than keeping them for all units.
    product(0, head, count, u0, u1, s);
    if (g_.second_gates > 0) product(1, head, count, u0, u1, s);
    PointwiseForward p = {};
    bind(head, count, u0, u1, s, &p);
    p.saved = s.saved_rows;
    p.slot_stride = g_.Dp;
    p.clip = plan_.problem.forward_clip;
    plan_.kernels->forward[plan_.math](p);
    for (std::int64_t i = 0; i < count; ++i) s.saved_rows[i] += p.units * g_.W;
  }
}

}  // namespace flashrnn::cpu

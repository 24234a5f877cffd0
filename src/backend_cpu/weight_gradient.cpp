// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/weight_gradient.hpp"

#include <algorithm>
#include <cstring>

#include "backend_cpu/integers.hpp"

namespace flashrnn::cpu {
namespace {

constexpr std::int64_t kColumnsAtOnce = 64;  ///< of the bias gradient
constexpr std::int64_t kPanelsWorthACopy = 4;

}  // namespace

WeightGradient::WeightGradient(const CpuPlan& plan, const Workspace& workspace, const Rows& rows,
                               const SavedTokens& saved, const float* da, float* dR, float* db, std::byte* scratch)
    : plan_(plan),
      g_(plan.g),
      rows_(rows),
      saved_(saved),
      da_(da),
      dR_(dR),
      db_(db),
      weight_gradient_(workspace.take<float>(plan.backward_bookings.weight_gradient)),
      bias_gradient_(workspace.take<float>(plan.backward_bookings.bias_gradient)),
      gradient_pairs_(workspace.take<std::uint32_t>(plan.backward_bookings.gradient_pairs)),
      operand_panels_{workspace.take<char>(plan.backward_bookings.operand_panels[0]),
                      workspace.take<char>(plan.backward_bookings.operand_panels[1])},
      scratch_(scratch) {}

void WeightGradient::start(bool accumulate, Crew& crew) {
  if (db_ != nullptr) {
    std::memset(bias_gradient_, 0, static_cast<std::size_t>(g_.N * g_.A * g_.Dp) * 4);
    for (std::int64_t i = 0; accumulate && i < g_.A * g_.N; ++i)
      std::memcpy(bias_gradient_ + (i % g_.N * g_.A + i / g_.N) * g_.Dp, db_ + i * g_.D,
                  static_cast<std::size_t>(g_.D) * 4);
  }
  if (dR_ == nullptr) return;
  crew.for_each(g_.N * g_.Gr, [&](std::int64_t i, int) {
    const std::int64_t head = i / g_.Gr;
    const int gate = static_cast<int>(i % g_.Gr);
    for (std::int64_t d = 0; d < g_.D; ++d) {
      float* row = gradient_row(head, gate, d);
      std::memset(row, 0, static_cast<std::size_t>(plan_.gradient_floats) * 4);
      if (accumulate)
        std::memcpy(row, dR_ + ((gate * g_.N + head) * g_.D + d) * g_.D, static_cast<std::size_t>(g_.D) * 4);
    }
  });
}

void WeightGradient::finish(Crew& crew) {
  for (std::int64_t i = 0; db_ != nullptr && i < g_.A * g_.N; ++i)
    std::memcpy(db_ + i * g_.D, bias_gradient_ + (i % g_.N * g_.A + i / g_.N) * g_.Dp,
                static_cast<std::size_t>(g_.D) * 4);
  if (dR_ == nullptr) return;
  crew.for_each(g_.N * g_.Gr, [&](std::int64_t i, int) {
    const std::int64_t head = i / g_.Gr;
    const int gate = static_cast<int>(i % g_.Gr);
    for (std::int64_t d = 0; d < g_.D; ++d)
      std::memcpy(dR_ + ((gate * g_.N + head) * g_.D + d) * g_.D, gradient_row(head, gate, d),
                  static_cast<std::size_t>(g_.D) * 4);
  });
}

/// The step's first element of k in the chunk. With pairs, each step's rows are padded to an even number.
std::int64_t WeightGradient::k_of(const Chunk& chunk, std::int64_t step) const {
  if (!g_.pairs) return chunk.token(rows_, step);
  std::int64_t k = 0;
  for (std::int64_t s = chunk.end - 1; s > step; --s) k += ceil_div(rows_.active(s), 2);
  return k;
}

/// The operand that entered `step` (h, or the second stage's), rounded as the forward rounded it, into panels
/// [panel][k][vector][lane].
void WeightGradient::pack_operands(const Chunk& chunk, std::int64_t head, std::int64_t step, int stage) {
  const std::int64_t active = rows_.active(step);
  const std::int64_t panel_floats = plan_.gradient.vectors * g_.W;
  constexpr std::int64_t kUnitsAtOnce = 16;  // vectors; keeps the buffers on the stack
  alignas(64) float wide[2][kUnitsAtOnce * 16];
  alignas(64) std::uint32_t packed[kUnitsAtOnce * 16];
  char* panels = operand_panels_[stage] + head * plan_.gradient.head_bytes;
  const std::int64_t k0 = k_of(chunk, step);
  const std::int64_t rows_per_k = g_.pairs ? 2 : 1;
  for (std::int64_t row = 0; row < active; row += rows_per_k) {
    const std::int64_t k = k0 + row / rows_per_k;
    for (std::int64_t u0 = 0; u0 < g_.units; u0 += kUnitsAtOnce) {
      const std::int64_t n = std::min(kUnitsAtOnce, g_.units - u0) * g_.W;
      const float* source[2] = {nullptr, nullptr};
      for (std::int64_t i = 0; i < rows_per_k && row + i < active; ++i) {
        source[i] = saved_.prev(head, step, row + i) + u0 * g_.W;
        if (stage == 1) {
          const float* gates = saved_.saved(head, chunk, step, row + i) + u0 * g_.W;
          plan_.kernels->saved_operand[plan_.math]({1, n / g_.W, &gates, &source[i], g_.Dp, wide[i], 0});
          source[i] = wide[i];
        }
      }
      if (g_.pairs) {
        plan_.isa->pair_rows(source[0], source[1], packed, n);
      } else {
        plan_.isa->round_rows({plan_.problem.dtype, false, 1, n, source[0], 0, packed, 0});
      }
      for (std::int64_t i = 0; i < n;) {
        const std::int64_t column = u0 * g_.W + i;
        const std::int64_t within = column % panel_floats;
        const std::int64_t count = std::min(panel_floats - within, n - i);
        char* out = panels + column / panel_floats * plan_.gradient.panel_bytes + (k * panel_floats + within) * 4;
        std::memcpy(out, packed + i, static_cast<std::size_t>(count) * 4);
        i += count;
      }
    }
  }
}

/// Gate gradients of two rows at a time as pairs: [k][gate][...].
void WeightGradient::pack_gradients(const Chunk& chunk, std::int64_t head, std::int64_t step) {
  const std::int64_t active = rows_.active(step);
  const std::int64_t k0 = k_of(chunk, step);
  const std::int64_t row_floats = g_.A * g_.Dp;
  const float* rows = da_ + (head * plan_.chunk_tokens + chunk.token(rows_, step)) * row_floats;
  std::uint32_t* out = gradient_pairs_ + (head * plan_.chunk_k + k0) * g_.Gr * g_.Dp;
  for (std::int64_t row = 0; row < active; row += 2, out += g_.Gr * g_.Dp)
    plan_.isa->pair_rows(rows + row * row_floats, row + 1 < active ? rows + (row + 1) * row_floats : nullptr, out,
                         g_.Gr * g_.Dp);
}

void WeightGradient::multiply(const Chunk& chunk, std::int64_t head, int gate, std::int64_t first, std::int64_t count,
                              std::uint32_t* block) {
  const int stage = gate < g_.first_gates ? 0 : 1;
  const std::int64_t k = g_.pairs ? k_of(chunk, chunk.first - 1) : chunk.tokens(rows_);
  GemmArgs gemm = {};
  if (g_.pairs) {
    gemm.a = gradient_pairs_ + head * plan_.chunk_k * g_.Gr * g_.Dp + gate * g_.Dp + first;
    gemm.a_k_stride = g_.Gr * g_.Dp;
  } else {
    // The gates' slots come first in da, in gate order.
    gemm.a =
        reinterpret_cast<const std::uint32_t*>(da_ + head * plan_.chunk_tokens * g_.A * g_.Dp + gate * g_.Dp) + first;
    gemm.a_k_stride = g_.A * g_.Dp;
  }
  gemm.a_row_stride = 1;
  gemm.segments = 1;
  gemm.k = k;
  gemm.b = operand_panels_[stage] + head * plan_.gradient.head_bytes;
  gemm.panel_bytes = plan_.gradient.panel_bytes;
  gemm.panels = plan_.gradient.panels;
  gemm.vectors = plan_.gradient.vectors;
  gemm.c = gradient_row(head, gate, first);
  gemm.c_row_stride = plan_.gradient_floats;
  gemm.c_panel_stride = plan_.gradient.vectors * g_.W;
  gemm.rows = count;
  gemm.accumulate = true;
  const auto product = plan_.isa->gemm[static_cast<int>(g_.pairs ? WeightFormat::kBf16Pair : WeightFormat::kF32)];
  if (gemm.panels < kPanelsWorthACopy) return product(gemm);
  const std::uint32_t* const gradients = gemm.a;
  const std::int64_t stride = gemm.a_k_stride;
  const auto* const panels = static_cast<const char*>(gemm.b);
  const std::int64_t k_bytes = gemm.vectors * g_.W * 4;
  gemm.a = block;
  gemm.a_k_stride = plan_.copy_rows;
  for (std::int64_t k0 = 0; k0 < k; k0 += plan_.copy_k) {
    gemm.k = std::min(plan_.copy_k, k - k0);
    for (std::int64_t i = 0; i < gemm.k; ++i)
      std::memcpy(block + i * plan_.copy_rows, gradients + (k0 + i) * stride, static_cast<std::size_t>(count) * 4);
    gemm.b = panels + k0 * k_bytes;
    product(gemm);
  }
}

void WeightGradient::add(const Chunk& chunk, Crew& crew) {
  const std::int64_t steps = chunk.end - chunk.first;
  if (dR_ != nullptr) {
    const int stages = g_.second_gates > 0 ? 2 : 1;
    crew.for_each(g_.N * steps, [&](std::int64_t i, int) {
      const std::int64_t head = i / steps;
      const std::int64_t step = chunk.first + i % steps;
      for (int stage = 0; stage < stages; ++stage) pack_operands(chunk, head, step, stage);
      if (g_.pairs) pack_gradients(chunk, head, step);
    });
    const std::int64_t blocks = ceil_div(g_.D, plan_.copy_rows);
    crew.for_each(g_.N * g_.Gr * blocks, [&](std::int64_t i, int member) {
      const std::int64_t first = i % blocks * plan_.copy_rows;
      const Workspace w(plan_.scratch, scratch_ + member * plan_.scratch.bytes());
      multiply(chunk, i / blocks / g_.Gr, static_cast<int>(i / blocks % g_.Gr), first,
               std::min(plan_.copy_rows, g_.D - first), w.take<std::uint32_t>(plan_.gradient_block));
    });
  }
  if (db_ != nullptr) {
    const std::int64_t columns = g_.A * g_.Dp;
    const std::int64_t blocks = ceil_div(columns, kColumnsAtOnce);
    crew.for_each(g_.N * blocks, [&](std::int64_t i, int) {
      const std::int64_t head = i / blocks;
      const std::int64_t end = std::min((i % blocks + 1) * kColumnsAtOnce, columns);
      // da's slots stand in the order of `position`; the sums go back to the order of b.
      for (std::int64_t c = i % blocks * kColumnsAtOnce; c < end;) {
        const std::int64_t position = c / g_.Dp;
        const std::int64_t n = std::min(end, (position + 1) * g_.Dp) - c;
        const auto slot = std::find(g_.position, g_.position + g_.A, position) - g_.position;
        plan_.isa->add_rows(bias_gradient_ + (head * g_.A + slot) * g_.Dp + c % g_.Dp,
                            da_ + head * plan_.chunk_tokens * columns + c, columns, chunk.tokens(rows_), n);
        c += n;
      }
    });
  }
}

}  // namespace flashrnn::cpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/crew.hpp"
#include "backend_cpu/recompute.hpp"
#include "backend_cpu/rows.hpp"
#include "backend_cpu/strand.hpp"
#include "backend_cpu/weight_gradient.hpp"
#include "backend_cpu/weights.hpp"

namespace flashrnn::cpu {

/// The tensors of a backward, with all strides resolved.
struct BackwardCall {
  flashrnn_const_tensor Wx;  ///< read when gates are recomputed
  flashrnn_const_tensor dstates;
  int sequence_states;  ///< states that `dstates` holds: 0, 1 or S
  flashrnn_const_tensor dfinal_states;
  const std::uint8_t* resets;
  std::int64_t resets_stride_b;
  flashrnn_tensor dWx;
  float* dR;
  float* db;
  bool accumulate;
  flashrnn_tensor dinitial_states;
  flashrnn_tensor dreset_states;
  const void* reserve;
};

/// Walks the steps downwards in chunks. In a chunk: the gates again where they were not kept; then step by step the
/// cell's backward and the product with R transposed, which gives the gradient carried to the previous step; then the
/// chunk's part of dR and db (weight_gradient.hpp).
class Backward {
 public:
  Backward(const CpuPlan& plan, const Workspace& workspace, const Rows& rows, const void* packed,
           const BackwardCall& call);

  void run(Crew& crew);

 private:
  struct Scratch;
  [[nodiscard]] Scratch scratch(int member) const;

  void start(const Strand& strand);
  void finish(const Strand& strand, Scratch& s);
  void walk(const Chunk& chunk, Crew& crew);
  void cell(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s);
  void ask_for_saved(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0,
                     std::int64_t u1) const;
  void through_operand(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0, std::int64_t u1,
                       Scratch& s);
  void through_R(const Strand& strand, const Chunk& chunk, std::int64_t step, std::int64_t u0, std::int64_t u1);
  void bind_outside(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s,
                    PointwiseBackward* p) const;
  void store_dWx(const Strand& strand, const Chunk& chunk, std::int64_t rows, std::int64_t step, std::int64_t u0,
                 std::int64_t u1, Scratch& s) const;
  [[nodiscard]] std::uint32_t* da_operand(const Strand& strand, std::int64_t step) const;
  void round_da(const Strand& strand, const Chunk& chunk, std::int64_t step, int first_gate, int gates, std::int64_t u0,
                std::int64_t u1);
  [[nodiscard]] GemmArgs transposed_product(const Strand& strand, const Chunk& chunk, int stage, std::int64_t step,
                                            std::int64_t u0, std::int64_t u1) const;
  [[nodiscard]] PointwiseBackward pointwise_args(const Strand& strand, const Chunk& chunk, std::int64_t rows,
                                                 std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s) const;
  [[nodiscard]] bool has_reset(std::int64_t row, std::int64_t step) const;

  [[nodiscard]] float* carry(const Strand& strand) const {
    return carry_ + (strand.head * g_.S * g_.B + strand.first) * plan_.carry_floats;
  }
  /// Gate gradients of a strand's first row at a step of the chunk.
  [[nodiscard]] float* da(const Strand& strand, const Chunk& chunk, std::int64_t step) const {
    return da_ + (strand.head * plan_.chunk_tokens + chunk.token(rows_, step) + strand.first) * g_.A * g_.Dp;
  }

  const CpuPlan& plan_;
  const Geometry& g_;
  const Rows& rows_;
  const void* packed_;
  const BackwardCall& call_;
  std::int64_t x_bytes_, state_bytes_;  ///< of an element
  float* carry_;
  float* da_;
  std::uint32_t* da_operand_;
  float* reset_gradient_;
  float* chunk_saved_;
  std::byte* scratch_;
  SavedTokens saved_tokens_;
  Recompute recompute_;
  WeightGradient weight_gradient_;
};

}  // namespace flashrnn::cpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/chunk.hpp"
#include "backend_cpu/crew.hpp"
#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// dR and db, chunk by chunk: dR[g] += da[g]^T operand over the chunk's tokens, db += the sum of da. Every element is
/// one fp32 chain over all tokens in the order of the walk, so neither threads nor chunks change its bits.
class WeightGradient {
 public:
  WeightGradient(const CpuPlan& plan, const Workspace& workspace, const Rows& rows, const SavedTokens& saved,
                 const float* da, float* dR, float* db, std::byte* scratch);

  /// Starts from zero, or with `accumulate` from what dR and db hold.
  void start(bool accumulate, Crew& crew);
  void add(const Chunk& chunk, Crew& crew);
  void finish(Crew& crew);

 private:
  void pack_operands(const Chunk& chunk, std::int64_t head, std::int64_t step, int stage);
  void pack_gradients(const Chunk& chunk, std::int64_t head, std::int64_t step);
  void multiply(const Chunk& chunk, std::int64_t head, int gate, std::int64_t first, std::int64_t count,
                std::uint32_t* block);
  [[nodiscard]] std::int64_t k_of(const Chunk& chunk, std::int64_t step) const;
  [[nodiscard]] float* gradient_row(std::int64_t head, int gate, std::int64_t d) const {
    return weight_gradient_ + ((head * g_.Gr + gate) * g_.D + d) * plan_.gradient_floats;
  }

  const CpuPlan& plan_;
  const Geometry& g_;
  const Rows& rows_;
  const SavedTokens& saved_;
  const float* da_;
  float* dR_;
  float* db_;
  float* weight_gradient_;
  float* bias_gradient_;
  std::uint32_t* gradient_pairs_;
  char* operand_panels_[2];
  std::byte* scratch_;  ///< of all threads
};

}  // namespace flashrnn::cpu

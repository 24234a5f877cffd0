// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/rows.hpp"

namespace flashrnn::cpu {

/// Steps [first, end) of a backward, walked from end - 1 down. Its tokens are numbered in the order of the walk, rows
/// ascending within a step: the order in which weight gradients add up. So a sequence cut into chunks, or into calls
/// that accumulate, adds in the same order as one that is not.
struct Chunk {
  std::int64_t first;
  std::int64_t end;

  [[nodiscard]] std::int64_t tokens(const Rows& rows) const { return rows.offset(end) - rows.offset(first); }
  /// The number of the step's first row.
  [[nodiscard]] std::int64_t token(const Rows& rows, std::int64_t step) const {
    return rows.offset(end) - rows.offset(step + 1);
  }
};

/// What the forward left of each token: where the cell's saved values and the states before the step stand.
class SavedTokens {
 public:
  /// `chunk_saved` holds recomputed gates, per head and token of the current chunk; null = the reserve holds them.
  SavedTokens(const CpuPlan& plan, const Rows& rows, const void* reserve, const float* chunk_saved)
      : plan_(plan), rows_(rows), reserve_(static_cast<const float*>(reserve)), chunk_saved_(chunk_saved) {}

  [[nodiscard]] const float* prev(std::int64_t head, std::int64_t step, std::int64_t row) const {
    return token(head, step, row) + (chunk_saved_ == nullptr ? plan_.g.saved * plan_.g.Dp : 0);
  }
  [[nodiscard]] const float* saved(std::int64_t head, const Chunk& chunk, std::int64_t step, std::int64_t row) const {
    if (chunk_saved_ == nullptr) return token(head, step, row);
    return chunk_saved_ + (head * plan_.chunk_tokens + chunk.token(rows_, step) + row) * plan_.g.saved * plan_.g.Dp;
  }

 private:
  [[nodiscard]] const float* token(std::int64_t head, std::int64_t step, std::int64_t row) const {
    return reserve_ + (head * plan_.problem.tokens + rows_.offset(step) + row) * plan_.reserve_slot_count * plan_.g.Dp;
  }

  const CpuPlan& plan_;
  const Rows& rows_;
  const float* reserve_;
  const float* chunk_saved_;
};

}  // namespace flashrnn::cpu

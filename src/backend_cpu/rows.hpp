// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// Where the rows of a call lie, and when they end. Inside the backend rows are sorted by length, longest first (equal
/// ones in batch order), so that the rows still running at a step are the first active(s) ones. Tokens are numbered
/// step by step: offset(s) + row. The order depends on the lengths alone: forward and backward agree on it.
class Rows {
 public:
  /// All rows run `steps` steps.
  static Rows whole(const Problem& problem, std::int64_t steps);
  /// By the call's lengths or cu_seqlens; fills the bookings, no allocation.
  static Rows ragged(const CpuPlan& plan, const Workspace& workspace, const CpuPlan::RowBookings& bookings,
                     const std::int64_t* lengths, const std::int64_t* cu_seqlens);

  [[nodiscard]] std::int64_t count() const { return count_; }
  [[nodiscard]] std::int64_t steps() const { return steps_; }  ///< of the longest row
  [[nodiscard]] std::int64_t batch(std::int64_t row) const { return batch_ == nullptr ? row : batch_[row]; }
  [[nodiscard]] std::int64_t length(std::int64_t row) const { return length_ == nullptr ? steps_ : length_[row]; }
  [[nodiscard]] std::int64_t active(std::int64_t step) const { return offset(step + 1) - offset(step); }
  [[nodiscard]] std::int64_t offset(std::int64_t step) const {
    return token_offset_ == nullptr ? step * count_ : token_offset_[step];
  }
  /// The token that row processes at step.
  [[nodiscard]] std::int64_t time(std::int64_t row, std::int64_t step) const {
    return reverse_ ? length(row) - 1 - step : step;
  }
  /// Elements from a sequence tensor's start to the row's token at `time`.
  [[nodiscard]] std::int64_t at(std::int64_t row, std::int64_t time, std::int64_t stride_b,
                                std::int64_t stride_t) const {
    return start_ == nullptr ? batch(row) * stride_b + time * stride_t : (start_[row] + time) * stride_t;
  }
  /// True when tensors are packed: no tokens behind a row's end.
  [[nodiscard]] bool packed() const { return start_ != nullptr; }

 private:
  std::int64_t count_ = 0;
  std::int64_t steps_ = 0;
  bool reverse_ = false;
  const std::int64_t* batch_ = nullptr;
  const std::int64_t* length_ = nullptr;
  const std::int64_t* start_ = nullptr;
  const std::int64_t* token_offset_ = nullptr;
};

}  // namespace flashrnn::cpu

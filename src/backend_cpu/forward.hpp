// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/crew.hpp"
#include "backend_cpu/rows.hpp"
#include "backend_cpu/strand.hpp"
#include "backend_cpu/weights.hpp"

namespace flashrnn::cpu {

/// The tensors of a forward or of a step, with all strides resolved.
struct ForwardCall {
  flashrnn_const_tensor Wx;
  flashrnn_const_tensor initial_states;
  flashrnn_const_tensor reset_states;
  const std::uint8_t* resets;
  std::int64_t resets_stride_b;
  flashrnn_tensor states;
  int sequence_states;  ///< states that `states` holds: 0, 1 or S
  flashrnn_tensor final_states;
  void* reserve;  ///< null = nothing is kept for a backward
};

/// The recurrence over rows.steps() steps. Strands and steps are walked as the plan says.
class Forward {
 public:
  Forward(const CpuPlan& plan, const CpuPlan::ForwardBookings& bookings, const Workspace& workspace, const Rows& rows,
          const void* packed, const ForwardCall& call);

  void run(Crew& crew);

 private:
  struct Scratch;
  [[nodiscard]] Scratch scratch(int member) const;

  void start(const Strand& strand);
  void finish(const Strand& strand, Scratch& s);
  void first_stage(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s);
  void last_stage(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1, Scratch& s);
  void find_gates(const Strand& strand, std::int64_t rows, std::int64_t step, std::int64_t u0, std::int64_t u1,
                  Scratch& s) const;
  void find_outputs(const Strand& strand, std::int64_t rows, std::int64_t step, std::int64_t u0, Scratch& s) const;
  void store_outputs(const Strand& strand, std::int64_t rows, std::int64_t u0, std::int64_t u1, Scratch& s);
  void apply_resets(const Strand& strand, std::int64_t step, std::int64_t u0, std::int64_t u1);
  void round_operand(const Strand& strand, std::int64_t row, std::int64_t rows, std::int64_t step, std::int64_t u0,
                     std::int64_t u1);
  void zero_outputs_behind_end(const Strand& strand);

  [[nodiscard]] float* state(const Strand& strand) const {
    return state_ + (strand.head * g_.S * g_.B + strand.first) * g_.Dp;
  }
  [[nodiscard]] std::uint32_t* operand(const Strand& strand, std::int64_t step) const {
    return operand_ + ((strand.head * 2 + step % 2) * g_.B + strand.first) * g_.operand_stride;
  }

  const CpuPlan& plan_;
  const Geometry& g_;
  const Rows& rows_;
  const void* packed_;
  const ForwardCall& call_;
  std::int64_t x_bytes_, state_bytes_;  ///< of an element
  float* state_;
  std::uint32_t* operand_;
  float* second_float_;
  std::uint32_t* second_operand_;
  float* kept_product_;
  std::byte* scratch_;
};

}  // namespace flashrnn::cpu

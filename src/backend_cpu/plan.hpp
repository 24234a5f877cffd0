// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "backend_cpu/facts.hpp"
#include "backend_cpu/simd/isa_tables.hpp"
#include "common/runtime/ledger.hpp"
#include "common/runtime/problem.hpp"

namespace flashrnn::cpu {

/// Counts that everything else is derived from. W = width, Dp = D rounded up to whole vectors.
struct Geometry {
  std::int64_t B = 0, T = 0, N = 0, D = 0;
  int W = 0;
  std::int64_t Dp = 0;
  std::int64_t units = 0;            ///< vectors of a row: Dp / W
  int Gx = 0, Gr = 0, A = 0, S = 0;  ///< A: pre-activation slots (= Gb)
  int first_gates = 0;               ///< recurrent gates of the first stage
  int second_gates = 0;              ///< of the second; 0 for most cells
  int saved = 0;                     ///< slots that the forward saves, h before the clip included
  int position[8] = {};              ///< of a slot in da: the recurrent gates' slots come first, in gate order
  WeightFormat format = WeightFormat::kF32;
  bool pairs = false;               ///< operands are packed bf16
  std::int64_t k_elements = 0;      ///< 32-bit operand elements that D units fill
  std::int64_t operand_stride = 0;  ///< 32-bit operand elements that Dp units fill
};

/// One packed matrix: `gates` gates of one head against one operand.
struct ProductPlan {
  int gates = 0;              ///< 0 = not used
  int vectors = 0;            ///< of a panel
  std::int64_t segments = 1;  ///< pieces of k
  std::int64_t panels = 0;
  std::int64_t panel_bytes = 0;
  std::int64_t head_bytes = 0;  ///< panels * panel_bytes
};

/// All choices for one problem on one machine. Immutable after make_plan.
struct CpuPlan {
  Problem problem;
  CpuFacts facts;
  Geometry g;
  const IsaKernels* isa = nullptr;  ///< null where only the choices are wanted, for a machine of another kind
  const CpuCell* cell = nullptr;
  const CellKernels* kernels = nullptr;
  int math = 0;  ///< index into CellKernels' arrays

  ProductPlan forward[2];            ///< columns: [unit vector][gate]; stage 0 multiplies h, stage 1 the cell's operand
  ProductPlan backward[2];           ///< columns: units of h (or of the operand); k runs over the gates
  ProductPlan gradient;              ///< of R: rows are gate units, columns units of the operand, k runs over tokens
  std::int64_t gradient_floats = 0;  ///< columns of a row of the gradient, whole panels
  std::int64_t carry_floats = 0;     ///< columns of a row of carried gradients, whole panels
  std::int64_t forward_granule = 1;  ///< units that can be split off from the others, in vectors
  std::int64_t backward_granule = 1;

  int threads = 1;                ///< that a call uses at most
  int step_threads = 1;           ///< that a single step uses at most
  bool lockstep = false;          ///< all threads work on each step together; else each on strands of its own
  std::int64_t strand_rows = 1;   ///< rows that run through time together
  std::int64_t strands = 1;       ///< N * ceil(B / strand_rows)
  std::int64_t block_units = 1;   ///< units that one product call covers, in vectors
  std::int64_t chunk_steps = 1;   ///< steps between two weight gradient products
  std::int64_t chunk_tokens = 1;  ///< tokens that they hold at most
  std::int64_t chunk_k = 1;       ///< the same in elements of k: tokens, or pairs of tokens of one step
  /// The product of R's gradient reads gate gradients with the stride of a whole token, often a power of two: blocks of
  /// so many gate units and elements of k are copied together first, where enough columns share them.
  std::int64_t copy_rows = 1;
  std::int64_t copy_k = 1;
  std::int64_t product_floats[2] = {};  ///< columns of a product block, whole panels

  // Packed weights.
  Ledger packed;
  BookingId bias, forward_weights[2], backward_weights[2];

  // Reserve: per head and token, slots of Dp floats.
  Ledger reserve;
  BookingId reserve_slots;
  int reserve_slot_count = 0;
  bool stream_reserve = false;  ///< it has left the caches before the backward reads it: better not to let it in

  // Workspaces. The step's is the forward's for one time step.
  struct RowBookings {
    BookingId batch, length, start, token_offset;
  };
  struct ForwardBookings {
    Ledger ledger;
    RowBookings rows;
    BookingId packed, state, operand, second_float, second_operand, kept_product, scratch;
  };
  ForwardBookings forward_bookings, step_bookings;
  struct BackwardBookings {
    Ledger ledger;
    RowBookings rows;
    BookingId packed, carry, da, da_operand, doperand, reset_gradient, weight_gradient, bias_gradient, chunk_saved,
        gradient_pairs, operand_panels[2], scratch;
  };
  BackwardBookings backward_bookings;

  // One thread's scratch, inside the scratch bookings.
  Ledger scratch;
  std::int64_t scratch_rows = 1;  ///< rows that the buffers hold
  BookingId product[2], x, dstates, block_state, block_operand, block_float, gradient_block, pointers[5];

  [[nodiscard]] flashrnn_sizes sizes() const;
  [[nodiscard]] std::string describe() const;
};

/// Units that product calls may begin and end at, in vectors.
std::int64_t plan_granule(const CpuPlan& plan);

/// The choices and sizes without kernels: for any CPU. Errors: INVALID_ARGUMENT (sizes past 2^63).
Status make_choices(const Problem& problem, const CpuFacts& facts, CpuPlan* plan);

/// The same to be run. Errors: UNSUPPORTED (cell not built for this instruction set), INVALID_ARGUMENT (sizes past
/// 2^63).
Status make_plan(const Problem& problem, const CpuFacts& facts, CpuPlan* plan);

}  // namespace flashrnn::cpu

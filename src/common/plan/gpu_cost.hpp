// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "common/kernel/config.hpp"
#include "common/plan/gpu_figures.hpp"
#include "common/plan/report.hpp"
#include "common/plan/shape.hpp"

/// Estimated time of a step. Three laws and no factor of its own for any form:
/// - A phase, which ends in a barrier, takes its busiest resource (matrix unit, special functions, arithmetic,
/// load-store
///   unit) in full. Of the others, what one of the w warps of a scheduler has to do can't hide: 1/w of their time.
/// - What depends on each other is added up as latencies: barrier, load, products of one sum, activation. So is what a
///   warp does in order beside product and cells: no other warp does it for it.
/// - Memory traffic and bulk copies go on beside all this; only what they take longer counts.
/// See docs/planner.md for how close that is to measured kernels.
namespace flashrnn::plan {

using kernel::Exchange;

/// How rows of Wx come into a block, and rows of h leave it.
enum class RowAccess : std::uint8_t {
  kVectors,  ///< 16 bytes a lane (cp.async, staged stores): whole lines
  kPairs,    ///< 4 bytes a lane straight from or to registers: 16 bytes of every line touched
  kSingles,  ///< 2 bytes a lane, as a product with the batch in columns has them: Wx out of a ring, h straight to
             ///< memory
  kBulk,     ///< one bulk copy a row
};

/// How blocks of a group hand h over.
enum class Handover : std::uint8_t {
  kRemoteStores,  ///< asynchronous remote stores that an mbarrier counts
  kBulkCopies,    ///< one bulk copy to each other block
  kBarrier,       ///< plain remote stores, then a barrier of the cluster
  kWords,         ///< over a grid: each block writes a word, and reads those of all others until they are there
};

/// What one block does in a step, and beside how many others.
struct BlockWork {
  kernel::Instruction matrix;
  kernel::Tile tile;
  Exchange exchange = Exchange::kBlock;
  std::int64_t gates = 4;
  /// Elements of each unit and row that come from and go to global memory.
  std::int64_t input_values = 4;
  std::int64_t output_values = 1;
  std::int64_t element_bytes = 2;
  std::int64_t special_functions = 5;
  std::int64_t instructions = 28;
  std::int64_t second_stage_gates = 0;
  std::int64_t blocks_on_unit = 1;    ///< resident on one compute unit together
  std::int64_t blocks_on_device = 1;  ///< running at once
  bool backward = false;
  /// Of each warp, beside product and cells: addresses, the ring, the walk. None in a bare prototype.
  std::int64_t own_instructions = 0;
  /// Of each warp for every tile of sums that it hands to another block.
  std::int64_t sent_tile_instructions = 0;
  RowAccess load = RowAccess::kVectors;
  RowAccess store = RowAccess::kVectors;
  Handover handover = Handover::kRemoteStores;
};

struct StepCost {
  std::vector<CostPart> parts;
  double ns = 0;  ///< of the parts that count
};

/// A step of a fused kernel. `memory_bytes`: what all blocks that run at once read and write in global memory.
[[nodiscard]] StepCost fused_step(const GpuFigures& f, const BlockWork& work, double memory_bytes);
/// As above, without the parts' names: what a search over many tiles compares.
[[nodiscard]] double fused_step_ns(const GpuFigures& f, const BlockWork& work, double memory_bytes);

/// A launch for one step of `rounds` waves of blocks. A thread does `thread_cells` cells one after the other.
[[nodiscard]] StepCost stepwise_step(const GpuFigures& f, const BlockWork& work, std::int64_t k_tiles,
                                     std::int64_t thread_cells, std::int64_t rounds, double memory_bytes);

/// All blocks of a group hand `kb` KB of h to each of them.
[[nodiscard]] double exchange_ns(const GpuFigures& f, Exchange exchange, Handover handover, std::int64_t blocks,
                                 double kb);
/// A barrier over global memory.
[[nodiscard]] double grid_barrier_ns(const GpuFigures& f, std::int64_t blocks);
[[nodiscard]] double block_barrier_ns(const GpuFigures& f, std::int64_t threads);

/// What follows the backward walk: dR as one product, db as a column sum, in ns.
[[nodiscard]] double weight_gradient_ns(const GpuFigures& f, const Shape& shape);

}  // namespace flashrnn::plan

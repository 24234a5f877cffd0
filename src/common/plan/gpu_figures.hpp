// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/kernel/tile.hpp"
#include "common/plan/shape.hpp"
#include "hw_db/database.hpp"

namespace flashrnn::plan {

/// A device's figures with nothing missing, in the units that the cost model computes in: ns, bytes, clocks.
struct GpuFigures {
  // Limits.
  std::int64_t compute_units = 0;
  std::int64_t lanes = 0;
  std::int64_t threads_per_block = 0;
  std::int64_t threads_per_unit = 0;
  std::int64_t blocks_per_unit = 0;
  std::int64_t registers_per_unit = 0;
  std::int64_t registers_per_thread = 0;
  std::int64_t register_step = 0;  ///< a thread's registers are allocated in multiples of this
  std::int64_t shared_per_block = 0;
  std::int64_t shared_per_unit = 0;
  std::int64_t shared_reserved = 0;
  std::int64_t cluster_blocks = 0;
  std::int64_t clusters_of_8 = 0;
  std::int64_t clusters_of_16 = 0;
  double l2_bytes = 0;

  // Rates of one compute unit in a clock, and of the device.
  double clocks_per_ns = 0;
  double schedulers = 0;
  double shared_bytes_per_clock = 0;
  double special_per_clock = 0;
  double arithmetic_per_clock = 0;
  double lines_per_clock = 0;
  double l2_bytes_per_ns = 0;
  double l2_bytes_per_clock = 0;  ///< of one compute unit
  double memory_bytes_per_ns = 0;

  // Latencies.
  double matrix_ns = 0;
  double special_ns = 0;
  double arithmetic_ns = 0;
  double shared_ns = 0;
  double l2_ns = 0;
  double memory_ns = 0;
  double bulk_copy_ns = 0;
  double barrier_ns = 0;  ///< of 8 warps
  double barrier_ns_per_warp = 0;
  double cluster_barrier_ns = 0;
  double cluster_exchange_ns = 0;
  double cluster_exchange_ns_per_kb = 0;
  double grid_barrier_ns = 0;
  double grid_barrier_ns_of_8 = 0;
  double grid_barrier_ns_cooperative = 0;
  double grid_exchange_ns = 0;
  double grid_exchange_ns_per_kb = 0;
  double launch_ns = 0;
  double kernel_gap_ns = 0;  ///< from the end of a kernel to the work of the next

  /// The product that the element type allows, and its rate in flops a clock on a compute unit.
  std::string instruction;
  kernel::Instruction matrix;
  double matrix_flops_per_clock = 0;

  /// What was taken for figures that the database lacks, a sentence each.
  std::vector<std::string> notes;
};

/// False, and why, where a limit is unknown.
bool resolve_figures(const hw::Device& device, ElementType element, bool tf32, GpuFigures& figures, std::string& why);

/// Registers that a block takes of its compute unit. Each scheduler has its own part of them: the one with the most
/// warps counts for all.
[[nodiscard]] std::int64_t block_registers(const GpuFigures& f, std::int64_t threads, std::int64_t registers);
/// Blocks that a compute unit holds at once; at least 1.
[[nodiscard]] std::int64_t blocks_at_once(const GpuFigures& f, std::int64_t threads, std::int64_t registers,
                                          std::int64_t shared_bytes);
/// Clusters of so many blocks, one block a compute unit, that the device holds at once.
[[nodiscard]] std::int64_t clusters_at_once(const GpuFigures& f, std::int64_t blocks);

}  // namespace flashrnn::plan

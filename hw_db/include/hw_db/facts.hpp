// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is known of a device. The unit of a figure stands in its name: _bytes, _mhz, _ns, _us, _per_clock, _gb_per_s
/// (1e9 bytes per second), _kb (1024 bytes); counts are bare. An absent figure is one that nobody has written down:
/// the reader decides what to do without it.
namespace flashrnn::hw {

using Count = std::optional<std::int64_t>;
using Real = std::optional<double>;
using Text = std::optional<std::string>;

enum class SourceKind { kVendor, kMeasured, kDerived, kReported };

/// Where a figure comes from.
struct Origin {
  SourceKind kind = SourceKind::kReported;
  /// "nvidia/h200.json", or with the folder before it for a file that overrides; empty when reported.
  std::string file;
  int line = 0;
  /// Title of the source, with its version or date.
  std::string title;
  /// The section or table there.
  std::string where;
  /// Of a derived figure, in terms of other fields.
  std::string formula;

  /// One line, for a reader: "nvidia/h200.json:12: title, where".
  [[nodiscard]] std::string to_string() const;
};

/// Keyed by field. A matrix instruction has the keys "matrix_instructions/<name>" and
/// "matrix_instructions/<name>/flops_per_clock_per_compute_unit".
using Origins = std::map<std::string, Origin, std::less<>>;

/// One instruction for a product [m, k] x [k, n] by one warp or wave (wgmma: by four warps; tcgen05: by one thread for
/// the block).
struct MatrixInstruction {
  std::string name = {};
  std::int64_t m = 0;
  std::int64_t n = 0;
  std::int64_t k = 0;
  /// Not 0: n may be any multiple of it up to `n`.
  std::int64_t n_step = 0;
  /// "bf16", "fp16", "tf32", "fp32".
  std::string input = {};
  std::string accumulate = {};
  /// Dense, at its best; a product and a sum count as two.
  Real flops_per_clock_per_compute_unit = {};
};

struct GpuFacts {
  /// SMs; CUs; on RDNA WGPs (two CUs), as HIP counts multiprocessors.
  Count compute_units;
  /// Lanes of a warp or wave.
  Count threads_per_warp;
  Count max_threads_per_block;
  Count max_threads_per_compute_unit;
  Count max_blocks_per_compute_unit;
  /// The vector registers of all lanes.
  Count registers_32bit_per_compute_unit;
  Count registers_per_thread_max;
  /// A warp or wave gets a multiple of this many registers per thread (AMD), or of this many in all (NVIDIA).
  Count register_allocation_unit;
  Count vgpr_32bit_per_simd;
  Count simds_per_compute_unit;
  /// Beyond registers_per_thread_max. They share the SIMD's registers with the others, but on gfx908 have their own.
  Count accumulation_registers_per_thread;
  /// Shared memory or LDS.
  Count shared_bytes_per_compute_unit;
  Count shared_bytes_per_block_max;
  /// Taken by the system from every block, beyond what the block asks for.
  Count shared_bytes_reserved_per_block;
  /// On NVIDIA the unified cache, of which shared memory is a part.
  Count l1_bytes_per_compute_unit;
  /// As drivers report it: on MI300 and later the cache of one XCD.
  Count l2_bytes;
  /// Infinity Cache.
  Count last_level_cache_bytes;
  Count memory_bytes;
  Real memory_gb_per_s;
  Real l2_gb_per_s;
  /// That one compute unit alone reads of the second-level cache, however little the others read.
  Real l2_bytes_per_clock_per_compute_unit;
  Real shared_bytes_per_clock_per_compute_unit;
  Real clock_mhz;
  Real fp32_flops_per_clock_per_compute_unit;
  Real special_functions_per_clock_per_compute_unit;
  /// 0: no clusters.
  Count cluster_blocks_max;
  Count cluster_blocks_max_nonportable;
  /// Clusters of one block a compute unit that run at once: parts of the chip that are smaller than the rest, or
  /// broken, take none.
  Count clusters_of_8_resident;
  Count clusters_of_16_resident;
  /// From an instruction to one that needs its result: a warp's matrix product, an approximate special function, a
  /// plain arithmetic instruction, a load from shared memory, a load from the second-level cache; from memory, in a
  /// kernel that streams.
  Real matrix_latency_clocks;
  Real special_function_latency_clocks;
  Real arithmetic_latency_clocks;
  Real shared_latency_clocks;
  Real l2_latency_clocks;
  Real memory_latency_ns;
  /// Cache lines of global memory that the load-store unit goes through, whatever part of a line a warp uses.
  Real global_lines_per_clock_per_compute_unit;
  /// A small bulk copy that one thread asks for, behind others.
  Real bulk_copy_ns;
  /// Of 8 warps, and what each warp adds.
  Real block_barrier_ns;
  Real block_barrier_ns_per_warp;
  Real cluster_barrier_ns;
  /// All blocks of a cluster or grid hand parts of h to each other: a fixed part, and one per KB that a block receives.
  Real cluster_exchange_ns;
  Real cluster_exchange_ns_per_kb;
  /// Over global memory by a kernel's own code, of 128 blocks and of 8; by the vendor's cooperative groups.
  Real grid_barrier_ns;
  Real grid_barrier_ns_of_8_blocks;
  Real grid_barrier_ns_cooperative;
  Real grid_exchange_ns;
  Real grid_exchange_ns_per_kb;
  /// Of kernels that follow one another: launched one by one, and as nodes of a recorded graph.
  Real launch_us;
  Real graph_node_us;
  std::vector<MatrixInstruction> matrix_instructions;

  Origins origins;
  /// Null where the figure is absent.
  [[nodiscard]] const Origin* origin(std::string_view field) const;
};

struct CpuFacts {
  Count cores;
  Count threads_per_core;
  /// Of the widest vectors.
  Count vector_bytes;
  Real fp32_fma_flops_per_clock_per_core;
  /// Vector multiply-adds that a core starts in a clock at most; of narrow vectors more can't make up for their width.
  Count fma_instructions_per_clock_per_core;
  /// From a multiply-add to one that needs its sum.
  Count fma_latency_clocks;
  /// 0: no such instruction.
  Real bf16_dot_flops_per_clock_per_core;
  /// Sigmoids or hyperbolic tangents of fp32, to the last bit or two, by vector instructions.
  Real activation_functions_per_clock_per_core;
  /// "amx", "sme" or "none".
  Text matrix_extension;
  Count l1_data_bytes;
  Count l2_bytes;
  /// Cores that share one second-level cache; absent: each has its own.
  Count l2_sharing_cores;
  /// Of one third-level cache, shared by l3_sharing_cores; 0: there is none.
  Count l3_bytes;
  Count l3_sharing_cores;
  /// Read by one core.
  Real l1_bytes_per_clock;
  Real l2_bytes_per_clock;
  Real l3_gb_per_s_per_core;
  Real memory_gb_per_s_per_core;
  Real clock_mhz;
  /// Two threads, on cores of their own, that wait for each other in a loop.
  Real thread_barrier_ns;
  /// From the start of a call until an idle thread of the pool takes part in it.
  Real thread_enlist_us;

  Origins origins;
  [[nodiscard]] const Origin* origin(std::string_view field) const;
};

}  // namespace flashrnn::hw

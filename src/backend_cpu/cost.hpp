// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/plan.hpp"

/// Estimated cycles of one core. Every figure of the device is in CpuFacts; what stands here are counts of what our own
/// kernels do.
namespace flashrnn::cpu {

/// Where data lies that is read again and again.
enum class Level : int { kL1 = 1, kL2 = 2, kL3 = 3, kMemory = 4 };
const char* level_name(Level level);

/// `own` bytes are read by one core, `all` by those that work together; the caches are shared out among `threads`.
/// Between two readings `beside` other bytes pass through the core's own caches.
Level level_of(const CpuFacts& facts, double own, double all, int threads, double beside = 0);
double bytes_per_cycle(const CpuFacts& facts, Level level);

/// The bytes that one of `threads` cores has of a cache.
std::int64_t l2_share(const CpuFacts& facts, int threads);

struct Cycles {
  double compute = 0;  ///< multiply-adds, or what else holds them up inside the core
  double weights = 0;  ///< beyond that, waiting for weights
  [[nodiscard]] double total() const { return compute + weights; }
};

/// One product over `rows` rows; the weights lie at `weights`.
Cycles product_cycles(const CpuFacts& facts, WeightFormat format, const ProductPlan& product, std::int64_t k,
                      std::int64_t rows, Level weights);

/// The cell, of one vector of units of one row.
double forward_cell_cycles(const CpuPlan& plan);
double backward_cell_cycles(const CpuPlan& plan);

/// Tensors of the call and the reserve, which a forward or backward step reads or writes once: bytes, and cycles where
/// `threads` share them.
double stream_bytes(const CpuPlan& plan);
double stream_cycles(const CpuPlan& plan, int threads);

/// What getting the threads costs a call: meanwhile the caller works alone.
double enlist_cycles(const CpuFacts& facts, int threads);

/// Threads that meet once.
double barrier_cycles(const CpuFacts& facts, int threads);

std::int64_t weights_vector_bytes(Isa isa, WeightFormat format);

}  // namespace flashrnn::cpu

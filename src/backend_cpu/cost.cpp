// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/cost.hpp"

#include <algorithm>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/simd/isa_traits.hpp"

namespace flashrnn::cpu {
namespace {

constexpr double kLoopCycles = 0.5;           ///< of a tile's loop over k: its own instructions, between the others
constexpr double kBackwardActivations = 0.5;  ///< of the forward's: derivatives are products of what was saved
constexpr double kAccessesAtOnce = 0.5;       ///< the cell's loads and stores reach this share of L1's rate

double tile_cycles(const CpuFacts& facts, WeightFormat format, std::int64_t rows, int vectors, double weight_rate) {
  const bool pairs = format == WeightFormat::kBf16Pair;
  const double vector_bytes = FLASHRNN_TRAITS_OF(facts.isa).vector_bytes;
  const double products = static_cast<double>(rows * vectors) / (pairs ? facts.dots_per_cycle : facts.fmas_per_cycle);
  const double loads = static_cast<double>(rows) / facts.loads_per_cycle +
                       static_cast<double>(vectors) * vector_bytes / facts.l1_bytes_per_cycle;
  const double weights = static_cast<double>(vectors * weights_vector_bytes(facts.isa, format)) / weight_rate;
  return std::max({products, facts.fma_latency, loads, weights}) + kLoopCycles;
}

/// All tiles of one panel for one element of k. The kernel makes tiles whose rows differ by one at most; the first one
/// brings the panel near.
double panel_cycles(const CpuFacts& facts, WeightFormat format, std::int64_t rows, int vectors, double far,
                    double near) {
  const std::int64_t tiles = ceil_div(rows, FLASHRNN_TRAITS_OF(facts.isa).max_rows[vectors]);
  const std::int64_t larger = rows % tiles;
  const std::int64_t small_rows = rows / tiles;
  const auto tile = [&](std::int64_t tile_rows, double rate) {
    return tile_cycles(facts, format, tile_rows, vectors, rate);
  };
  // The first tile is a small one where there are two sizes.
  return tile(small_rows, far) + static_cast<double>(larger) * tile(small_rows + 1, near) +
         static_cast<double>(tiles - larger - 1) * tile(small_rows, near);
}

}  // namespace

const char* level_name(Level level) {
  static constexpr const char* kNames[] = {"registers", "L1", "L2", "L3", "memory"};
  return kNames[static_cast<int>(level)];
}

std::int64_t l2_share(const CpuFacts& facts, int threads) {
  return facts.l2_bytes / std::max(1, std::min(threads, facts.l2_sharing_cores));
}

Level level_of(const CpuFacts& facts, double own, double all, int threads, double beside) {
  if (2 * own <= static_cast<double>(facts.l1_bytes)) return Level::kL1;
  if (own + beside <= static_cast<double>(l2_share(facts, threads))) return Level::kL2;
  // Cores beyond those that share one third-level cache bring another one.
  const double caches = std::max(1.0, static_cast<double>(threads) / std::max(1, facts.l3_sharing_cores));
  return facts.l3_bytes > 0 && all <= caches * static_cast<double>(facts.l3_bytes) ? Level::kL3 : Level::kMemory;
}

double bytes_per_cycle(const CpuFacts& facts, Level level) {
  switch (level) {
    case Level::kL1:
      return facts.l1_bytes_per_cycle;
    case Level::kL2:
      return facts.l2_bytes_per_cycle;
    case Level::kL3:
      return facts.l3_bytes_per_cycle;
    case Level::kMemory:
      break;
  }
  return facts.memory_bytes_per_cycle;
}

std::int64_t weights_vector_bytes(Isa isa, WeightFormat format) {
  const bool wide = format == WeightFormat::kF32 || format == WeightFormat::kBf16Pair;
  return FLASHRNN_TRAITS_OF(isa).vector_bytes / (wide ? 1 : 2);
}

Cycles product_cycles(const CpuFacts& facts, WeightFormat format, const ProductPlan& product, std::int64_t k,
                      std::int64_t rows, Level weights) {
  const double far = bytes_per_cycle(facts, weights);
  const auto panel_bytes = static_cast<double>(product.panel_bytes);
  const Level panel = std::min(weights, level_of(facts, panel_bytes, panel_bytes, 1));
  const double steps = static_cast<double>(product.panels) * static_cast<double>(k * product.segments);
  const double ideal = facts.l1_bytes_per_cycle;
  Cycles cycles;
  cycles.compute = steps * panel_cycles(facts, format, rows, product.vectors, ideal, ideal);
  cycles.weights =
      steps * panel_cycles(facts, format, rows, product.vectors, far, bytes_per_cycle(facts, panel)) - cycles.compute;
  return cycles;
}

double forward_cell_cycles(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  // One activation a gate and one of each further state; vectors read or written: input, product (twice), bias, states
  // before and after, h in two forms, and what is saved.
  const int activations = g.Gx + g.S - 1;
  int vectors = g.Gx + 2 * g.Gr + g.A + 2 * g.S + 2;
  if (plan.problem.training) vectors += g.S + g.saved;
  return activations * plan.facts.activation_cycles +
         vectors * static_cast<double>(g.W) * 4 / (kAccessesAtOnce * plan.facts.l1_bytes_per_cycle);
}

double backward_cell_cycles(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  const int activations = g.Gx + g.S - 1;
  const int vectors = g.saved + g.S + 2 * g.S + 2 * g.A + g.Gx;  // saved, states, carried, gate gradients, dWx
  return kBackwardActivations * activations * plan.facts.activation_cycles +
         vectors * static_cast<double>(g.W) * 4 / (kAccessesAtOnce * plan.facts.l1_bytes_per_cycle);
}

double stream_bytes(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  // Forward: input gates, h, and what is kept. Backward: gradients of both, and what was kept.
  double bytes = static_cast<double>(dtype_bytes(plan.problem.dtype)) * (g.Gx + 1);
  if (plan.problem.training) bytes += 4.0 * (g.S + g.saved);
  return bytes * static_cast<double>(g.B) * static_cast<double>(g.N) * static_cast<double>(g.D);
}

double stream_cycles(const CpuPlan& plan, int threads) {
  const double step = stream_bytes(plan);
  const double all = step * static_cast<double>(plan.g.T);
  return step / bytes_per_cycle(plan.facts, level_of(plan.facts, all, all, 1)) / threads;
}

double enlist_cycles(const CpuFacts& facts, int threads) { return facts.enlist_cycles * (1 - 1.0 / threads); }

double barrier_cycles(const CpuFacts& facts, int threads) {
  // Those who come sign one word, one after the other.
  return threads < 2 ? 0 : facts.barrier_cycles * threads / 2;
}

}  // namespace flashrnn::cpu

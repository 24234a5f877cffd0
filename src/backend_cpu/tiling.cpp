// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/tiling.hpp"

#include <algorithm>

#include "backend_cpu/integers.hpp"

namespace flashrnn::cpu {
namespace {

// Estimates of a current core, good enough to rank candidates; the figures of real devices come from the hardware
// database once the planner is there.
constexpr double kFmaPerCycle512 = 1.0;
constexpr double kFmaPerCycle256 = 2.0;
constexpr double kLoadsPerCycle = 2.0;
constexpr double kNearBytesPerCycle = 28.0;  ///< from the second-level cache
constexpr double kFarBytesPerCycle = 22.0;   ///< from the third level
constexpr double kSyncCycles = 1200.0;       ///< to split one step over threads
constexpr double kPointwiseCycles = 110.0;   ///< of one vector of units
constexpr double kEnlistCycles = 60000.0;    ///< to get other threads to join a call
constexpr std::int64_t kMaxStrandRows = 64;

std::int64_t vector_bytes(const IsaKernels& isa, WeightFormat format) {
  const bool wide = format == WeightFormat::kF32 || format == WeightFormat::kBf16Pair;
  return isa.width * (wide ? 4 : 2);
}

double tile_cycles(const IsaKernels& isa, WeightFormat format, std::int64_t rows, int vectors, double bytes_per_cycle) {
  const double fma_rate = isa.width == 16 ? kFmaPerCycle512 : kFmaPerCycle256;
  const double fmas = static_cast<double>(rows * vectors);
  const double chain = fmas / fma_rate;
  const double latency = static_cast<double>(isa.fma_latency) / fma_rate;
  const double loads = static_cast<double>(rows + vectors) / kLoadsPerCycle;
  const double bytes = static_cast<double>(vectors * vector_bytes(isa, format)) / bytes_per_cycle;
  return std::max({chain, latency, loads, bytes}) + 0.5;  // the loop's own instructions
}

/// Cycles of one step of `rows` rows of one head, both stages.
double step_cycles(const CpuPlan& p, std::int64_t rows) {
  double cycles = static_cast<double>(rows * p.g.units) * kPointwiseCycles;
  for (const ProductPlan& product : p.forward)
    if (product.gates > 0) cycles += product_cycles(p.facts, *p.isa, p.g.format, product, p.g.k_elements, rows);
  return cycles;
}

}  // namespace

double product_cycles(const CpuFacts& facts, const IsaKernels& isa, WeightFormat format, const ProductPlan& plan,
                      std::int64_t k, std::int64_t rows) {
  const std::int64_t max_rows = isa.max_rows[plan.vectors];
  const std::int64_t tiles = ceil_div(rows, max_rows);
  const double near = plan.head_bytes <= facts.l2_bytes ? kNearBytesPerCycle : kFarBytesPerCycle;
  // The kernel makes tiles whose rows differ by one at most.
  const std::int64_t larger = rows % tiles;
  const double per_k = static_cast<double>(larger) * tile_cycles(isa, format, rows / tiles + 1, plan.vectors, near) +
                       static_cast<double>(tiles - larger) * tile_cycles(isa, format, rows / tiles, plan.vectors, near);
  return per_k * static_cast<double>(plan.panels) * static_cast<double>(k * plan.segments);
}

void choose_panels(const CpuFacts& facts, const IsaKernels& isa, const Geometry& g, std::int64_t columns,
                   std::int64_t rows, ProductPlan* plan) {
  double best = 0;
  // Four first: of equals the one that measured best stays.
  for (const int vectors : {4, 6, 3, 2, 8, 1}) {
    if (isa.max_rows[vectors] == 0) continue;
    ProductPlan candidate = *plan;
    candidate.vectors = vectors;
    candidate.panels = ceil_div(columns, vectors);
    candidate.panel_bytes = saturating({candidate.segments, g.k_elements, vectors, vector_bytes(isa, g.format)});
    candidate.head_bytes = saturating({candidate.panels, candidate.panel_bytes});
    const double cycles = product_cycles(facts, isa, g.format, candidate, g.k_elements, rows);
    if (plan->panels == 0 || cycles < 0.97 * best) {
      best = cycles;
      *plan = candidate;
    }
  }
}

void choose_split(CpuPlan* plan) {
  const std::int64_t B = plan->g.B;
  const std::int64_t N = plan->g.N;
  const double steps = static_cast<double>(plan->g.T);
  const std::int64_t whole = std::min(B, kMaxStrandRows);
  plan->strand_rows = whole;
  plan->lockstep = false;
  plan->threads = 1;
  const double serial =
      step_cycles(*plan, whole) * static_cast<double>(N) * static_cast<double>(ceil_div(B, whole)) * steps;
  double best = serial;
  if (plan->facts.threads > 1) {
    const double threads = plan->facts.threads;
    // Every thread on strands of its own, with fewer rows each where that balances better.
    const std::int64_t fewest = ceil_div(B, whole);
    for (std::int64_t blocks = fewest; blocks <= std::min(B, fewest + 2 * plan->facts.threads); ++blocks) {
      const std::int64_t rows = ceil_div(B, blocks);
      const std::int64_t rounds = ceil_div(saturating({N, ceil_div(B, rows)}), plan->facts.threads);
      const double cycles = step_cycles(*plan, rows) * static_cast<double>(rounds) * steps + kEnlistCycles;
      if (cycles < 0.98 * best) {
        best = cycles;
        plan->strand_rows = rows;
        plan->lockstep = false;
        plan->threads = plan->facts.threads;
      }
    }
    // All threads on every step.
    const std::int64_t pieces = saturating({N, fewest, ceil_div(plan->g.units, plan->forward_granule)});
    const double share = static_cast<double>(ceil_div(pieces, plan->facts.threads)) / static_cast<double>(pieces);
    const double syncs = kSyncCycles * (plan->g.second_gates > 0 ? 2 : 1);
    const double cycles = std::max(serial * share, serial / threads) + syncs * steps + kEnlistCycles;
    if (cycles < 0.95 * best) {
      plan->strand_rows = whole;
      plan->lockstep = true;
      plan->threads = plan->facts.threads;
    }
  }
  plan->strands = saturating({N, ceil_div(B, plan->strand_rows)});
}

}  // namespace flashrnn::cpu

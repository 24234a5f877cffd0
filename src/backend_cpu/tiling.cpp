// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/tiling.hpp"

#include <algorithm>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/models.hpp"
#include "backend_cpu/simd/isa_traits.hpp"

namespace flashrnn::cpu {
namespace {

/// As kProductGain; more where more threads have to keep running: a step waits for the slower one.
constexpr double kStrandsGain = 0.95;
constexpr double kLockstepGain = 0.90;

std::int64_t bounded(std::int64_t value) { return std::clamp<std::int64_t>(value, 1, kModelLimit); }

/// Cycles of the products of a step of `rows` rows of one head.
Cycles step_products(const CpuPlan& p, const ProductPlan (&products)[2], std::int64_t rows, Level weights) {
  Cycles sum;
  for (const ProductPlan& product : products) {
    if (product.gates == 0) continue;
    const Cycles cycles = product_cycles(p.facts, p.g.format, product, p.g.k_elements, rows, weights);
    sum.compute += cycles.compute;
    sum.weights += cycles.weights;
  }
  return sum;
}

double head_bytes(const ProductPlan (&products)[2]) {
  return static_cast<double>(products[0].head_bytes) + static_cast<double>(products[1].head_bytes);
}

/// Cycles of a step with products `products` and `cell` cycles for each vector of units.
StepCycles step_cycles(const CpuPlan& p, const SplitCandidate& c, const ProductPlan (&products)[2], double cell,
                       std::int64_t granule, Level* where_lies) {
  const auto N = static_cast<double>(p.g.N);
  const auto strands = N * static_cast<double>(c.blocks);
  const double bytes = head_bytes(products);
  const int meetings = p.g.second_gates > 0 ? 2 : 1;
  StepCycles step;
  Level where = Level::kL1;
  double share = 1;  // of all strands' work, on the thread that has most
  if (c.lockstep) {
    const double pieces = strands * static_cast<double>(ceil_div(p.g.units, granule));
    const double most = static_cast<double>(ceil_div(static_cast<std::int64_t>(std::min(pieces, 1e15)), c.threads));
    share = most / pieces;
    where = level_of(p.facts, bytes * N / c.threads, bytes * N, c.threads, stream_bytes(p) / c.threads);
    step.barriers = meetings * barrier_cycles(p.facts, c.threads);
  } else {
    const double rounds = static_cast<double>(ceil_div(static_cast<std::int64_t>(std::min(strands, 1e15)), c.threads));
    share = rounds / strands;
    // A strand runs through all steps: its head's weights alone have to stay.
    where = level_of(p.facts, bytes, bytes * std::min<double>(N, c.threads), c.threads, stream_bytes(p) / strands);
  }
  const Cycles one = step_products(p, products, c.strand_rows, where);
  step.products = one.compute * strands * share;
  step.weights = one.weights * strands * share;
  step.cell = cell * static_cast<double>(c.strand_rows) * static_cast<double>(p.g.units) * strands * share;
  step.streams = stream_cycles(
      p, std::min<int>(c.threads, static_cast<int>(std::min(strands * (c.lockstep ? c.threads : 1), 1024.0))));
  if (where_lies != nullptr) *where_lies = where;
  return step;
}

/// The multiply-adds of R's gradient in one step, shared by all threads: what is chosen about it later changes little.
double gradient_cycles(const CpuPlan& p, int threads) {
  const double tokens = static_cast<double>(p.g.N) * static_cast<double>(p.g.pairs ? ceil_div(p.g.B, 2) : p.g.B);
  const double rate = p.g.pairs ? p.facts.dots_per_cycle : p.facts.fmas_per_cycle;
  return tokens * p.g.Gr * static_cast<double>(p.g.D) * static_cast<double>(p.g.units) / rate / threads;
}

}  // namespace

std::vector<plan::Input> product_inputs(const CpuFacts& facts, const ProductTask& task) {
  const IsaTraits& traits = FLASHRNN_TRAITS_OF(facts.isa);
  return {{"ROWS", bounded(task.rows)},
          {"COLUMNS", bounded(task.columns)},
          {"K", bounded(task.k)},
          {"SEGMENTS", task.segments},
          {"VECTOR_WEIGHT_BYTES", weights_vector_bytes(facts.isa, task.format)},
          {"REGISTERS_LIMIT", traits.vector_registers},
          {"TILE_ROWS_LIMIT", kMaxTileRows},
          {"L1_BYTES", facts.l1_bytes},
          {"L2_BYTES", l2_share(facts, 1)},
          {"L3_BYTES", facts.l3_bytes}};
}

std::vector<ProductCandidate> product_candidates(const CpuFacts& facts, const ProductTask& task) {
  const ProductModel& model = product_model();
  const plan::Configurations found = model.model.find(product_inputs(facts, task));
  std::vector<ProductCandidate> candidates;
  for (const int vectors : kPanelVectors) {
    for (const plan::Row& row : found.rows) {
      if (row[model.vectors] != vectors) continue;
      ProductCandidate c;
      c.plan.vectors = vectors;
      c.plan.segments = task.segments;
      c.plan.panels = ceil_div(task.columns, vectors);
      c.plan.panel_bytes = saturating({task.segments, task.k, vectors, weights_vector_bytes(facts.isa, task.format)});
      c.plan.head_bytes = saturating({c.plan.panels, c.plan.panel_bytes});
      c.tile_rows = static_cast<int>(row[model.tile_rows]);
      const Level weights = task.weights.value_or(static_cast<Level>(row[model.weight_level]));
      c.cycles = product_cycles(facts, task.format, c.plan, task.k, task.rows, weights);
      c.row = row;
      candidates.push_back(std::move(c));
    }
  }
  return candidates;
}

ProductPlan choose_product(const CpuFacts& facts, const ProductTask& task) {
  ProductPlan best;
  double cycles = 0;
  for (const ProductCandidate& c : product_candidates(facts, task)) {
    if (best.vectors != 0 && c.cycles.total() >= kProductGain * cycles) continue;
    best = c.plan;
    cycles = c.cycles.total();
  }
  return best;
}

std::vector<plan::Input> split_inputs(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  const std::int64_t granule = plan_granule(plan);
  return {{"BATCH", bounded(g.B)},
          {"THREADS", plan.facts.threads},
          {"UNIT_BYTES", g.Gr * FLASHRNN_TRAITS_OF(plan.facts.isa).vector_bytes},
          {"GRANULE", granule},
          {"GRANULES_MOST", bounded(ceil_div(g.units, granule))},
          {"PRODUCT_BYTES_LIMIT", plan.facts.l1_bytes / 2}};
}

StepCycles forward_step_cycles(const CpuPlan& plan, const SplitCandidate& split, Level* where) {
  return step_cycles(plan, split, plan.forward, forward_cell_cycles(plan), plan.forward_granule, where);
}

StepCycles backward_step_cycles(const CpuPlan& plan, const SplitCandidate& split, Level* where) {
  return step_cycles(plan, split, plan.backward, backward_cell_cycles(plan), plan.backward_granule, where);
}

std::vector<SplitCandidate> split_candidates(const CpuPlan& plan) {
  const SplitModel& model = split_model();
  std::vector<SplitCandidate> candidates;
  for (plan::Row& row : model.model.find(split_inputs(plan)).rows) {
    SplitCandidate c;
    c.lockstep = row[model.lockstep] != 0;
    c.threads = static_cast<int>(row[model.team]);
    c.strand_rows = row[model.rows];
    c.blocks = ceil_div(plan.g.B, c.strand_rows);
    c.block_units = row[model.block_units];
    c.step = forward_step_cycles(plan, c, &c.weights);
    double step = c.step.total();
    if (plan.problem.training)
      step += backward_step_cycles(plan, c, nullptr).total() + gradient_cycles(plan, c.threads);
    c.total = step * static_cast<double>(plan.g.T) + enlist_cycles(plan.facts, c.threads);
    c.row = std::move(row);
    candidates.push_back(std::move(c));
  }
  const auto kind = [](const SplitCandidate& c) { return c.threads == 1 ? 0 : c.lockstep ? 2 : 1; };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [&](const SplitCandidate& a, const SplitCandidate& b) { return kind(a) < kind(b); });
  return candidates;
}

std::optional<SplitCandidate> choose_split(CpuPlan* plan) {
  const SplitCandidate* best = nullptr;
  const std::vector<SplitCandidate> candidates = split_candidates(*plan);
  for (const SplitCandidate& c : candidates) {
    const double gain = c.lockstep ? kLockstepGain : kStrandsGain;
    if (best == nullptr || c.total < gain * best->total) best = &c;
  }
  if (best == nullptr) return std::nullopt;
  plan->lockstep = best->lockstep;
  plan->threads = best->threads;
  plan->strand_rows = best->strand_rows;
  plan->block_units = best->block_units;
  plan->strands = saturating({plan->g.N, best->blocks});
  return *best;
}

}  // namespace flashrnn::cpu

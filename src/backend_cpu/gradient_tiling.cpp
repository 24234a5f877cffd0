// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/models.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "backend_cpu/tiling.hpp"

namespace flashrnn::cpu {
namespace {

/// The shortest chunk that costs so much more than the cheapest one at most: buffers grow with chunks.
constexpr double kChunkTolerance = 1.015;
constexpr std::int64_t kLineBytes = 64;
constexpr std::int64_t kSharesOfAThread = 4;  ///< that even out what a thread has more to do than another
/// The product's k runs over at most this many elements: what panels are chosen for.
constexpr std::int64_t kMostTokens = 1024;

ProductTask gradient_task(const CpuPlan& plan, std::int64_t k) {
  const WeightFormat format = plan.g.pairs ? WeightFormat::kBf16Pair : WeightFormat::kF32;
  return {format, plan.g.D, plan.g.units, k, 1};
}

std::int64_t bounded(std::int64_t value) { return std::clamp<std::int64_t>(value, 1, kModelLimit); }

std::int64_t step_k(const Geometry& g) { return g.pairs ? ceil_div(g.B, 2) : g.B; }

/// Of one token of one head: the product, and reading and writing the gradient and the gate gradients.
double token_cycles(const CpuPlan& plan, const GradientCandidate& c) {
  const Geometry& g = plan.g;
  const auto count = [](std::int64_t n) { return static_cast<double>(n); };
  const double tokens = count(c.chunk_steps) * count(g.B);
  const double gradient_bytes = 4 * count(g.Gr) * count(g.D) * count(g.Dp);
  const double token_bytes = 4 * count(g.Dp) * (g.A + g.S + (g.pairs ? g.Gr : 0));
  const auto rate = [&](double bytes) {
    return bytes_per_cycle(plan.facts, level_of(plan.facts, bytes, bytes * count(g.N), 1));
  };
  const double k = count(c.chunk_steps) * count(step_k(g));
  const double products = count(g.Gr) * count(g.D) * count(g.units) * k / tokens /
                          (g.pairs ? plan.facts.dots_per_cycle : plan.facts.fmas_per_cycle);
  const double meetings = 3 * barrier_cycles(plan.facts, plan.threads) / count(g.N);
  return products + (2 * gradient_bytes / rate(gradient_bytes) + meetings) / tokens +
         2 * token_bytes / rate(tokens * token_bytes);
}

/// Null where there is none.
const GradientCandidate* shortest_cheap(const std::vector<GradientCandidate>& candidates) {
  const auto cheaper = [](const GradientCandidate& a, const GradientCandidate& b) {
    return a.token_cycles < b.token_cycles;
  };
  const auto cheapest = std::min_element(candidates.begin(), candidates.end(), cheaper);
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const GradientCandidate& c) {
    return c.token_cycles <= kChunkTolerance * cheapest->token_cycles;
  });
  return found == candidates.end() ? nullptr : &*found;
}

}  // namespace

std::vector<plan::Input> gradient_inputs(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  const std::int64_t rows = saturating({g.N, g.Gr, g.D}) / (kSharesOfAThread * plan.threads);
  return {{"BATCH", bounded(g.B)},
          {"STEPS", bounded(g.T)},
          {"STEP_K", bounded(step_k(g))},
          {"TILE_ROWS", FLASHRNN_TRAITS_OF(plan.facts.isa).max_rows[plan.gradient.vectors]},
          {"LINE_BYTES", kLineBytes},
          {"ROWS_OF_A_SHARE", bounded(rows)},
          {"COPY_BYTES_LIMIT", l2_share(plan.facts, plan.threads) / kCopyShare}};
}

std::vector<GradientCandidate> gradient_candidates(const CpuPlan& plan) {
  const GradientModel& model = gradient_model();
  std::vector<GradientCandidate> candidates;
  for (plan::Row& row : model.model.find(gradient_inputs(plan)).rows) {
    GradientCandidate c;
    c.chunk_steps = row[model.chunk_steps];
    c.copy_rows = row[model.copy_rows];
    c.copy_k = row[model.copy_k];
    c.token_cycles = token_cycles(plan, c);
    c.row = std::move(row);
    candidates.push_back(std::move(c));
  }
  return candidates;
}

double gradient_step_cycles(const CpuPlan& plan) {
  GradientCandidate c;
  c.chunk_steps = plan.chunk_steps;
  return token_cycles(plan, c) * static_cast<double>(plan.g.B) * static_cast<double>(plan.g.N) / plan.threads;
}

bool choose_gradient(CpuPlan* plan) {
  const Geometry& g = plan->g;
  plan->gradient = choose_product(plan->facts, gradient_task(*plan, kMostTokens));
  if (plan->gradient.vectors == 0) return false;
  const std::vector<GradientCandidate> candidates = gradient_candidates(*plan);
  const GradientCandidate* chosen = shortest_cheap(candidates);
  if (chosen == nullptr) return false;
  plan->chunk_steps = chosen->chunk_steps;
  plan->copy_rows = chosen->copy_rows;
  plan->copy_k = chosen->copy_k;
  plan->chunk_tokens = saturating({plan->chunk_steps, g.B});
  plan->chunk_k = saturating({plan->chunk_steps, step_k(g)});
  ProductPlan& product = plan->gradient;
  product.gates = 1;
  product.panel_bytes = saturating({plan->chunk_k, product.vectors, FLASHRNN_TRAITS_OF(plan->facts.isa).vector_bytes});
  product.head_bytes = saturating({product.panels, product.panel_bytes});
  plan->gradient_floats = product.panels * product.vectors * g.W;
  return true;
}

}  // namespace flashrnn::cpu

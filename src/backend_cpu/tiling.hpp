// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backend_cpu/cost.hpp"
#include "backend_cpu/plan.hpp"
#include "common/plan/constraint_model.hpp"

/// Candidates out of the constraint models (models.hpp), each with its cost, and the choice among them.
namespace flashrnn::cpu {

/// What a product multiplies.
struct ProductTask {
  WeightFormat format = WeightFormat::kF32;
  std::int64_t rows = 1;
  std::int64_t columns = 1;  ///< in vectors
  std::int64_t k = 1;
  std::int64_t segments = 1;
  /// Where the weights lie in each step, when that is known; else it follows from the bytes of all of them.
  std::optional<Level> weights = {};
};

struct ProductCandidate {
  ProductPlan plan;
  Cycles cycles;
  int tile_rows = 0;
  plan::Row row;  ///< of product_model()
};

/// One per panel width, in the order in which equal ones are preferred.
std::vector<ProductCandidate> product_candidates(const CpuFacts& facts, const ProductTask& task);
std::vector<plan::Input> product_inputs(const CpuFacts& facts, const ProductTask& task);
/// A candidate has to be better by this share than what stands before it: estimates are no finer.
inline constexpr double kProductGain = 0.97;
/// The one with the fewest cycles.
ProductPlan choose_product(const CpuFacts& facts, const ProductTask& task);

/// Cycles of one step of the whole problem, on the thread that takes longest.
struct StepCycles {
  double products = 0;
  double weights = 0;  ///< waiting for weights
  double cell = 0;
  double streams = 0;  ///< tensors of the call and the reserve
  double barriers = 0;
  [[nodiscard]] double total() const { return products + weights + cell + streams + barriers; }
};

struct SplitCandidate {
  bool lockstep = false;
  int threads = 1;
  std::int64_t strand_rows = 1;
  std::int64_t blocks = 1;  ///< strands of a head
  std::int64_t block_units = 1;
  Level weights = Level::kL1;  ///< where those of a thread lie
  StepCycles step;
  double total = 0;  ///< cycles of all steps, the backward's too in training, and of getting the threads
  plan::Row row;     ///< of split_model()
};

/// The products must have been chosen. Those of one thread come first, then strands, then lockstep.
std::vector<SplitCandidate> split_candidates(const CpuPlan& plan);
std::vector<plan::Input> split_inputs(const CpuPlan& plan);
/// Cycles of a step with the plan's products; of a backward one, without the products of R's gradient. `where`: see
/// SplitCandidate::weights; may be null.
StepCycles forward_step_cycles(const CpuPlan& plan, const SplitCandidate& split, Level* where);
StepCycles backward_step_cycles(const CpuPlan& plan, const SplitCandidate& split, Level* where);

/// Strands or lockstep, the rows of a strand, the number of threads, the units of a product call. None where the model
/// leaves nothing.
std::optional<SplitCandidate> choose_split(CpuPlan* plan);

/// The part of L2 that copied gate gradients may take: they are read beside a panel and the gradient's rows.
inline constexpr std::int64_t kCopyShare = 16;

struct GradientCandidate {
  std::int64_t chunk_steps = 1;
  std::int64_t copy_rows = 1;
  std::int64_t copy_k = 1;
  double token_cycles = 0;  ///< of one token and one head, all threads' together
  plan::Row row;            ///< of gradient_model()
};
std::vector<GradientCandidate> gradient_candidates(const CpuPlan& plan);
std::vector<plan::Input> gradient_inputs(const CpuPlan& plan);
/// Cycles of the products of R's gradient and of what goes with them, of one step of the whole problem.
double gradient_step_cycles(const CpuPlan& plan);
/// The product of R's gradient, the steps of a chunk and the blocks that are copied. After choose_split. False where
/// the model leaves nothing.
bool choose_gradient(CpuPlan* plan);

}  // namespace flashrnn::cpu

// SPDX-License-Identifier: Apache-2.0
// The choices: every problem has a plan on every CPU, and it keeps its constraints, checked without the search.
#include "backend_cpu/plan.hpp"

#include <gtest/gtest.h>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/models.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "backend_cpu/tiling.hpp"
#include "tests/cpu/plan_grid.hpp"

namespace flashrnn::cpu {
namespace {

std::string name_of(const Problem& p, const hw::Device& device) {
  return device.name + " " + p.cell->name + " dtype " + std::to_string(p.dtype) + " B " + std::to_string(p.batch) +
         " N " + std::to_string(p.heads) + " D " + std::to_string(p.head_dim) + (p.training ? " training" : "");
}

/// What the plan promises, from the facts alone.
void expect_sound(const CpuPlan& plan) {
  const Geometry& g = plan.g;
  const IsaTraits& traits = FLASHRNN_TRAITS_OF(plan.facts.isa);
  const std::int64_t half_l1 = plan.facts.l1_bytes / 2;
  const std::int64_t unit_bytes = std::int64_t{g.Gr} * traits.vector_bytes;
  for (int stage = 0; stage < 2; ++stage) {
    const ProductPlan& product = plan.forward[stage];
    if (product.gates == 0) continue;
    ASSERT_GE(product.vectors, 1);
    ASSERT_GE(traits.max_rows[product.vectors], 1);
    EXPECT_GE(product.panels * product.vectors, g.units * product.gates);
    EXPECT_LT((product.panels - 1) * product.vectors, g.units * product.gates);
    EXPECT_EQ(plan.block_units * product.gates % product.vectors, 0) << "calls begin at panels";
    EXPECT_GE(plan.backward[stage].panels * plan.backward[stage].vectors, g.units);
    EXPECT_EQ(plan.block_units % plan.backward[stage].vectors, 0);
  }
  EXPECT_TRUE(plan.strand_rows * unit_bytes <= half_l1 || plan.strand_rows == 1);
  EXPECT_TRUE(plan.strand_rows * plan.block_units * unit_bytes <= half_l1 || plan.block_units == plan_granule(plan));
  EXPECT_EQ(plan.strands, g.N * ceil_div(g.B, plan.strand_rows));
  EXPECT_GE(plan.threads, 1);
  EXPECT_LE(plan.threads, plan.facts.threads);
  EXPECT_TRUE(plan.threads > 1 || !plan.lockstep);
  EXPECT_GE(plan.chunk_steps, 1);
  EXPECT_LE(plan.chunk_steps, g.T);
  EXPECT_TRUE(plan.chunk_tokens <= 1024 || plan.chunk_steps == 1);
  EXPECT_EQ(plan.copy_rows % traits.max_rows[plan.gradient.vectors], 0);
  EXPECT_EQ(plan.copy_rows % 16, 0);
  EXPECT_LE(4 * plan.copy_rows * plan.copy_k, l2_share(plan.facts, plan.threads) / kCopyShare);
}

/// Each candidate that was weighed keeps its model's constraints.
void expect_checked(const CpuPlan& plan) {
  const auto split = split_inputs(plan);
  bool found = false;
  for (const SplitCandidate& c : split_candidates(plan)) {
    EXPECT_EQ(split_model().model.check(split, c.row), "");
    found |= c.lockstep == plan.lockstep && c.threads == plan.threads && c.strand_rows == plan.strand_rows &&
             c.block_units == plan.block_units;
  }
  EXPECT_TRUE(found) << "the split is no candidate";
  const auto gradient = gradient_inputs(plan);
  found = false;
  for (const GradientCandidate& c : gradient_candidates(plan)) {
    EXPECT_EQ(gradient_model().model.check(gradient, c.row), "");
    found |= c.chunk_steps == plan.chunk_steps && c.copy_rows == plan.copy_rows && c.copy_k == plan.copy_k;
  }
  EXPECT_TRUE(found) << "the chunk is no candidate";
  const ProductTask task = {plan.g.format, plan.strand_rows, plan.g.units * plan.forward[0].gates, plan.g.k_elements,
                            1};
  const auto product = product_inputs(plan.facts, task);
  for (const ProductCandidate& c : product_candidates(plan.facts, task))
    EXPECT_EQ(product_model().model.check(product, c.row), "");
}

TEST(Models, AreWithoutFault) {
  for (const plan::ConstraintModel* model : {&product_model().model, &split_model().model, &gradient_model().model})
    EXPECT_TRUE(model->errors().empty()) << model->errors().front();
}

TEST(Choices, EveryProblemHasAPlanOnEveryCpu) {
  const std::vector<Problem> problems = problem_grid(grid_share(48));
  const std::vector<const hw::Device*> devices = cpus();
  ASSERT_GE(devices.size(), 16U);
  std::size_t n = 0;
  for (const hw::Device* device : devices) {
    for (const Problem& problem : problems) {
      SCOPED_TRACE(name_of(problem, *device));
      // Threads: one, two, or all cores.
      const int cores = static_cast<int>(device->cpu.cores.value_or(8));
      const int threads = n % 3 == 0 ? 1 : n % 3 == 1 ? 2 : cores;
      const CpuFacts facts = facts_of(*device, isa_of(*device, nullptr), threads, nullptr);
      CpuPlan plan;
      const Status status = make_choices(problem, facts, &plan);
      ASSERT_TRUE(status.ok()) << status.message();
      expect_sound(plan);
      if (n++ % 8 == 0) expect_checked(plan);
      if (HasFailure()) return;
    }
  }
}

TEST(Choices, TakeTheSameForTheSame) {
  const hw::Device& device = *database().find("cpu/zen4");
  for (const Problem& problem : problem_grid(grid_share(400))) {
    const CpuFacts facts = facts_of(device, Isa::kAvx512Bf16, 8, nullptr);
    CpuPlan a;
    CpuPlan b;
    ASSERT_TRUE(make_choices(problem, facts, &a).ok());
    ASSERT_TRUE(make_choices(problem, facts, &b).ok());
    EXPECT_EQ(a.describe(), b.describe());
  }
}

TEST(Choices, SizesBeyondMemoryAreRefused) {
  const CpuFacts facts = facts_of(*database().find("cpu/zen4"), Isa::kAvx512, 2, nullptr);
  CpuPlan plan;
  const Problem huge = problem_of("lstm", FLASHRNN_F32, true, 1, 1, 1, std::int64_t{1} << 40);
  EXPECT_EQ(make_choices(huge, facts, &plan).code(), FLASHRNN_INVALID_ARGUMENT);
}

/// A falsified table: the model must not take what the kernels lack.
TEST(Traits, SayWhatTheKernelsAre) {
  for (int i = 0; i < kIsaCount; ++i) {
    const IsaKernels* kernels = isa_kernels(static_cast<Isa>(i));
    if (kernels == nullptr) continue;
    SCOPED_TRACE(isa_name(static_cast<Isa>(i)));
    EXPECT_EQ(kernels->width * 4, kIsaTraits[i].vector_bytes);
    for (int f = 0; f < kWeightFormatCount; ++f) EXPECT_EQ(kernels->gemm[f] != nullptr, kIsaTraits[i].formats[f]) << f;
  }
}

/// The kernels' tiles come from the traits, the plan's from the model: they are the same.
TEST(Traits, HaveTheTilesOfTheModel) {
  for (int i = 0; i < kIsaCount; ++i) {
    CpuFacts facts = facts_of(*database().find("cpu/zen4"), static_cast<Isa>(i), 1, nullptr);
    for (std::int64_t rows = 1; rows <= 64; ++rows) {
      const auto candidates = product_candidates(facts, {WeightFormat::kF32, rows, 24, 100, 1});
      ASSERT_EQ(candidates.size(), std::size(kPanelVectors));
      for (const ProductCandidate& c : candidates) {
        const std::int64_t tiles = ceil_div(rows, kIsaTraits[i].max_rows[c.plan.vectors]);
        EXPECT_EQ(c.row[product_model().tiles], tiles) << rows << " rows, " << c.plan.vectors << " vectors";
        EXPECT_EQ(c.tile_rows, ceil_div(rows, tiles));
      }
    }
  }
}

TEST(Cost, MoreWorkCostsMore) {
  const hw::Device& device = *database().find("cpu/zen4");
  const CpuFacts facts = facts_of(device, Isa::kAvx512, 1, nullptr);
  double last = 0;
  for (const std::int64_t D : {64, 128, 256, 512, 1024}) {
    CpuPlan plan;
    ASSERT_TRUE(make_choices(problem_of("lstm", FLASHRNN_F32, false, 16, 64, 1, D), facts, &plan).ok());
    const double cycles = split_candidates(plan).front().total;
    EXPECT_GT(cycles, 2 * last);
    // No step beats the multiply-adds that it has.
    EXPECT_GT(cycles, 64.0 * 16 * 4 * static_cast<double>(D * D) / 16);
    last = cycles;
  }
}

/// Weights that have left the caches are waited for at the memory's rate.
TEST(Cost, WeightsComeFromWhereTheyFit) {
  const CpuFacts facts = facts_of(*database().find("cpu/zen4"), Isa::kAvx512, 1, nullptr);
  EXPECT_EQ(level_of(facts, 1e3, 1e3, 1), Level::kL1);
  EXPECT_EQ(level_of(facts, 5e5, 5e5, 1), Level::kL2);
  EXPECT_EQ(level_of(facts, 1 << 20, 1 << 20, 1), Level::kL2);
  EXPECT_EQ(level_of(facts, 1 << 20, 1 << 20, 1, 1e5), Level::kL3) << "what a step reads beside it pushes it out";
  EXPECT_EQ(level_of(facts, 5e6, 5e6, 1), Level::kL3);
  EXPECT_EQ(level_of(facts, 5e7, 5e7, 1), Level::kMemory);
  // Nine threads have two third-level caches of eight cores each.
  EXPECT_EQ(level_of(facts, 3e6, 3e7, 9), Level::kL3);
  CpuPlan plan;
  ASSERT_TRUE(make_choices(problem_of("lstm", FLASHRNN_F32, false, 1, 64, 1, 4096), facts, &plan).ok());
  const SplitCandidate one = split_candidates(plan).front();
  EXPECT_EQ(one.weights, Level::kMemory);
  const double bytes = 4.0 * 4 * 4096 * 4096;
  EXPECT_NEAR(one.step.products + one.step.weights, bytes / facts.memory_bytes_per_cycle,
              0.2 * bytes / facts.memory_bytes_per_cycle);
}

}  // namespace
}  // namespace flashrnn::cpu

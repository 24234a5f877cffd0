// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>

#include "common/plan/gpu_models.hpp"
#include "common/plan/gpu_verify.hpp"
#include "common/plan/planner.hpp"
#include "tests/plan/shape_grid.hpp"

namespace flashrnn::plan {
namespace {

static_assert(std::gcd(grid::kStride, grid::kCount) == 1);

std::vector<const hw::Device*> gpus() {
  std::vector<const hw::Device*> all;
  for (const hw::Device& device : hw::Database::shared().devices()) {
    if (device.kind == hw::Kind::kGpu && !device.is_family) all.push_back(&device);
  }
  return all;
}

/// $FLASHRNN_PLAN_FULL_GRID: every shape of the grid on every device, hours. Else a sample that differs by device.
std::size_t shapes_of_a_device(std::size_t sampled) {
  if (std::getenv("FLASHRNN_PLAN_FULL_GRID") != nullptr) return grid::kCount;
#ifdef FLASHRNN_SANITIZE_ADDRESS
  return sampled / 8;
#else
  return sampled;
#endif
}

TEST(PlannerGrid, EveryShapeHasAPlanThatKeepsItsConstraints) {
  const auto devices = gpus();
  ASSERT_GE(devices.size(), 20);
  const std::size_t count = shapes_of_a_device(150);
  std::array<int, 4> forms{};
  for (std::size_t d = 0; d < devices.size(); ++d) {
    for (std::size_t n = 0; n < count; ++n) {
      const Shape shape = grid::sample(n + d * count);
      std::string why;
      const std::optional<GpuPlan> plan = plan_gpu(shape, *devices[d], {}, &why);
      ASSERT_TRUE(plan) << devices[d]->name << " " << to_string(shape) << ": " << why;
      ASSERT_EQ(check_plan(*plan, shape, *devices[d]), "") << devices[d]->name << " " << to_string(shape);
      ++forms[static_cast<std::size_t>(plan->form)];
    }
  }
  // Each form is the best one somewhere.
  for (const int chosen : forms) EXPECT_GT(chosen, 0);
}

/// The kernels' functions and the constraints give the same bytes and registers, for every configuration that is
/// searched.
TEST(PlannerGrid, HeadersAndConstraintsAgree) {
  const auto devices = gpus();
  std::size_t compared = 0;
  for (std::size_t n = 0; n < 400; ++n) {
    GpuProblem problem;
    std::string why;
    problem.shape = grid::sample(7 * n + 1);
    const hw::Device& device = *devices[n % devices.size()];
    ASSERT_TRUE(resolve_figures(device, problem.shape.element, problem.shape.tf32, problem.figures, why)) << why;
    for (const Form form : {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise}) {
      const GpuModel& model = gpu_model(form, problem.shape.pass == Pass::kBackward);
      ASSERT_TRUE(model.constraints.errors().empty()) << model.constraints.errors().front();
      const Configurations found = model.constraints.find(inputs_of(problem.shape, problem.figures, form));
      ASSERT_EQ(found.error, "") << device.name << " " << to_string(problem.shape);
      for (const Row& row : found.rows) {
        const GpuPlan plan = make_candidate(problem, form, row).plan;
        ASSERT_TRUE(kernel_takes(problem.shape, plan)) << plan.to_string();
        ASSERT_EQ(kernel_shared_bytes(problem.shape, plan), plan.shared_bytes) << plan.to_string();
        ASSERT_EQ(kernel_registers(problem.shape, plan), plan.registers) << plan.to_string();
        ASSERT_EQ(kernel::threads(plan.matrix, plan.tile), plan.threads) << plan.to_string();
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 10000);
}

/// The tiles cover the problem: every unit, every k and every row has a place.
TEST(PlannerGrid, TilesCoverTheProblem) {
  const hw::Device* device = hw::Database::shared().find("nvidia/h200");
  ASSERT_NE(device, nullptr);
  for (std::size_t n = 0; n < 500; ++n) {
    const Shape shape = grid::sample(11 * n + 5);
    const std::optional<GpuPlan> plan = plan_gpu(shape, *device);
    ASSERT_TRUE(plan);
    const kernel::Tile& t = plan->tile;
    const kernel::Instruction& i = plan->matrix;
    const std::int64_t units = kernel::unit_tile(i, shape.pass == Pass::kBackward ? 1 : shape.cell.recurrent_gates);
    const std::int64_t tiles = kernel::ceil_div(padded_dim(shape), units);
    EXPECT_GE(plan->groups * plan->tile.block_heads * t.row_tiles * i.rows, shape.heads * shape.batch);
    if (plan->form == Form::kStepwise) continue;
    EXPECT_GE(t.group_blocks * t.block_unit_tiles, tiles) << plan->to_string();
    EXPECT_LT((t.group_blocks - 1) * t.block_unit_tiles, tiles) << plan->to_string();
    const bool backward = shape.pass == Pass::kBackward;
    EXPECT_GE(t.unit_warps * t.warp_unit_tiles, backward ? tiles : t.block_unit_tiles) << plan->to_string();
    const std::int64_t k = backward ? shape.cell.recurrent_gates * t.block_unit_tiles * units : shape.head_dim;
    EXPECT_GE(t.k_warps * t.warp_k_tiles * i.k, k) << plan->to_string();
    EXPECT_LE(t.register_k + t.shared_k, t.warp_k_tiles) << plan->to_string();
  }
}

}  // namespace
}  // namespace flashrnn::plan

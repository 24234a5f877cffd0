// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "common/plan/planner.hpp"
#include "tests/plan/shape_grid.hpp"

namespace flashrnn::plan {
namespace {

/// The models are parsed by whichever thread comes first, and shared from then on.
TEST(PlannerThreads, ThreadsPlanTheSame) {
  const hw::Device* device = hw::Database::shared().find("nvidia/h200");
  ASSERT_NE(device, nullptr);
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kShapes = 20;
  std::vector<std::vector<std::string>> plans(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&plans, device, t] {
      for (std::size_t n = 0; n < kShapes; ++n) {
        const std::optional<GpuPlan> plan = plan_gpu(grid::sample(n), *device);
        plans[t].push_back(plan ? plan->to_string() : "none");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t t = 1; t < kThreads; ++t) EXPECT_EQ(plans[t], plans[0]);
  for (std::size_t n = 0; n < kShapes; ++n) EXPECT_EQ(plans[0][n], plan_gpu(grid::sample(n), *device)->to_string());
}

}  // namespace
}  // namespace flashrnn::plan

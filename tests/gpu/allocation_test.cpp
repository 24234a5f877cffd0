// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/counted_new.hpp"
#include "tests/gpu/fake_device.hpp"

/// Calls allocate nothing.
namespace flashrnn::gpu::testing {
namespace {

using flashrnn::testing::allocations;

void expect_no_allocation(const Problem& problem, const PlanOptions& options) {
  Made made;
  const long before = allocations;
  ASSERT_TRUE(made.make(problem, options).ok());
  ASSERT_GT(allocations, before) << "the counter does not count";
  made.device->records = false;
  const flashrnn_pack_args pack = pack_args();
  const flashrnn_forward_args forward = forward_args(problem, *made.plan);
  const flashrnn_backward_args backward = backward_args(problem, *made.plan);
  const flashrnn_step_args step = step_args(*made.plan);
  const long planned = allocations;
  bool ok = true;
  for (int i = 0; i < 2; ++i) {
    ok = ok && made.plan->pack(pack).ok() && made.plan->forward(forward).ok() && made.plan->backward(backward).ok() &&
         made.plan->step(step).ok();
  }
  EXPECT_EQ(allocations, planned);
  EXPECT_TRUE(ok);
}

TEST(Allocation, CallsAllocateNothing) {
  Problem problem = lstm_problem();
  problem.use_lengths = problem.use_resets = true;
  problem.reserve_mode = FLASHRNN_RESERVE_RECOMPUTE;
  expect_no_allocation(problem, stepwise());
  expect_no_allocation(problem, {});
  problem.cell = problem_of("gru_reset_before").cell;
  expect_no_allocation(problem, stepwise());
}

}  // namespace
}  // namespace flashrnn::gpu::testing

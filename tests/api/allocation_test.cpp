// SPDX-License-Identifier: Apache-2.0
#include "tests/api/calls.hpp"
#include "tests/counted_new.hpp"

/// The checks of a call that succeeds allocate nothing.
namespace flashrnn::testing {
namespace {

template <typename Args>
void expect_no_allocation(const Call<Args>& call) {
  ASSERT_EQ(call.run(), FLASHRNN_SUCCESS) << flashrnn_last_error();
  const long before = allocations;
  flashrnn_status status = FLASHRNN_SUCCESS;
  for (int i = 0; i < 3; ++i) status = call.run();
  const long after = allocations;
  EXPECT_EQ(status, FLASHRNN_SUCCESS);
  EXPECT_EQ(after - before, 0);
}

TEST(Allocation, CallsAllocateNothing) {
  const auto all = [](auto& p) { p.use_lengths = p.use_resets = 1; };
  const auto packed = [](auto& p) { p.layout = FLASHRNN_PACKED, p.use_resets = 1; };
  const long before = allocations;
  expect_no_allocation(PackCall());
  EXPECT_GT(allocations, before) << "the counter does not count";
  expect_no_allocation(ForwardCall(all));
  expect_no_allocation(ForwardCall(packed));
  expect_no_allocation(BackwardCall(all));
  expect_no_allocation(BackwardCall(packed));
  expect_no_allocation(StepCall(all));
}

}  // namespace
}  // namespace flashrnn::testing

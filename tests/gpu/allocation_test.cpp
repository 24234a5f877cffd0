// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/gpu/fake_device.hpp"

/// Calls allocate nothing. Counted in this whole program, on every thread.
namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* p = nullptr;
  if (posix_memalign(&p, alignment, size == 0 ? 1 : size) != 0) throw std::bad_alloc();
  return p;
}

}  // namespace

// The sized and array forms end in these. The nothrow form would too, but sanitizers bring one of their own.
void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return counted(size, alignof(std::max_align_t));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
// Not inlined: GCC would see free() called on what operator new gave, and warn.
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace flashrnn::gpu::testing {
namespace {

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

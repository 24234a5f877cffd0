// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/api/calls.hpp"

/// The checks of a call that succeeds allocate nothing. Counted in this whole program, on every thread.
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

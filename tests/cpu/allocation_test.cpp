// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "tests/cpu/network.hpp"

namespace {

std::atomic<long> allocations{0};
std::atomic<long> locks{0};

}  // namespace

// Counted where the whole process goes through. Sanitizers interpose on the same functions: their builds leave this
// out.
extern "C" void* __libc_malloc(std::size_t);
extern "C" void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static const Lock real = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  locks.fetch_add(1, std::memory_order_relaxed);
  return real(mutex);
}

namespace flashrnn::test {
namespace {

TEST(Allocation, TheCountersCount) {
  const long before = allocations;
  free(std::malloc(100));
  EXPECT_GT(allocations, before);
  const long locks_before = locks;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  EXPECT_GT(locks, locks_before);
}

/// A step for a few rows, packed weights: no allocation, no lock, from the first call on.
TEST(Allocation, AStepAllocatesAndLocksNothing) {
  for (const char* cell : {"lstm", "gru", "gru_reset_before", "elman", "slstm"}) {
    for (const flashrnn_dtype dtype : {FLASHRNN_F32, FLASHRNN_BF16, FLASHRNN_F16}) {
      flashrnn_problem p = make_problem(cell, 4, 1, 2, 65);
      p.dtype = dtype;
      Network network(p);
      const Context context = cpu(0);
      const Plan plan(context, network.problem);
      const Buffer packed(plan.sizes().packed_weights);
      flashrnn_pack_args pack = pack_args();
      pack.R = network.R.data();
      pack.packed = packed.data();
      pack.packed_size = packed.size();
      plan.pack_weights(pack);
      const Buffer workspace(plan.sizes().step_workspace);
      flashrnn_step_args args = step_args();
      args.Wx = dense(static_cast<const void*>(network.Wx.data()));
      args.states = dense(network.state.data());
      args.output = dense(network.states.data());
      set_packed_weights(args, packed);
      set_workspace(args, workspace);
      const long allocations_before = allocations;
      const long locks_before = locks;
      for (int i = 0; i < 100; ++i) ASSERT_EQ(flashrnn_step(plan.get(), &args), FLASHRNN_SUCCESS);
      EXPECT_EQ(allocations - allocations_before, 0) << cell;
      EXPECT_EQ(locks - locks_before, 0) << cell;
    }
  }
}

/// Forward and backward of one thread allocate nothing at all. With more, oneTBB keeps task memory of its own, which it
/// allocates in the first calls and uses again.
TEST(Allocation, AWarmForwardAndBackwardAllocateNothing) {
  for (const int threads : {1, 2}) {
    flashrnn_problem p = make_problem("lstm", 16, 20, 1, 128);
    p.training = 1;
    Network network(p);
    const Context context = cpu(threads);
    const Plan plan(context, network.problem);
    const Buffer workspace(std::max(plan.sizes().forward_workspace, plan.sizes().backward_workspace));
    const Buffer reserve(plan.sizes().reserve);
    flashrnn_forward_args forward = forward_args();
    forward.Wx = dense(static_cast<const void*>(network.Wx.data()));
    forward.R = network.R.data();
    forward.states = dense(network.states.data());
    set_reserve(forward, reserve);
    set_workspace(forward, workspace);
    flashrnn_backward_args backward = backward_args();
    backward.R = network.R.data();
    backward.dstates = dense(static_cast<const void*>(network.dstates.data()));
    backward.dWx = dense(network.dWx.data());
    backward.dR = network.dR.data();
    set_reserve(backward, reserve);
    set_workspace(backward, workspace);
    const auto run = [&] {
      ASSERT_EQ(flashrnn_forward(plan.get(), &forward), FLASHRNN_SUCCESS);
      ASSERT_EQ(flashrnn_backward(plan.get(), &backward), FLASHRNN_SUCCESS);
    };
    for (int i = 0; i < 20; ++i) run();
    const long before = allocations;
    for (int i = 0; i < 20; ++i) run();
    EXPECT_EQ(allocations - before, 0) << threads << " threads";
  }
}

}  // namespace
}  // namespace flashrnn::test

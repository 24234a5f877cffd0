// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include "brute_force.hpp"
#include "constrint/parse.hpp"
#include "constrint/solve.hpp"
#include "random_models.hpp"
#include "sanitized.hpp"
#include "tiling_models.hpp"

#ifndef CONSTRINT_TEST_SANITIZED
namespace {
std::atomic<std::int64_t> live_allocations{0};
}

// Counted, for the whole executable.
void* operator new(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  ++live_allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  --live_allocations;
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
#endif

namespace constrint::testing {
namespace {

TEST(Resources, AHundredThousandSolvesKeepNoMemory) {
#ifdef CONSTRINT_TEST_SANITIZED
  GTEST_SKIP() << "a sanitizer has its own operator new";
#else
  const Model small = parse("var A, B in 1..12; A * B == 12 | A % B == 1; A + B <= 9; minimize A - B;").model;
  const Model tiling = parse(tiling_model(tiling_problems()[0], false)).model;
  const SolveOptions options = tiling_options();
  const auto some = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_EQ(solve(small).count, 1);
      if (i % 50 == 0) {
        ASSERT_EQ(solve(tiling, options).count, 1);
      }
    }
  };
  some(100);
  const std::int64_t before = live_allocations;
  some(100000);
  EXPECT_EQ(live_allocations, before);
  EXPECT_GT(before, 0);
#endif
}

TEST(Resources, ThreadsWithModelsOfTheirOwnAndOneThatAllShare) {
  const Model shared = parse(tiling_model(tiling_problems()[1], false)).model;
  const SolveOptions options = tiling_options();
  const Solution expected = solve(shared, options).solutions.at(0);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        if (solve(shared, options).solutions.at(0) != expected) ++wrong;
        Random random(static_cast<std::uint64_t>(t * 1000 + i + 1));
        const Model own = parse(random_model(random, false)).model;
        SolveOptions all;
        all.max_solutions = 0;
        if (solve(own, all).solutions != all_solutions(own)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Resources, TheSameCallGivesTheSameAnswerAndTheSameWork) {
  const Model model = parse(tiling_model(tiling_problems()[4], false)).model;
  const SolveResult a = solve(model, tiling_options());
  const SolveResult b = solve(Model(model), tiling_options());
  EXPECT_EQ(a.solutions, b.solutions);
  EXPECT_EQ(a.nodes, b.nodes);
  EXPECT_EQ(a.propagations, b.propagations);
}

}  // namespace
}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/crew.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace flashrnn::cpu {
namespace {

TEST(Crew, EveryIndexOnce) {
  for (const int members : {1, 2, 5}) {
    for (int repeat = 0; repeat < 200; ++repeat) {
      Crew crew(members);
      std::vector<std::atomic<int>> done(97);
      crew.for_each(97, [&](std::int64_t i, int member) {
        ASSERT_LT(member, members);
        done[static_cast<std::size_t>(i)].fetch_add(1);
      });
      for (const auto& d : done) ASSERT_EQ(d, 1);
    }
  }
}

TEST(Crew, EveryPartOnceAndAllBeforeTheNext) {
  for (const int members : {1, 2, 4}) {
    Crew crew(members);
    std::vector<int> parts_seen(8);
    for (int step = 0; step < 5000; ++step) {
      // Plain memory: a part that runs while the next split has begun is a race that the thread sanitizer sees.
      std::vector<int> done(8);
      int parts_total = 0;
      crew.split([&](int part, int parts) {
        done[static_cast<std::size_t>(part)] += 1;
        if (part == 0) parts_total = parts;
      });
      ASSERT_LE(parts_total, members);
      for (int i = 0; i < 8; ++i) ASSERT_EQ(done[static_cast<std::size_t>(i)], i < parts_total ? 1 : 0);
      parts_seen[static_cast<std::size_t>(parts_total)] = 1;
    }
  }
}

/// Both kinds of work in turn: a member that comes late to the one must not disturb the other.
TEST(Crew, KindsOfWorkAlternate) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    Crew crew(3);
    for (int i = 0; i < 200; ++i) {
      std::atomic<std::int64_t> sum{0};
      crew.for_each(7, [&](std::int64_t index, int) { sum += index; });
      ASSERT_EQ(sum, 21);
      std::atomic<int> parts_run{0};
      int expected = 0;
      crew.split([&](int part, int parts) {
        parts_run += 1;
        if (part == 0) expected = parts;
      });
      ASSERT_EQ(parts_run, expected);
    }
  }
}

/// Calls from many threads, more members than cores: nobody may wait for a member that never comes.
TEST(Crew, ManyAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<long> total{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        Crew crew(4);
        for (int i = 0; i < 20; ++i) crew.split([&](int part, int) { total += part == 0 ? 1 : 0; });
        crew.for_each(5, [&](std::int64_t, int) { total += 1; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(total, 8 * 20 * 25);
}

}  // namespace
}  // namespace flashrnn::cpu

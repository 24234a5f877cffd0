// SPDX-License-Identifier: Apache-2.0
#include "common/device/grid_barrier.hpp"
#include "tests/simt/support.hpp"

/// Kernels with a barrier that is missing, in the wrong place or waits for somebody who does not come.
namespace flashrnn::simt::test {
namespace {

template <class D>
class BadBarrier : public OnBoth<D> {};
TYPED_TEST_SUITE(BadBarrier, BothWidths);

TYPED_TEST(BadBarrier, MissingAfterAWrite) {
  expect_fault<TypeParam>(config_of(1, 128),
                          [](auto& dev) {
                            auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
                            s.a[dev.thread()] = 0.0F;
                            dev.block_barrier();
                            s.a[dev.thread()] = 1.0F;
                            s.b[dev.thread()] = s.a[(dev.thread() + 64) % 128];
                          },
                          {"race", "'shared memory'", "no barrier in between", "bad_barrier_test.cpp"});
}

template <class D>
struct Halves {
  device::SharedArray<D, Bf16, 128, 16> x;
};

TYPED_TEST(BadBarrier, MissingBetweenHalvesOfAWord) {
  expect_fault<TypeParam>(config_of(1, 128),
                          [](auto& dev) {
                            auto& s = dev.template shared<Halves<DeviceOf<decltype(dev)>>>();
                            s.x[dev.thread()] = Bf16{0};
                            dev.block_barrier();
                            s.x[dev.thread()] = Bf16{1};
                            if (dev.thread() == 10) dev.template load_vec<2>(s.x.data() + dev.thread());
                          },
                          {"race", "byte 22 of 'shared memory'"});
}

TYPED_TEST(BadBarrier, MissingBeforeTheNextRoundsWrite) {
  expect_fault<TypeParam>(config_of(1, 128),
                          [](auto& dev) {
                            auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
                            float sum = 0.0F;
                            for (int round = 0; round < 4; ++round) {
                              s.a[dev.thread()] = static_cast<float>(round);
                              dev.block_barrier();
                              sum += s.a[127 - dev.thread()];
                            }
                            s.b[dev.thread()] = sum;
                          },
                          {"race"});
}

TYPED_TEST(BadBarrier, AShuffleIsNone) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            using D = DeviceOf<decltype(dev)>;
                            auto& s = dev.template shared<Scratch<D>>();
                            s.a[dev.lane()] = 1.0F;
                            dev.warp_barrier(D::kFullMask);
                            s.a[dev.lane()] = 2.0F;
                            dev.shuffle(D::kFullMask, 1.0F, 0);
                            s.b[dev.lane()] = s.a[dev.lane() ^ 1];
                          },
                          {"race"});
}

TYPED_TEST(BadBarrier, MissingInGlobalMemory) {
  std::vector<float> buffer(128);
  Memory memory;
  const auto p = memory.buffer("exchange", buffer.data(), 128);
  expect_fault<TypeParam>(config_of(1, 128), memory,
                          [p](auto& dev) {
                            dev.store(p + dev.thread(), 1.0F);
                            dev.load(p + (dev.thread() + 1) % 128);
                          },
                          {"race", "'exchange'"});
}

TYPED_TEST(BadBarrier, BlocksThatRunOneAfterTheOther) {
  std::vector<float> buffer(64);
  Memory memory;
  const auto p = memory.buffer("exchange", buffer.data(), 64);
  expect_fault<TypeParam>(config_of(2, 64), memory,
                          [p](auto& dev) {
                            if (dev.block() == 0) dev.store(p + dev.thread(), 1.0F);
                            if (dev.block() == 1) dev.load(p + dev.thread());
                          },
                          {"race", "block 1", "block 0"});
}

TYPED_TEST(BadBarrier, Divergent) {
  expect_fault<TypeParam>(config_of(1, 128),
                          [](auto& dev) {
                            if (dev.thread() < 64) {
                              dev.block_barrier();
                            } else {
                              dev.block_barrier();
                            }
                          },
                          {"divergent barrier", "bad_barrier_test.cpp"});
}

// clang-format off
TYPED_TEST(BadBarrier, DivergentInOneLine) {
  expect_fault<TypeParam>(
      config_of(1, 128),
      [](auto& dev) { if (dev.thread() < 64) { dev.block_barrier(); } else { dev.block_barrier(); } },
      {"divergent barrier"});
}
// clang-format on

TYPED_TEST(BadBarrier, LeftOutByOneThread) {
  expect_fault<TypeParam>(config_of(1, 128),
                          [](auto& dev) {
                            if (dev.thread() != 77) dev.block_barrier();
                          },
                          {"block barrier", "thread"});
}

TYPED_TEST(BadBarrier, WarpBarrierInTwoBranches) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            using D = DeviceOf<decltype(dev)>;
                            if (dev.lane() == 3) {
                              dev.warp_barrier(D::kFullMask);
                            } else {
                              dev.warp_barrier(D::kFullMask);
                            }
                          },
                          {"divergent warp", "lane"});
}

TYPED_TEST(BadBarrier, GridBarrierWithABlockMissing) {
  Memory memory;
  Uint32 counter = 0;
  const auto word = memory.buffer("counter", &counter, 1);
  for (int seed = 0; seed < kSeeds; ++seed) {
    counter = 0;
    LaunchConfig config = grid_of(4, 64);
    config.seed = static_cast<std::uint64_t>(seed);
    const Status status = launch<TypeParam>(config, memory, [word](auto& dev) {
      using D = DeviceOf<decltype(dev)>;
      device::GridBarrier<D> barrier(word);
      barrier.sync(dev);
      if (dev.block() == 2) return;
      barrier.sync(dev);
    });
    ASSERT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
    EXPECT_THAT(
        status.message(),
        testing::AllOf(testing::HasSubstr("no thread can go on"), testing::HasSubstr("3 threads of 3 blocks polling"),
                       testing::HasSubstr("'counter'"), testing::HasSubstr("grid_barrier.hpp"),
                       testing::HasSubstr("189 threads of 3 blocks at the block barrier"),
                       testing::HasSubstr("64 threads have left")));
  }
}

TYPED_TEST(BadBarrier, GridBarrierOfBlocksThatAreNotResident) {
  Memory memory;
  Uint32 counter = 0;
  const auto word = memory.buffer("counter", &counter, 1);
  LaunchConfig config = config_of(3, 32);
  const Status status = launch<TypeParam>(config, memory, [word](auto& dev) {
    device::GridBarrier<DeviceOf<decltype(dev)>> barrier(word);
    barrier.sync(dev);
  });
  ASSERT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
  EXPECT_THAT(status.message(), testing::HasSubstr("2 blocks are not resident"));
}

TEST(BadNamedBarrier, WaitsForMoreThanCome) {
  expect_fault<Simt32>(config_of(1, 128),
                       [](auto& dev) {
                         if (dev.warp() < 2) dev.named_barrier_sync(3, 96);
                       },
                       {"no thread can go on", "named barrier 3, where 64 of 96 have arrived"});
}

TEST(BadNamedBarrier, PartOfAWarp) {
  expect_fault<Simt32>(config_of(1, 64),
                       [](auto& dev) {
                         if (dev.lane() < 16) dev.named_barrier_sync(1, 32);
                       },
                       {"named barrier 1", "part of warp"});
}

TEST(BadNamedBarrier, CountsThatDiffer) {
  expect_fault<Simt32>(config_of(1, 96), [](auto& dev) { dev.named_barrier_sync(1, dev.warp() == 0 ? 96 : 64); },
                       {"named barrier 1 for", "others came to it for"});
}

TEST(BadNamedBarrier, ArrivesTwice) {
  expect_fault<Simt32>(config_of(1, 64),
                       [](auto& dev) {
                         if (dev.warp() == 0) {
                           dev.named_barrier_arrive(1, 64);
                           dev.named_barrier_arrive(1, 64);
                         }
                       },
                       {"named barrier 1 twice"});
}

TEST(BadNamedBarrier, NumbersOutOfRange) {
  expect_fault<Simt32>(config_of(1, 64), [](auto& dev) { dev.named_barrier_sync(16, 64); },
                       {"named barrier 16", "1 to 15"});
  expect_fault<Simt32>(config_of(1, 64), [](auto& dev) { dev.named_barrier_sync(1, 40); }, {"multiple of 32 up to 64"});
  expect_fault<Simt32>(config_of(1, 64), [](auto& dev) { dev.named_barrier_sync(1, 96); }, {"multiple of 32 up to 64"});
}

}  // namespace
}  // namespace flashrnn::simt::test

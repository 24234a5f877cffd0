// SPDX-License-Identifier: Apache-2.0
#include "tests/simt/support.hpp"

/// Clusters, mbarriers and asynchronous stores used wrongly.
namespace flashrnn::simt::test {
namespace {

using D = Simt32;
using S = Scratch<D>;

/// Initialises bar[0] with `count` in every block of the cluster and makes it known to all.
void set_up(D& dev, S& s, int count) {
  if (dev.thread() == 0) {
    dev.mbarrier_init(s.bar.data(), count);
    dev.mbarrier_init_fence();
  }
  device::cluster_barrier(dev);
}

TEST(BadCluster, WritesAfterThePeerHasLeft) {
  // The writer itself waits for nothing after its write: whether the peer is still there is luck.
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    device::cluster_barrier(dev);
                    if (dev.block() == 0) dev.store(dev.peer(s.a.data(), 1) + dev.thread(), 1.0F);
                  },
                  {"block 0, thread", "block 1", "shared memory", " the kernel"});
}

TEST(BadCluster, WritesAfterThePeerHasSurelyLeft) {
  Memory memory;
  Uint32 left = 0;
  const auto flag = memory.buffer("left", &left, 1);
  for (int seed = 0; seed < kSeeds; ++seed) {
    left = 0;
    LaunchConfig config = cluster_of(2, 1);
    config.seed = static_cast<std::uint64_t>(seed);
    const Status status = launch<D>(config, memory, [flag](D& dev) {
      S& s = dev.shared<S>();
      device::cluster_barrier(dev);
      if (dev.block() == 1) {
        dev.store_release(flag, 1U);
        return;
      }
      while (dev.load_acquire(flag) == 0) dev.pause();
      for (int i = 0; i < 100; ++i) dev.load_acquire(flag);
      dev.store(dev.peer(s.a.data(), 1), 1.0F);
    });
    ASSERT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
    EXPECT_THAT(status.message(),
                testing::AnyOf(testing::HasSubstr("writes the shared memory of block 1, which has left"),
                               testing::HasSubstr("nothing keeps it until block 0, thread 0")));
  }
}

TEST(BadCluster, WritesBeforeThePeerHasStarted) {
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    if (dev.block() == 0) dev.store(dev.peer(s.a.data(), 1) + dev.thread(), 1.0F);
                    device::cluster_barrier(dev);
                  },
                  {"block 0", "shared memory of block 1, which may not have started"});
}

TEST(BadCluster, RankOutsideTheCluster) {
  expect_fault<D>(cluster_of(2, 32), [](D& dev) { dev.peer(dev.shared<S>().a.data(), 2); },
                  {"rank 2 of its cluster, which has 2"});
}

TEST(BadCluster, ReadsWhatThePeerWritesWithoutABarrier) {
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    s.a[dev.thread()] = 0.0F;
                    device::cluster_barrier(dev);
                    if (dev.block() == 0) dev.store(dev.peer(s.a.data(), 1) + dev.thread(), 1.0F);
                    if (dev.block() == 1) s.b[dev.thread()] = s.a[dev.thread()];
                    device::cluster_barrier(dev);
                  },
                  {"race"});
}

TEST(BadCluster, BarrierWithoutOneBlock) {
  expect_fault<D>(cluster_of(3, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    if (dev.block() == 1) {
                      if (dev.thread() == 0) dev.mbarrier_init(s.bar.data(), 1);
                      dev.block_barrier();
                      device::mbarrier_wait(dev, s.bar.data(), 0);
                    }
                    device::cluster_barrier(dev);
                  },
                  {"no thread can go on", "64 threads of 2 blocks at the cluster barrier, where 64 of 96 have arrived",
                   "mbarrier"});
}

TEST(BadCluster, BarrierHalvesOutOfOrder) {
  expect_fault<D>(cluster_of(2, 32), [](D& dev) { dev.cluster_barrier_wait(); }, {"without having arrived"});
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    dev.cluster_barrier_arrive();
                    dev.cluster_barrier_arrive();
                  },
                  {"twice without waiting"});
}

TEST(BadMbarrier, ArrivesTooOften) {
  // 64 expected bytes keep the phase open, so that the second arrival has no place in it.
  expect_fault<D>(config_of(1, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    if (dev.thread() == 0) dev.mbarrier_arrive_expect(s.bar.data(), 64);
                    dev.block_barrier();
                    if (dev.thread() == 1) dev.mbarrier_arrive(s.bar.data());
                  },
                  {"thread 1", "whose 1 arrivals of phase 0 have all come"});
}

TEST(BadMbarrier, WaitsForTheWrongPhase) {
  expect_fault<D>(
      config_of(1, 32),
      [](D& dev) {
        S& s = dev.shared<S>();
        set_up(dev, s, 32);
        dev.mbarrier_arrive(s.bar.data());
        device::mbarrier_wait(dev, s.bar.data(), 0);
        device::mbarrier_wait(dev, s.bar.data(), 1);
      },
      {"no thread can go on", "32 threads of 1 block for parity 1 of the mbarrier at byte 2048, which is in phase 1",
       "lacks 32 arrivals and 0 bytes"});
}

TEST(BadMbarrier, WaitsForBytesThatNobodySends) {
  expect_fault<D>(config_of(1, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    if (dev.thread() == 0) dev.mbarrier_arrive_expect(s.bar.data(), 16);
                    device::mbarrier_wait(dev, s.bar.data(), 0);
                  },
                  {"lacks 0 arrivals and 16 bytes"});
}

TEST(BadMbarrier, NotInitialised) {
  expect_fault<D>(config_of(1, 32), [](D& dev) { dev.mbarrier_arrive(dev.shared<S>().bar.data()); },
                  {"which is not initialised"});
  expect_fault<D>(config_of(1, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    if (dev.thread() == 0) dev.mbarrier_init(s.bar.data(), 31);
                    dev.shuffle(D::kFullMask, 0, 0);
                    if (dev.thread() != 0) dev.mbarrier_arrive(s.bar.data());
                  },
                  {"no barrier since its initialisation by thread 0"});
}

TEST(BadMbarrier, NumbersOutOfRange) {
  expect_fault<D>(config_of(1, 1), [](D& dev) { dev.mbarrier_init(dev.shared<S>().bar.data(), 0); },
                  {"count 0; 1 to 1048575"});
  expect_fault<D>(config_of(1, 1),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    dev.mbarrier_expect(s.bar.data(), 1 << 20);
                  },
                  {"expect 1048576 bytes"});
  expect_fault<D>(config_of(1, 1),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    set_up(dev, s, 1);
                  },
                  {"a second time"});
}

/// Block 0 sends 32 floats to block 1, which should wait for them.
template <class Receive>
void expect_bad_receiver(Receive receive, const std::vector<std::string>& parts) {
  expect_fault<D>(
      cluster_of(2, 32),
      [receive](D& dev) {
        S& s = dev.shared<S>();
        set_up(dev, s, 1);
        if (dev.block() == 0) {
          dev.store_async(dev.peer(s.a.data(), 1) + dev.thread(), 2.0F, dev.peer(s.bar.data(), 1));
        } else {
          if (dev.thread() == 0) dev.mbarrier_arrive_expect(s.bar.data(), 128);
          receive(dev, s);
        }
        device::cluster_barrier(dev);
      },
      parts);
}

TEST(BadAsyncStore, ReadWithoutWaiting) {
  expect_bad_receiver([](D& dev, S& s) { s.b[dev.thread()] = s.a[dev.thread()]; }, {"block", "'shared memory'"});
}

TEST(BadAsyncStore, NobodyWaits) {
  expect_bad_receiver([](D&, S&) {}, {"block 1", "its block leaves the kernel"});
}

TEST(BadAsyncStore, OneThreadWaitsForAll) {
  expect_bad_receiver(
      [](D& dev, S& s) {
        if (dev.thread() == 0) device::mbarrier_wait(dev, s.bar.data(), 0);
        dev.shuffle(D::kFullMask, 0, 0);
        s.b[dev.thread()] = s.a[dev.thread()];
      },
      {"race", "without having waited for its mbarrier"});
}

TEST(BadAsyncStore, OverwritesWhatThePeerStillReads) {
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    for (Uint32 step = 0; step < 2; ++step) {
                      if (dev.block() == 0) {
                        dev.store_async(dev.peer(s.a.data(), 1) + dev.thread(), 2.0F, dev.peer(s.bar.data(), 1));
                      } else {
                        if (dev.thread() == 0) dev.mbarrier_arrive_expect(s.bar.data(), 128);
                        device::mbarrier_wait(dev, s.bar.data(), step);
                        s.b[dev.thread()] = s.a[dev.thread()];
                      }
                    }
                    device::cluster_barrier(dev);
                  },
                  {"race"});
}

TEST(BadAsyncStore, SignalsAnotherBlock) {
  expect_fault<D>(cluster_of(2, 32),
                  [](D& dev) {
                    S& s = dev.shared<S>();
                    set_up(dev, s, 1);
                    if (dev.block() == 0) dev.store_async(dev.peer(s.a.data(), 1), 2.0F, dev.peer(s.bar.data(), 0));
                    device::cluster_barrier(dev);
                  },
                  {"stores asynchronously to block 1, but the mbarrier it names is in block 0"});
}

}  // namespace
}  // namespace flashrnn::simt::test

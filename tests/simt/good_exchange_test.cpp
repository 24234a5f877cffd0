// SPDX-License-Identifier: Apache-2.0
#include "common/device/grid_barrier.hpp"
#include "tests/simt/support.hpp"

/// Correct exchanges between blocks: the forms that the recurrent kernels use for h.
namespace flashrnn::simt::test {
namespace {

constexpr int kSlice = 32;  // elements that a block owns
constexpr int kMostBlocks = 4;
constexpr int kSteps = 12;

/// What all exchanges compute: h'[i] = h[n - 1 - i] + i, which moves every element through another block.
std::vector<float> expected(int blocks) {
  const int n = blocks * kSlice;
  std::vector<float> h(n, 0.0F);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<float> next(n);
    for (int i = 0; i < n; ++i) next[i] = h[n - 1 - i] + static_cast<float>(i);
    h = next;
  }
  return h;
}

template <class D>
struct Gathered {
  device::SharedArray<D, float, 2 * kMostBlocks * kSlice, 16> h;  // two steps
  device::SharedArray<D, typename D::Mbarrier, 2> full;
};

/// All-gather of h by asynchronous stores into every block, one mbarrier a buffer. A block may run one step ahead of
/// another, never two: it cannot end a step without what the others sent in it.
void gather_by_cluster(Simt32& dev, Simt32::Global<float> out) {
  using D = Simt32;
  auto& s = dev.shared<Gathered<D>>();
  const int blocks = dev.cluster_size();
  const int n = blocks * kSlice;
  const int bytes = n * static_cast<int>(sizeof(float));
  if (dev.thread() == 0) {
    for (int b = 0; b < 2; ++b) dev.mbarrier_init(s.full.data() + b, 1);
    dev.mbarrier_init_fence();
  }
  for (int i = dev.thread(); i < n; i += dev.thread_count()) s.h[i] = 0.0F;
  device::cluster_barrier(dev);
  const int mine = dev.cluster_rank() * kSlice;
  for (int step = 0; step < kSteps; ++step) {
    const int from = step % 2 * kMostBlocks * kSlice;
    const int to = (step + 1) % 2 * kMostBlocks * kSlice;
    const auto full = s.full.data() + (step + 1) % 2;
    if (dev.thread() == 0) dev.mbarrier_arrive_expect(full, bytes);
    // Lane l makes elements 4 l to 4 l + 3 of the slice and sends them to each block.
    if (dev.thread() < kSlice / 4) {
      Vec<float, 4> next{};
      for (int k = 0; k < 4; ++k) {
        const int i = mine + dev.thread() * 4 + k;
        next[k] = dev.load(s.h.data() + from + n - 1 - i) + static_cast<float>(i);
      }
      for (int rank = 0; rank < blocks; ++rank) {
        dev.store_async(dev.peer(s.h.data() + to + mine + dev.thread() * 4, rank), next, dev.peer(full, rank));
      }
    }
    device::mbarrier_wait(dev, full, static_cast<Uint32>(step / 2 % 2));
    dev.block_barrier();
  }
  if (dev.cluster_rank() == blocks - 1) {
    for (int i = dev.thread(); i < n; i += dev.thread_count()) {
      dev.store(out + i, s.h[kSteps % 2 * kMostBlocks * kSlice + i]);
    }
  }
  device::cluster_barrier(dev);
}

TEST(GoodExchange, ClusterByAsyncStores) {
  for (const int blocks : {1, 2, 4}) {
    std::vector<float> h(blocks * kSlice);
    Memory memory;
    const auto out = memory.output("h", h.data(), blocks * kSlice);
    for (int seed = 0; seed < 2 * kSeeds; ++seed) {
      expect_runs<Simt32>(
          cluster_of(blocks, 64), memory, [out](Simt32& dev) { gather_by_cluster(dev, out); }, seed);
      ASSERT_EQ(h, expected(blocks)) << blocks << " blocks, seed " << seed;
    }
  }
}

/// The same without the block barrier at the end of a step: threads that still read h of the step before may be
/// overtaken by a peer's next store.
TEST(GoodExchange, ClusterWithoutItsBlockBarrierIsARace) {
  expect_fault<Simt32>(cluster_of(2, 64),
                       [](Simt32& dev) {
                         using D = Simt32;
                         auto& s = dev.shared<Gathered<D>>();
                         if (dev.thread() == 0) {
                           dev.mbarrier_init(s.full.data(), 1);
                           dev.mbarrier_init_fence();
                         }
                         s.h[dev.thread()] = 0.0F;
                         device::cluster_barrier(dev);
                         for (Uint32 step = 0; step < 2; ++step) {
                           if (dev.thread() == 0) {
                             dev.mbarrier_arrive_expect(s.full.data(), 256);
                             for (int rank = 0; rank < 2; ++rank) {
                               for (int i = 0; i < 8; ++i) {
                                 dev.store_async(dev.peer(s.h.data() + dev.cluster_rank() * 32 + i * 4, rank),
                                                 Vec<float, 4>{}, dev.peer(s.full.data(), rank));
                               }
                             }
                           }
                           device::mbarrier_wait(dev, s.full.data(), step);
                           dev.load(s.h.data() + dev.thread());
                         }
                         device::cluster_barrier(dev);
                       },
                       {"race"});
}

/// Plain stores into the peers' memory and a cluster barrier, its halves apart.
TEST(GoodExchange, ClusterByPlainStores) {
  for (const int blocks : {2, 4}) {
    std::vector<float> h(blocks * kSlice);
    Memory memory;
    const auto out = memory.output("h", h.data(), blocks * kSlice);
    for (int seed = 0; seed < kSeeds; ++seed) {
      expect_runs<Simt32>(
          cluster_of(blocks, kSlice), memory,
          [out](Simt32& dev) {
            auto& s = dev.shared<Gathered<Simt32>>();
            const int n = dev.cluster_size() * kSlice;
            const int i = dev.cluster_rank() * kSlice + dev.thread();
            for (int j = dev.thread(); j < n; j += dev.thread_count()) s.h[j] = 0.0F;
            device::cluster_barrier(dev);
            for (int step = 0; step < kSteps; ++step) {
              const float next = dev.load(s.h.data() + step % 2 * 128 + n - 1 - i) + static_cast<float>(i);
              for (int rank = 0; rank < dev.cluster_size(); ++rank) {
                dev.store(dev.peer(s.h.data() + (step + 1) % 2 * 128 + i, rank), next);
              }
              dev.cluster_barrier_arrive();
              if (step + 1 == kSteps) dev.store(out + i, next);
              dev.cluster_barrier_wait();
            }
          },
          seed);
      ASSERT_EQ(h, expected(blocks));
    }
  }
}

/// Consumers tell a producer in another block that a buffer is free: arrivals from afar.
TEST(GoodExchange, RemoteArrivals) {
  std::vector<float> y(kSteps * 32);
  Memory memory;
  const auto out = memory.output("y", y.data(), kSteps * 32);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<Simt32>(
        cluster_of(2, 32), memory,
        [out](Simt32& dev) {
          auto& s = dev.shared<Scratch<Simt32>>();
          const auto full = s.bar.data();
          const auto empty = s.bar.data() + 1;
          if (dev.thread() == 0) {
            dev.mbarrier_init(full, 1);
            dev.mbarrier_init(empty, 32);
            dev.mbarrier_init_fence();
          }
          device::cluster_barrier(dev);
          for (int step = 0; step < kSteps; ++step) {
            const Uint32 parity = static_cast<Uint32>(step % 2);
            if (dev.cluster_rank() == 0) {
              device::mbarrier_wait(dev, empty, parity ^ 1U);  // at once in step 0
              dev.store_async(dev.peer(s.a.data() + dev.thread(), 1), static_cast<float>(step + dev.thread()),
                              dev.peer(full, 1));
            } else {
              if (dev.thread() == 0) dev.mbarrier_arrive_expect(full, 128);
              device::mbarrier_wait(dev, full, parity);
              dev.store(out + step * 32 + dev.thread(), s.a[dev.thread() ^ 1]);
              dev.mbarrier_arrive(dev.peer(empty, 0));
            }
          }
          device::cluster_barrier(dev);
        },
        seed);
    for (int i = 0; i < kSteps * 32; ++i) ASSERT_EQ(y[i], static_cast<float>(i / 32 + (i % 32 ^ 1)));
  }
}

template <class D>
class GoodGrid : public OnBoth<D> {};
TYPED_TEST_SUITE(GoodGrid, BothWidths);

/// All-gather through global memory and the grid barrier, by which the kernels for AMD and for sm_80 exchange h. The
/// counter starts a few steps before it wraps.
TYPED_TEST(GoodGrid, ThroughGlobalMemory) {
  for (const int blocks : {1, 3, 4}) {
    const int n = blocks * kSlice;
    std::vector<float> h(2 * n);
    Uint32 counter = 0;
    Memory memory;
    const auto buffer = memory.output("h", h.data(), 2 * n);
    const auto word = memory.buffer("counter", &counter, 1);
    for (int seed = 0; seed < kSeeds; ++seed) {
      counter = 0;
      expect_runs<TypeParam>(
          grid_of(blocks, 64), memory,
          [=](auto& dev) {
            device::GridBarrier<DeviceOf<decltype(dev)>> barrier(word);
            const int i = dev.block() * kSlice + dev.thread();
            const bool owns = dev.thread() < kSlice;
            if (owns) dev.store(buffer + i, 0.0F);
            barrier.sync(dev);
            for (int step = 0; step < kSteps; ++step) {
              if (owns) {
                const float next = dev.load(buffer + step % 2 * n + n - 1 - i) + static_cast<float>(i);
                dev.store(buffer + (step + 1) % 2 * n + i, next);
              }
              barrier.arrive(dev);
              barrier.wait(dev);
            }
          },
          seed);
      const std::vector<float> last(h.begin() + kSteps % 2 * n, h.begin() + kSteps % 2 * n + n);
      ASSERT_EQ(last, expected(blocks));
      EXPECT_EQ(counter, static_cast<Uint32>(blocks * (kSteps + 1)));
    }
  }
}

/// One flag a block instead of a barrier: a step's slice is there when the flag has reached the step.
TYPED_TEST(GoodGrid, ByFlags) {
  constexpr int kBlocks = 3;
  constexpr int n = kBlocks * kSlice;
  std::vector<float> h((kSteps + 1) * n);
  Memory memory;
  const auto buffer = memory.output("h", h.data(), (kSteps + 1) * n);
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::vector<Uint32> flags(kBlocks, 0);
    const auto flag = memory.buffer("flags", flags.data(), kBlocks);
    expect_runs<TypeParam>(
        grid_of(kBlocks, kSlice), memory,
        [=](auto& dev) {
          const int i = dev.block() * kSlice + dev.thread();
          dev.store(buffer + i, 0.0F);
          for (int step = 0; step < kSteps; ++step) {
            dev.block_barrier();
            if (dev.thread() == 0) {
              dev.store_release(flag + dev.block(), static_cast<Uint32>(step + 1));
              for (int b = 0; b < kBlocks; ++b) {
                while (dev.load_acquire(flag + b) < static_cast<Uint32>(step + 1)) dev.pause();
              }
            }
            dev.block_barrier();
            dev.store(buffer + (step + 1) * n + i, dev.load(buffer + step * n + n - 1 - i) + static_cast<float>(i));
          }
        },
        seed);
    ASSERT_EQ(std::vector<float>(h.end() - n, h.end()), expected(kBlocks));
  }
}

}  // namespace
}  // namespace flashrnn::simt::test

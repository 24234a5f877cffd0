// SPDX-License-Identifier: Apache-2.0
#include <numeric>
#include <set>
#include <thread>

#include "tests/simt/support.hpp"

/// Correct kernels inside one block: right in every order of lanes.
namespace flashrnn::simt::test {
namespace {

template <class D>
class GoodBlock : public OnBoth<D> {};
TYPED_TEST_SUITE(GoodBlock, BothWidths);

/// Column sums of x [rows, 256 + 40] by shuffles inside a warp and shared memory across warps; the last warp is
/// partial.
struct Sum {
  template <class D, class In, class Out>
  static void run(D& dev, In x, Out y, int rows) {
    auto& s = dev.template shared<Scratch<D>>();
    using Mask = typename D::LaneMask;
    const int rest = dev.thread_count() - dev.warp() * D::kWarpSize;
    const bool whole = rest >= D::kWarpSize;
    const Mask mask = whole ? D::kFullMask : static_cast<Mask>((Mask{1} << rest) - 1);
    for (int row = 0; row < rows; ++row) {
      float value = dev.load(x + row * dev.thread_count() + dev.thread());
      const int lanes = whole ? D::kWarpSize : rest;
      for (int delta = 1; delta < D::kWarpSize; delta *= 2) {
        const int source = dev.lane() + delta;
        const float other = dev.shuffle(mask, value, source < lanes ? source : dev.lane());
        if (source < lanes) value += other;
      }
      if (dev.lane() == 0) s.a[dev.warp()] = value;
      dev.block_barrier();
      if (dev.thread() == 0) {
        float sum = 0.0F;
        for (int w = 0; w < dev.warp_count(); ++w) sum += s.a[w];
        dev.store(y + row, sum);
      }
      dev.block_barrier();
    }
  }
};

TYPED_TEST(GoodBlock, Reduction) {
  constexpr int kRows = 5;
  constexpr int kThreads = 296;
  std::vector<float> x(kRows * kThreads);
  std::iota(x.begin(), x.end(), -700.0F);
  std::vector<float> y(kRows);
  Memory memory;
  const auto in = memory.input("x", x.data(), static_cast<int>(x.size()));
  const auto out = memory.output("y", y.data(), kRows);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<TypeParam>(
        config_of(1, kThreads), memory, [in, out](auto& dev) { Sum::run(dev, in, out, kRows); }, seed);
    for (int r = 0; r < kRows; ++r) {
      EXPECT_EQ(y[r], std::accumulate(x.begin() + r * kThreads, x.begin() + (r + 1) * kThreads, 0.0F));
    }
  }
}

TYPED_TEST(GoodBlock, Votes) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    std::vector<Uint32> bad(1, 0);
    Memory memory;
    const auto out = memory.buffer("bad", bad.data(), 1);
    expect_runs<TypeParam>(
        config_of(1, 128), memory,
        [out](auto& dev) {
          using D = DeviceOf<decltype(dev)>;
          using Mask = typename D::LaneMask;
          const Mask third = dev.ballot(D::kFullMask, dev.lane() % 3 == 0);
          bool right = true;
          for (int l = 0; l < D::kWarpSize; ++l) right = right && ((third >> l & 1) != 0) == (l % 3 == 0);
          right = right && dev.any(D::kFullMask, dev.lane() == 5) && !dev.any(D::kFullMask, false);
          right = right && dev.all(D::kFullMask, true) && !dev.all(D::kFullMask, dev.lane() != 5);
          // Two halves that go their own ways at the same time.
          const Mask low = D::kFullMask >> (D::kWarpSize / 2);
          const Mask mine = dev.lane() < D::kWarpSize / 2 ? low : static_cast<Mask>(~low);
          for (int i = 0; i < 3; ++i) right = right && dev.shuffle_xor(mine, dev.lane(), 3) == (dev.lane() ^ 3);
          const int up = dev.shuffle_up(D::kFullMask, dev.lane(), 2);
          right = right && up == (dev.lane() < 2 ? dev.lane() : dev.lane() - 2);
          const int down = dev.shuffle_down(D::kFullMask, dev.lane(), 2);
          right = right && down == (dev.lane() + 2 < D::kWarpSize ? dev.lane() + 2 : dev.lane());
          if (!right) dev.fetch_add(out, 1U);
        },
        seed);
    EXPECT_EQ(bad[0], 0U);
  }
}

template <class D>
struct TransposeTile {
  device::SharedArray<D, float, 32 * 33> x;
};

TYPED_TEST(GoodBlock, TransposeThroughPaddedSharedMemory) {
  constexpr int kSide = 96;
  std::vector<float> x(kSide * kSide);
  std::iota(x.begin(), x.end(), 0.0F);
  std::vector<float> y(x.size());
  Memory memory;
  const auto in = memory.input("x", x.data(), kSide * kSide);
  const auto out = memory.output("y", y.data(), kSide * kSide);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<TypeParam>(
        config_of(kSide / 32 * (kSide / 32), 256), memory,
        [in, out](auto& dev) {
          auto& s = dev.template shared<TransposeTile<DeviceOf<decltype(dev)>>>();
          const int top = dev.block() / (kSide / 32) * 32;
          const int left = dev.block() % (kSide / 32) * 32;
          const int column = dev.thread() % 32;
          for (int row = dev.thread() / 32; row < 32; row += 8) {
            s.x[row * 33 + column] = dev.load(in + (top + row) * kSide + left + column);
          }
          dev.block_barrier();
          for (int row = dev.thread() / 32; row < 32; row += 8) {
            dev.store(out + (left + row) * kSide + top + column, s.x[column * 33 + row]);
          }
        },
        seed);
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) ASSERT_EQ(y[j * kSide + i], x[i * kSide + j]);
    }
  }
}

template <class D>
struct Narrow {
  device::SharedArray<D, Bf16, 128, 16> halves;
  device::SharedArray<D, unsigned char, 128, 16> bytes;
};

/// Neighbours in one word belong to different lanes, which is no race; later the same words are reached as a whole.
TYPED_TEST(GoodBlock, LanesShareWords) {
  for (int seed = 0; seed < kSeeds; ++seed) {
    Uint32 wrong = 0;
    Memory memory;
    const auto out = memory.buffer("wrong", &wrong, 1);
    expect_runs<TypeParam>(
        config_of(1, 128), memory,
        [out](auto& dev) {
          auto& s = dev.template shared<Narrow<DeviceOf<decltype(dev)>>>();
          const int t = dev.thread();
          bool right = true;
          for (int round = 0; round < 3; ++round) {
            const int shift = t * 5 % 128;
            s.halves[shift] = Bf16{static_cast<device::Uint16>(shift + round)};
            s.bytes[shift] = static_cast<unsigned char>(shift + round);
            dev.block_barrier();
            const auto eight = dev.template load_vec<8>(s.halves.data() + t / 8 * 8);
            for (int i = 0; i < 8; ++i) right = right && eight[i].bits == t / 8 * 8 + i + round;
            const auto four = dev.template load_vec<4>(s.bytes.data() + t / 4 * 4);
            for (int i = 0; i < 4; ++i) right = right && four[i] == t / 4 * 4 + i + round;
            dev.block_barrier();
            if (t < 16) dev.store(s.halves.data() + t * 8, Vec<Bf16, 8>{});
            dev.block_barrier();
          }
          if (!right) dev.fetch_add(out, 1U);
        },
        seed);
    EXPECT_EQ(wrong, 0U);
  }
}

TYPED_TEST(GoodBlock, WarpBarrierHandsSharedMemoryOn) {
  std::vector<float> y(TypeParam::kWarpSize);
  Memory memory;
  const auto out = memory.output("y", y.data(), TypeParam::kWarpSize);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<TypeParam>(
        config_of(1, TypeParam::kWarpSize), memory,
        [out](auto& dev) {
          using D = DeviceOf<decltype(dev)>;
          auto& s = dev.template shared<Scratch<D>>();
          s.a[dev.lane()] = static_cast<float>(dev.lane());
          for (int step = 0; step < 5; ++step) {
            dev.warp_barrier(D::kFullMask);
            const float next = s.a[(dev.lane() + 1) % D::kWarpSize];
            dev.warp_barrier(D::kFullMask);
            s.a[dev.lane()] = next;
          }
          dev.store(out + dev.lane(), s.a[dev.lane()]);
        },
        seed);
    for (int l = 0; l < TypeParam::kWarpSize; ++l) EXPECT_EQ(y[l], static_cast<float>((l + 5) % TypeParam::kWarpSize));
  }
}

TYPED_TEST(GoodBlock, OrderOfLanesComesFromTheSeed) {
  std::set<std::vector<Uint32>> orders;
  for (int seed = 0; seed < 2 * kSeeds; ++seed) {
    std::vector<Uint32> order(65, 0);
    Memory memory;
    const auto tickets = memory.buffer("tickets", order.data(), 65);
    expect_runs<TypeParam>(
        config_of(1, 64), memory,
        [tickets](auto& dev) {
          dev.store(tickets + 1 + dev.fetch_add(tickets, 1U), static_cast<Uint32>(dev.thread()));
        },
        static_cast<std::uint64_t>(seed / 2));
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), kSeeds) << "one order a seed, another for another";
}

TEST(GoodLaunch, TwoThreadsLaunchAtOnce) {
  const auto work = [](std::uint64_t seed, float* sum) {
    Memory memory;
    const auto out = memory.output("sum", sum, 1);
    expect_runs<Simt32>(
        config_of(6, 96), memory,
        [out](Simt32& dev) {
          auto& s = dev.shared<Scratch<Simt32>>();
          s.a[dev.thread()] = static_cast<float>(dev.thread());
          dev.block_barrier();
          if (dev.block() != 5 || dev.thread() != 0) return;
          float total = 0.0F;
          for (int t = 0; t < 96; ++t) total += s.a[t];
          dev.store(out, total);
        },
        seed);
  };
  float sums[2] = {};
  std::thread other([&] { work(1, &sums[1]); });
  work(2, &sums[0]);
  other.join();
  EXPECT_EQ(sums[0], 4560.0F);
  EXPECT_EQ(sums[1], 4560.0F);
}

/// What an earlier launch did is in the past of a later one.
TYPED_TEST(GoodBlock, LaunchesFollowEachOther) {
  std::vector<float> x(128, 1.0F);
  Memory memory;
  const auto p = memory.buffer("x", x.data(), 128);
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto kernel = [p, seed](auto& dev) {
      const int from = (dev.block() * 64 + dev.thread() + seed) % 128;
      dev.store(p + from, dev.load(p + from) + 1.0F);
    };
    expect_runs<TypeParam>(config_of(2, 64), memory, kernel, seed);
  }
  EXPECT_EQ(x, std::vector<float>(128, 1.0F + kSeeds));
}

/// The last block to come sums what the others left, as a split reduction does.
TYPED_TEST(GoodBlock, LastBlockSums) {
  std::vector<float> partial(7);
  float sum = 0.0F;
  Uint32 ticket = 0;
  Memory memory;
  const auto parts = memory.output("partial", partial.data(), 7);
  const auto out = memory.output("sum", &sum, 1);
  const auto counter = memory.buffer("ticket", &ticket, 1);
  for (const bool cooperative : {false, true}) {
    for (int seed = 0; seed < kSeeds; ++seed) {
      ticket = 0;
      LaunchConfig config = config_of(7, 32);
      config.cooperative = cooperative;
      expect_runs<TypeParam>(
          config, memory,
          [parts, out, counter](auto& dev) {
            if (dev.thread() != 0) return;
            dev.store(parts + dev.block(), static_cast<float>(dev.block() + 1));
            if (dev.fetch_add(counter, 1U) != static_cast<Uint32>(dev.block_count() - 1)) return;
            float total = 0.0F;
            for (int b = 0; b < dev.block_count(); ++b) total += dev.load(parts + b);
            dev.store(out, total);
          },
          seed);
      EXPECT_EQ(sum, 28.0F);
    }
  }
}

/// Warps 0 and 1 produce, 2 and 3 consume, through two named barriers a stage.
TEST(GoodNamedBarrier, ProducersAndConsumers) {
  constexpr int kSteps = 9;
  std::vector<float> y(kSteps * 64);
  Memory memory;
  const auto out = memory.output("y", y.data(), kSteps * 64);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<Simt32>(
        config_of(1, 128), memory,
        [out](Simt32& dev) {
          auto& s = dev.shared<Scratch<Simt32>>();
          const int slot = dev.thread() % 64;
          for (int step = 0; step < kSteps; ++step) {
            const int stage = step % 2;
            if (dev.warp() < 2) {
              if (step >= 2) dev.named_barrier_sync(3 + stage, 128);
              s.a[stage * 64 + slot] = static_cast<float>(step * 1000 + slot);
              dev.named_barrier_arrive(1 + stage, 128);
            } else {
              dev.named_barrier_sync(1 + stage, 128);
              dev.store(out + step * 64 + slot, s.a[stage * 64 + 63 - slot]);
              if (step + 2 < kSteps) dev.named_barrier_arrive(3 + stage, 128);
            }
          }
        },
        seed);
    for (int step = 0; step < kSteps; ++step) {
      for (int i = 0; i < 64; ++i) ASSERT_EQ(y[step * 64 + i], static_cast<float>(step * 1000 + 63 - i));
    }
  }
}

struct Stages {
  static constexpr int kStages = 3;
  device::SharedArray<Simt32, float, kStages * 256, 16> x;
};

/// Running sums of rows that come through a ring of asynchronous copies; the last rows are shorter.
TEST(GoodAsyncCopy, Ring) {
  constexpr int kRows = 11;
  constexpr int kWidth = 250;
  std::vector<float> x(kRows * 256);
  std::iota(x.begin(), x.end(), 1.0F);
  std::vector<float> y(256);
  Memory memory;
  const auto in = memory.input("x", x.data(), kRows * 256);
  const auto out = memory.output("y", y.data(), 256);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<Simt32>(
        config_of(1, 64), memory,
        [in, out](Simt32& dev) {
          Stages& s = dev.shared<Stages>();
          const auto fetch = [&](int row) {
            if (row < kRows) {
              const int column = dev.thread() * 4;
              const int left = (kWidth - column) * static_cast<int>(sizeof(float));
              const int valid = left < 0 ? 0 : left < 16 ? left : 16;
              dev.copy_async<16>(s.x.data() + row % Stages::kStages * 256 + column, in + row * 256 + column, valid);
            }
            dev.copy_async_commit();
          };
          for (int row = 0; row < Stages::kStages - 1; ++row) fetch(row);
          float sum[4] = {};
          for (int row = 0; row < kRows; ++row) {
            dev.copy_async_wait<Stages::kStages - 2>();
            dev.block_barrier();
            fetch(row + Stages::kStages - 1);
            // Another lane's elements.
            const auto v = dev.load_vec<4>(s.x.data() + row % Stages::kStages * 256 + (63 - dev.thread()) * 4);
            for (int i = 0; i < 4; ++i) sum[i] += v[i];
          }
          dev.copy_async_wait<0>();
          dev.store(out + (63 - dev.thread()) * 4, Vec<float, 4>{{sum[0], sum[1], sum[2], sum[3]}});
        },
        seed);
    for (int c = 0; c < 256; ++c) {
      float sum = 0.0F;
      for (int r = 0; r < kRows && c < kWidth; ++r) sum += x[r * 256 + c];
      ASSERT_EQ(y[c], sum) << "column " << c;
    }
  }
}

}  // namespace
}  // namespace flashrnn::simt::test

// SPDX-License-Identifier: Apache-2.0
#include "tests/simt/support.hpp"

/// Kernels that reach memory which they should not.
namespace flashrnn::simt::test {
namespace {

template <class D>
class BadAccess : public OnBoth<D> {};
TYPED_TEST_SUITE(BadAccess, BothWidths);

TYPED_TEST(BadAccess, SharedArrayPastItsEnd) {
  // Byte 1024 is inside the struct: another array begins there.
  expect_fault<TypeParam>(
      config_of(1, 64),
      [](auto& dev) {
        auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
        s.a[dev.thread() == 9 ? 256 : dev.thread()] = 1.0F;
      },
      {"block 0, thread 9", "writes 4 bytes at byte 1024 of an array of 1024 bytes in 'shared memory'"});
}

TYPED_TEST(BadAccess, BeforeTheBeginning) {
  expect_fault<TypeParam>(config_of(1, 64),
                          [](auto& dev) {
                            auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
                            s.b[dev.thread() - 1] = 1.0F;
                          },
                          {"thread 0", "writes 4 bytes at byte -4"});
}

TYPED_TEST(BadAccess, GlobalBufferPastItsEnd) {
  std::vector<float> data(100);
  Memory memory;
  const auto p = memory.input("Wx", data.data(), 100);
  expect_fault<TypeParam>(config_of(2, 64), memory,
                          [p](auto& dev) { dev.load(p + (dev.block() * 64 + dev.thread() == 127 ? 100 : 0)); },
                          {"block 1, thread 63", "reads 4 bytes at byte 400 of an array of 400 bytes in 'Wx'"});
  expect_fault<TypeParam>(config_of(1, 1), memory, [p](auto& dev) { dev.template load_vec<4>(p + 97); },
                          {"reads 16 bytes at byte 388"});
}

TYPED_TEST(BadAccess, NotAligned) {
  alignas(16) float data[16] = {};
  Memory memory;
  const auto p = memory.buffer("y", data, 16);
  expect_fault<TypeParam>(config_of(1, 1), memory, [p](auto& dev) { dev.store(p + 2, Vec<float, 4>{}); },
                          {"not aligned to 16"});
}

TYPED_TEST(BadAccess, UnwrittenSharedMemory) {
  expect_fault<TypeParam>(config_of(1, 64),
                          [](auto& dev) {
                            auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
                            if (dev.thread() != 5) s.a[dev.thread()] = 1.0F;
                            dev.block_barrier();
                            s.b[dev.thread()] = s.a[(dev.thread() + 1) % 64];
                          },
                          {"thread 4", "reads byte 20 of 'shared memory', which nobody has written"});
}

TYPED_TEST(BadAccess, SharedMemoryOfTheBlockBefore) {
  expect_fault<TypeParam>(config_of(2, 64),
                          [](auto& dev) {
                            auto& s = dev.template shared<Scratch<DeviceOf<decltype(dev)>>>();
                            if (dev.block() == 0) s.a[dev.thread()] = 1.0F;
                            if (dev.block() == 1) s.b[dev.thread()] = s.a[dev.thread()];
                          },
                          {"block 1", "which nobody has written"});
}

TYPED_TEST(BadAccess, UnwrittenOutput) {
  std::vector<float> y(8, 1.0F);
  Memory memory;
  const auto p = memory.output("y", y.data(), 8);
  EXPECT_NE(y[0], y[0]) << "outputs are poisoned with NaN";
  expect_fault<TypeParam>(config_of(1, 1), memory, [p](auto& dev) { dev.load(p + 3); },
                          {"reads byte 12 of 'y', which nobody has written"});
}

TYPED_TEST(BadAccess, WritesToAnInput) {
  float x = 1.0F;
  Memory memory;
  const auto p = memory.input("R", &x, 1);
  using Writable = typename TypeParam::template Global<float>;
  expect_fault<TypeParam>(config_of(1, 1), memory, [p](auto& dev) { dev.store(Writable(p.place()), 1.0F); },
                          {"'R', which kernels may only read"});
}

TYPED_TEST(BadAccess, NullPointer) {
  const typename TypeParam::template Global<float> none;
  expect_fault<TypeParam>(config_of(1, 1), [none](auto& dev) { dev.load(none); }, {"null pointer"});
}

TYPED_TEST(BadAccess, MoreSharedMemoryThanGiven) {
  LaunchConfig config = config_of(1, 1);
  config.shared_bytes = 1000;
  expect_fault<TypeParam>(config, [](auto& dev) { dev.template shared<Scratch<DeviceOf<decltype(dev)>>>(); },
                          {"of shared memory, but the launch gives it 1000"});
}

TYPED_TEST(BadAccess, LoopWithoutEnd) {
  float flag = 0.0F;
  Memory memory;
  const auto p = memory.buffer("flag", &flag, 1);
  LaunchConfig config = config_of(1, 2);
  config.max_accesses = 20000;
  expect_fault<TypeParam>(config, memory,
                          [p](auto& dev) {
                            while (dev.load(p) == 0.0F) {
                            }
                          },
                          {"runs on without end"});
}

TYPED_TEST(BadAccess, LoopOfWarpOperationsWithoutEnd) {
  LaunchConfig config = config_of(1, TypeParam::kWarpSize);
  config.max_switches = 20000;
  expect_fault<TypeParam>(config,
                          [](auto& dev) {
                            while (dev.all(DeviceOf<decltype(dev)>::kFullMask, true)) {
                            }
                          },
                          {"does not end", "max_switches is 20000"});
}

TYPED_TEST(BadAccess, PollsTwoWordsInTurnForEver) {
  Uint32 words[2] = {0, 0};
  Memory memory;
  const auto p = memory.buffer("flags", words, 2);
  LaunchConfig config = config_of(1, 2);
  config.seed = 3;
  const Status status = launch<TypeParam>(config, memory, [p](auto& dev) {
    while (dev.load_acquire(p) == 0 && dev.load_acquire(p + 1) == 0) dev.pause();
  });
  ASSERT_EQ(status.code(), FLASHRNN_DEVICE_ERROR);
  EXPECT_THAT(status.message(), testing::HasSubstr("polling 'flags'"));
}

TYPED_TEST(BadAccess, Exception) {
  expect_fault<TypeParam>(config_of(1, 4),
                          [](auto& dev) {
                            if (dev.thread() == 2) throw 1;
                          },
                          {"thread 2", "throws an exception"});
}

TEST(BadConfiguration, IsRefusedWithFieldValueAndLimit) {
  const auto refused = [](const LaunchConfig& config, const char* part) {
    Memory memory;
    const Status status = launch<Simt32>(config, memory, [](auto&) {});
    EXPECT_EQ(status.code(), FLASHRNN_INVALID_ARGUMENT);
    EXPECT_THAT(status.message(), testing::HasSubstr(part));
  };
  refused(config_of(1, 0), "threads is 0; 1 to 1024");
  refused(config_of(1, 1025), "threads is 1025");
  refused(config_of(0, 32), "blocks is 0");
  refused(config_of(1 << 20, 1024), "blocks is 1048576; 1 to 1024");
  refused(cluster_of(17, 32), "cluster is 17; 1 to 16");
  refused(grid_of(1000, 1024), "1024000 threads resident at once");
  LaunchConfig config = config_of(3, 32);
  config.cluster = 2;
  refused(config, "blocks is 3, which is no multiple of the cluster's 2");
  config = config_of(1, 32);
  config.shared_bytes = -1;
  refused(config, "shared_bytes is -1");
}

}  // namespace
}  // namespace flashrnn::simt::test

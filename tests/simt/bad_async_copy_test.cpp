// SPDX-License-Identifier: Apache-2.0
#include "tests/simt/support.hpp"

/// Asynchronous copies that nobody waits for, or not well enough.
namespace flashrnn::simt::test {
namespace {

using D = Simt32;

struct Ring {
  device::SharedArray<D, float, 256, 16> x;
};

template <class Body>
void expect_bad(Body body, const std::vector<std::string>& parts) {
  alignas(16) static float data[256] = {};
  Memory memory;
  const auto source = memory.input("source", data, 256);
  expect_fault<D>(
      config_of(1, 64), memory, [source, body](D& dev) { body(dev, dev.shared<Ring>(), source); }, parts);
}

using Source = D::Global<const float>;

TEST(BadAsyncCopy, ReadBeforeTheWait) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        dev.copy_async<16>(s.x.data() + dev.thread() * 4, source + dev.thread() * 4);
        dev.copy_async_commit();
        dev.load(s.x.data() + dev.thread() * 4);
      },
      {"race", "asynchronous write"});
}

TEST(BadAsyncCopy, WaitsForTooFewGroups) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        for (int i = 0; i < 2; ++i) {
          dev.copy_async<8>(s.x.data() + (i * 64 + dev.thread()) * 2, source + dev.thread() * 2);
          dev.copy_async_commit();
        }
        dev.copy_async_wait<1>();
        dev.load(s.x.data() + dev.thread() * 2);
        dev.load(s.x.data() + (64 + dev.thread()) * 2);
      },
      {"race", "asynchronous write"});
}

TEST(BadAsyncCopy, NotCommitted) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        dev.copy_async<4>(s.x.data() + dev.thread(), source + dev.thread());
        dev.copy_async_wait<0>();
        dev.load(s.x.data() + dev.thread());
      },
      {"race", "asynchronous write"});
}

TEST(BadAsyncCopy, OthersReadWithoutABarrier) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        dev.copy_async<16>(s.x.data() + dev.thread() * 4, source + dev.thread() * 4);
        dev.copy_async_commit();
        dev.block_barrier();
        dev.copy_async_wait<0>();
        dev.load(s.x.data() + (63 - dev.thread()) * 4);
      },
      {"race"});
}

TEST(BadAsyncCopy, OverwritesWhatIsStillRead) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        s.x[dev.thread()] = 1.0F;
        dev.block_barrier();
        dev.load(s.x.data() + (dev.thread() + 32) % 64);
        dev.copy_async<4>(s.x.data() + dev.thread(), source);
        dev.copy_async_commit();
        dev.copy_async_wait<0>();
      },
      {"race"});
}

TEST(BadAsyncCopy, LeftUnderWay) {
  expect_bad(
      [](D& dev, Ring& s, Source source) {
        dev.copy_async<16>(s.x.data() + dev.thread() * 4, source);
        dev.copy_async_commit();
      },
      {"leaves the kernel while 1 of its asynchronous copies"});
}

TEST(BadAsyncCopy, NotAlignedOrOutside) {
  expect_bad([](D& dev, Ring& s, Source source) { dev.copy_async<16>(s.x.data() + 4, source + 2); },
             {"copies asynchronously from", "not aligned to 16"});
  expect_bad([](D& dev, Ring& s, Source source) { dev.copy_async<8>(s.x.data() + 1, source); },
             {"copies asynchronously to", "not aligned to 8"});
  expect_bad([](D& dev, Ring& s, Source source) { dev.copy_async<16>(s.x.data() + 256, source); },
             {"copies asynchronously to 16 bytes at byte 1024"});
  expect_bad([](D& dev, Ring& s, Source source) { dev.copy_async<16>(s.x.data(), source + 256, 4); },
             {"copies asynchronously from 4 bytes at byte 1024"});
  expect_bad([](D& dev, Ring& s, Source source) { dev.copy_async<16>(s.x.data(), source, 17); },
             {"of which 17 are valid"});
}

}  // namespace
}  // namespace flashrnn::simt::test

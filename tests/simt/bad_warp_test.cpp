// SPDX-License-Identifier: Apache-2.0
#include "common/device/tile_mma_sync.hpp"
#include "common/device/tile_wmma.hpp"
#include "tests/simt/support.hpp"

/// Warp operations with wrong masks or without some lanes.
namespace flashrnn::simt::test {
namespace {

template <class D>
class BadWarp : public OnBoth<D> {};
TYPED_TEST_SUITE(BadWarp, BothWidths);

TYPED_TEST(BadWarp, CallerIsNotInTheMask) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) { dev.shuffle(DeviceOf<decltype(dev)>::kFullMask ^ 16U, 1.0F, 0); },
                          {"thread 4", "shuffle with mask 0x", "does not name its own lane 4"});
}

TYPED_TEST(BadWarp, MaskNamesALaneThatIsNotThere) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize + 8),
                          [](auto& dev) {
                            if (dev.warp() == 1) dev.any(DeviceOf<decltype(dev)>::kFullMask, true);
                          },
                          {"vote", "names lane 8, which its warp does not have"});
}

TYPED_TEST(BadWarp, MaskNamesALaneThatHasLeft) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            if (dev.lane() == 7) return;
                            dev.shuffle_xor(DeviceOf<decltype(dev)>::kFullMask, 1.0F, 1);
                          },
                          {"kernel", "names", "lane 7"});
}

TYPED_TEST(BadWarp, LanesDisagreeOnTheMask) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            using Mask = typename DeviceOf<decltype(dev)>::LaneMask;
                            if (dev.lane() < 4) dev.shuffle(static_cast<Mask>(dev.lane() == 0 ? 0x7 : 0xf), 1.0F, 0);
                          },
                          {"mask 0x", "waits for this lane with mask"});
}

TYPED_TEST(BadWarp, LanesAtDifferentOperations) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            using D = DeviceOf<decltype(dev)>;
                            if (dev.lane() % 2 == 0) {
                              dev.shuffle(D::kFullMask, 1.0F, 0);
                            } else {
                              dev.ballot(D::kFullMask, true);
                            }
                          },
                          {"divergent warp", "shuffle", "vote"});
}

TYPED_TEST(BadWarp, ReadsFromALaneOutsideTheMask) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            if (dev.lane() < 8) dev.shuffle(0xff, 1.0F, 8);
                          },
                          {"shuffles from lane 8, which its mask 0xff does not name"});
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) { dev.shuffle(DeviceOf<decltype(dev)>::kFullMask, 1.0F, -1); },
                          {"shuffles from lane -1"});
}

TYPED_TEST(BadWarp, OneLaneIsElsewhere) {
  expect_fault<TypeParam>(config_of(1, TypeParam::kWarpSize),
                          [](auto& dev) {
                            using D = DeviceOf<decltype(dev)>;
                            if (dev.lane() == 0) dev.block_barrier();
                            dev.warp_barrier(D::kFullMask);
                          },
                          {"no thread can go on", "1 thread of 1 block at the block barrier", "at a warp operation"});
}

TEST(BadMatrix, WithoutTheWholeWarp) {
  expect_fault<Simt32>(config_of(1, 32),
                       [](auto& dev) {
                         using Tile = device::MmaSyncM16N8K16<Bf16>;
                         device::Accumulator<Tile> c{};
                         if (dev.lane() < 31) dev.mma(c, device::OperandA<Tile>{}, device::OperandB<Tile>{});
                       },
                       {"lane 31"});
}

TEST(BadMatrix, CopiesThatDiffer) {
  expect_fault<Simt32>(config_of(1, 32),
                       [](auto& dev) {
                         using Tile = device::Wmma16x16x16<Bf16, 32>;
                         device::Accumulator<Tile> c{};
                         device::OperandA<Tile> a{};
                         if (dev.lane() == 20) a.set_element(3, dev.template from_float<Bf16>(1.0F));
                         dev.mma(c, a, device::OperandB<Tile>{});
                       },
                       {"thread 20", "another copy of an element of A"});
}

TEST(BadMatrix, StmatrixRowOutsideAndRowsThatMeet) {
  expect_fault<Simt32>(config_of(1, 32),
                       [](auto& dev) {
                         using D = DeviceOf<decltype(dev)>;
                         auto& s = dev.template shared<device::SharedArray<D, Bf16, 512, 16>>();
                         const auto row = s.data() + (dev.lane() == 5 ? 512 : dev.lane() * 8);
                         dev.template stmatrix<1, true>(row, Vec<Uint32, 1>{});
                       },
                       {"thread 5", "writes 16 bytes at byte 1024"});
  expect_fault<Simt32>(config_of(1, 64),
                       [](auto& dev) {
                         using D = DeviceOf<decltype(dev)>;
                         auto& s = dev.template shared<device::SharedArray<D, Bf16, 512, 16>>();
                         dev.template stmatrix<4, false>(s.data() + dev.lane() * 8, Vec<Uint32, 4>{});
                       },
                       {"writes", "shared memory"});
}

TEST(BadMatrix, LdmatrixRowOutsideAndUnaligned) {
  expect_fault<Simt32>(config_of(1, 32),
                       [](auto& dev) {
                         using D = DeviceOf<decltype(dev)>;
                         auto& s = dev.template shared<device::SharedArray<D, Bf16, 512, 16>>();
                         for (int i = dev.lane(); i < 512; i += 32) s[i] = Bf16{0};
                         dev.warp_barrier(D::kFullMask);
                         dev.template ldmatrix<4, false>(s.data() + (dev.lane() == 13 ? 512 : dev.lane() * 8));
                       },
                       {"thread 13", "reads 16 bytes at byte 1024"});
  expect_fault<Simt32>(config_of(1, 32),
                       [](auto& dev) {
                         using D = DeviceOf<decltype(dev)>;
                         auto& s = dev.template shared<device::SharedArray<D, Bf16, 512, 16>>();
                         for (int i = dev.lane(); i < 512; i += 32) s[i] = Bf16{0};
                         dev.warp_barrier(D::kFullMask);
                         dev.template ldmatrix<1, false>(s.data() + (dev.lane() == 6 ? 4 : dev.lane() * 8));
                       },
                       {"thread 6", "not aligned to 16"});
}

}  // namespace
}  // namespace flashrnn::simt::test

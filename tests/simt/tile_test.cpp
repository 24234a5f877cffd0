// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "common/device/tile_fma.hpp"
#include "common/device/tile_io.hpp"
#include "common/device/tile_mfma.hpp"
#include "common/device/tile_mma_sync.hpp"
#include "common/device/tile_wmma.hpp"
#include "tests/simt/support.hpp"

/// Every matrix tile: its layout as a map, and its product against a plain one.
namespace flashrnn::simt::test {
namespace {

using device::Coordinate;

template <class Tile>
class EveryTile : public testing::Test {};
using Tiles = testing::Types<device::MmaSyncM16N8K16<Bf16>, device::MmaSyncM16N8K16<Fp16>, device::MmaSyncM16N8K8Tf32,
                             device::Mfma16x16x16<Bf16>, device::Mfma16x16x16<Fp16>, device::Mfma32x32x8<Bf16>,
                             device::Mfma32x32x8<Fp16>, device::Wmma16x16x16<Bf16, 32>, device::Wmma16x16x16<Fp16, 32>,
                             device::Wmma16x16x16<Bf16, 64>, device::FmaTile<float, 32, 8, 2, 3, 4>,
                             device::FmaTile<float, 64, 8, 4, 2, 1>, device::FmaTile<Bf16, 32, 4, 2, 1, 2>>;
TYPED_TEST_SUITE(EveryTile, Tiles);

/// How many lanes hold each element of a rows x columns matrix.
template <class Layout>
std::vector<int> holders(int lanes, int elements, int rows, int columns, Layout layout) {
  std::vector<int> count(rows * columns, 0);
  for (int lane = 0; lane < lanes; ++lane) {
    for (int i = 0; i < elements; ++i) {
      const Coordinate at = layout(lane, i);
      EXPECT_TRUE(at.row >= 0 && at.row < rows && at.column >= 0 && at.column < columns);
      ++count[at.row * columns + at.column];
    }
  }
  return count;
}

TYPED_TEST(EveryTile, LayoutsCoverTheMatrices) {
  using T = TypeParam;
  const std::vector<int> c = holders(T::kLanes, T::kC, T::kM, T::kN, T::c);
  EXPECT_EQ(c, std::vector<int>(T::kM * T::kN, 1)) << "each element of C in one place";
  // Copies, where there are any, are spread evenly.
  const std::vector<int> a = holders(T::kLanes, T::kA, T::kM, T::kK, T::a);
  EXPECT_EQ(a, std::vector<int>(T::kM * T::kK, T::kLanes * T::kA / (T::kM * T::kK)));
  const std::vector<int> b = holders(T::kLanes, T::kB, T::kK, T::kN, T::b);
  EXPECT_EQ(b, std::vector<int>(T::kK * T::kN, T::kLanes * T::kB / (T::kK * T::kN)));
}

/// One warp: C = A B + C, then once more, so that the accumulator is read too.
template <class T, class D, class X, class Y>
void multiply(D& dev, X a, X b, Y c) {
  device::OperandA<T> ra{};
  device::OperandB<T> rb{};
  device::Accumulator<T> rc;
  for (int i = 0; i < T::kC; ++i) rc[i] = static_cast<float>(T::c(dev.lane(), i).row - T::c(dev.lane(), i).column);
  device::load_a(dev, ra, a, T::kK);
  device::load_b(dev, rb, b, T::kN);
  dev.mma(rc, ra, rb);
  device::load_b_transposed(dev, rb, b + T::kK * T::kN, T::kK);
  dev.mma(rc, ra, rb);
  device::store_c(dev, rc, c, T::kN);
}

TYPED_TEST(EveryTile, ProductIsThePlainOne) {
  using T = TypeParam;
  using D = SimtDevice<T::kLanes>;
  using Stored = std::conditional_t<device::kSame<typename T::Input, Tf32>, float, typename T::Input>;
  constexpr int kM = T::kM, kN = T::kN, kK = T::kK;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> small(-8, 8);
  for (int seed = 0; seed < 5; ++seed) {
    std::vector<Stored> a(kM * kK), b(2 * kK * kN);
    const auto fill = [&](std::vector<Stored>& x) {
      for (Stored& e : x) e = device::from_float<Stored>(static_cast<float>(small(random)));
    };
    fill(a);
    fill(b);
    std::vector<float> c(kM * kN);
    Memory memory;
    const auto pa = memory.input("A", a.data(), kM * kK);
    const auto pb = memory.input("B", b.data(), 2 * kK * kN);
    const auto pc = memory.output("C", c.data(), kM * kN);
    expect_runs<D>(
        config_of(1, T::kLanes), memory, [=](D& dev) { multiply<T>(dev, pa, pb, pc); }, seed);
    for (int i = 0; i < kM; ++i) {
      for (int j = 0; j < kN; ++j) {
        float sum = static_cast<float>(i - j);
        for (int k = 0; k < kK; ++k) {
          sum += device::to_float(a[i * kK + k]) *
                 (device::to_float(b[k * kN + j]) + device::to_float(b[kK * kN + j * kK + k]));
        }
        ASSERT_EQ(c[i * kN + j], sum) << i << ", " << j;
      }
    }
  }
}

// Read off the figures of the PTX ISA and AMD's documents that the layouts cite.
TEST(TileLayout, PlacesFromTheDocuments) {
  const auto is = [](Coordinate at, int row, int column) { return at.row == row && at.column == column; };
  using Mma = device::MmaSyncM16N8K16<Bf16>;
  EXPECT_TRUE(is(Mma::a(0, 0), 0, 0) && is(Mma::a(0, 2), 8, 0) && is(Mma::a(0, 4), 0, 8) && is(Mma::a(0, 7), 8, 9));
  EXPECT_TRUE(is(Mma::a(31, 0), 7, 6) && is(Mma::a(31, 7), 15, 15));
  EXPECT_TRUE(is(Mma::b(0, 2), 8, 0) && is(Mma::b(5, 1), 3, 1) && is(Mma::b(31, 3), 15, 7));
  EXPECT_TRUE(is(Mma::c(5, 1), 1, 3) && is(Mma::c(5, 2), 9, 2));
  using Tf = device::MmaSyncM16N8K8Tf32;
  EXPECT_TRUE(is(Tf::a(1, 0), 0, 1) && is(Tf::a(1, 1), 8, 1) && is(Tf::a(1, 2), 0, 5) && is(Tf::a(1, 3), 8, 5));
  EXPECT_TRUE(is(Tf::b(6, 0), 2, 1) && is(Tf::b(6, 1), 6, 1));
  using Small = device::Mfma16x16x16<Fp16>;
  EXPECT_TRUE(is(Small::a(17, 3), 1, 7) && is(Small::b(63, 0), 12, 15) && is(Small::c(17, 2), 6, 1));
  using Large = device::Mfma32x32x8<Fp16>;
  EXPECT_TRUE(is(Large::a(33, 1), 1, 5) && is(Large::c(0, 4), 8, 0) && is(Large::c(32, 0), 4, 0) &&
              is(Large::c(63, 15), 31, 31));
  using Wave = device::Wmma16x16x16<Fp16, 32>;
  EXPECT_TRUE(is(Wave::a(18, 5), 2, 5) && is(Wave::b(18, 5), 5, 2) && is(Wave::c(0, 1), 2, 0) &&
              is(Wave::c(16, 0), 1, 0));
}

TEST(Tf32Product, ReadsTenBitsOfTheMantissa) {
  using T = device::MmaSyncM16N8K8Tf32;
  std::vector<float> c(16 * 8);
  Memory memory;
  const auto out = memory.output("C", c.data(), 128);
  expect_runs<Simt32>(
      config_of(1, 32), memory,
      [out](Simt32& dev) {
        device::OperandA<T> a;
        device::OperandB<T> b;
        device::Accumulator<T> acc;
        acc.clear();
        for (int i = 0; i < T::kA; ++i) a.set_element(i, Tf32{device::float_bits(1.0F) | 0x1fffU});
        for (int i = 0; i < T::kB; ++i) b.set_element(i, Tf32{device::float_bits(1.0F) | 0x2000U});
        dev.mma(acc, a, b);
        device::store_c(dev, acc, out, 8);
      },
      1);
  EXPECT_EQ(c[0], 8.0F * (1.0F + 0x1p-10F));
}

struct Panels {
  device::SharedArray<Simt32, Bf16, 16 * 16, 16> a;
  device::SharedArray<Simt32, Bf16, 16 * 8, 16> b;       // [K, N]
  device::SharedArray<Simt32, Bf16, 8 * 16, 16> b_rows;  // [N, K]
};

/// The usual way to operands: A by x4, B by x2 from its transpose or by x2.trans as it is.
TEST(Ldmatrix, FeedsTheProduct) {
  using T = device::MmaSyncM16N8K16<Bf16>;
  std::vector<float> c(3 * 16 * 8);
  Memory memory;
  const auto out = memory.output("C", c.data(), 3 * 128);
  const auto a_at = [](int i, int k) { return static_cast<float>((i * 5 + k * 3) % 11 - 5); };
  const auto b_at = [](int k, int j) { return static_cast<float>((k * 7 + j * 2) % 13 - 6); };
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<Simt32>(
        config_of(1, 32), memory,
        [=](Simt32& dev) {
          Panels& s = dev.shared<Panels>();
          const int lane = dev.lane();
          for (int e = lane; e < 256; e += 32) s.a[e] = dev.from_float<Bf16>(a_at(e / 16, e % 16));
          for (int e = lane; e < 128; e += 32) {
            s.b[e] = dev.from_float<Bf16>(b_at(e / 8, e % 8));
            s.b_rows[e] = dev.from_float<Bf16>(b_at(e % 16, e / 16));
          }
          dev.warp_barrier(Simt32::kFullMask);
          device::OperandA<T> a;
          const auto ra = dev.ldmatrix<4, false>(s.a.data() + lane % 16 * 16 + lane / 16 * 8);
          for (int r = 0; r < 4; ++r) a.reg[r] = ra[r];
          device::OperandB<T> b[3];
          const auto rows = dev.ldmatrix<2, false>(s.b_rows.data() + lane % 8 * 16 + lane / 8 % 2 * 8);
          const auto columns = dev.ldmatrix<2, true>(s.b.data() + lane % 16 * 8);
          b[0].reg[0] = rows[0];
          b[0].reg[1] = rows[1];
          b[1].reg[0] = columns[0];
          b[1].reg[1] = columns[1];
          for (int half = 0; half < 2; ++half) {
            b[2].reg[half] = dev.ldmatrix<1, true>(s.b.data() + (half * 8 + lane % 8) * 8)[0];
          }
          for (int way = 0; way < 3; ++way) {
            device::Accumulator<T> acc;
            acc.clear();
            dev.mma(acc, a, b[way]);
            device::store_c(dev, acc, out + way * 128, 8);
          }
        },
        seed);
    for (int e = 0; e < 3 * 128; ++e) {
      float sum = 0.0F;
      for (int k = 0; k < 16; ++k) sum += a_at(e % 128 / 8, k) * b_at(k, e % 8);
      ASSERT_EQ(c[e], sum);
    }
  }
}

/// Whatever ldmatrix gives, stmatrix puts back, as it was or transposed.
TEST(Stmatrix, UndoesLdmatrix) {
  struct Panels {
    device::SharedArray<Simt32, Bf16, 4 * 64, 16> from;
    device::SharedArray<Simt32, Bf16, 4 * 64, 16> same;
    device::SharedArray<Simt32, Bf16, 4 * 64, 16> transposed;
    device::SharedArray<Simt32, Bf16, 2 * 64, 16> two;
    device::SharedArray<Simt32, Bf16, 64, 16> one;
  };
  std::vector<Bf16> out(3 * 256);
  Memory memory;
  const auto result = memory.output("out", out.data(), 3 * 256);
  for (int seed = 0; seed < kSeeds; ++seed) {
    expect_runs<Simt32>(
        config_of(1, 32), memory,
        [=](Simt32& dev) {
          Panels& s = dev.shared<Panels>();
          const int lane = dev.lane();
          for (int e = lane; e < 256; e += 32) s.from[e] = Bf16{static_cast<device::Uint16>(e)};
          dev.warp_barrier(Simt32::kFullMask);
          const auto four = dev.ldmatrix<4, false>(s.from.data() + lane * 8);
          dev.stmatrix<4, false>(s.same.data() + lane * 8, four);
          dev.stmatrix<4, true>(s.transposed.data() + lane * 8, four);
          dev.stmatrix<2, false>(s.two.data() + lane % 16 * 8, {four[2], four[3]});
          dev.stmatrix<1, true>(s.one.data() + lane % 8 * 8, {four[1]});
          dev.warp_barrier(Simt32::kFullMask);
          for (int e = lane; e < 256; e += 32) {
            dev.store(result + e, s.same[e]);
            dev.store(result + (256 + e), s.transposed[e]);
            if (e < 128) dev.store(result + (512 + e), s.two[e]);
            if (e < 64) dev.store(result + (640 + e), s.one[e]);
            if (e >= 192) dev.store(result + (512 + e), Bf16{0});
          }
        },
        seed);
    for (int e = 0; e < 256; ++e) {
      const int turned = e / 64 * 64 + e % 8 * 8 + e % 64 / 8;
      ASSERT_EQ(out[static_cast<std::size_t>(e)].bits, e);
      ASSERT_EQ(out[static_cast<std::size_t>(256 + e)].bits, turned);
      if (e < 128) {
        ASSERT_EQ(out[static_cast<std::size_t>(512 + e)].bits, 128 + e);
      }
      if (e < 64) {
        ASSERT_EQ(out[static_cast<std::size_t>(640 + e)].bits, 64 + turned);
      }
    }
  }
}

}  // namespace
}  // namespace flashrnn::simt::test

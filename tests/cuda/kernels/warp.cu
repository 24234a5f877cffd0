// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/device/cuda_device.hpp"
#include "common/device/tile_io.hpp"

// One warp: products of every tile with operands by the layouts, by ldmatrix and back by stmatrix, then copies,
// shuffles and votes. What comes out is told in device_warp_test.cpp.
namespace flashrnn::cuda {

using device::OperandA;
using device::OperandB;

struct Shared {
  SharedArray<float, 16 * 16, 128> a;
  SharedArray<float, 16 * 8, 128> b;
  SharedArray<Bf16, 16 * 16, 128> half_a;
  SharedArray<Bf16, 16 * 8, 128> half_b;  // [K, N]
  SharedArray<float, 32, 128> copied;
  SharedArray<Bf16, 4 * 64, 128> matrices;
};

struct Parameters {
  const float* a;            // [16, 16], small integers
  const float* b;            // [16, 8]
  float* products;           // 5 of [16, 8]
  unsigned short* matrices;  // [3, 4, 8, 8]
  float* copies;             // [32]
  int* words;                // [8, 32]
};

/// The first K columns of A and rows of B.
template <class T>
FLASHRNN_DEVICE_FN void multiply(CudaDevice& dev, Shared& s, float* out) {
  OperandA<T> a;
  OperandB<T> b;
  device::Accumulator<T> c;
  c.clear();
  for (int k = 0; k < 16; k += T::kK) {
    for (int i = 0; i < T::kA; ++i) {
      const device::Coordinate at = T::a(dev.lane(), i);
      a.set_element(i, dev.from_float<typename T::Input>(s.a[at.row * 16 + k + at.column]));
    }
    for (int i = 0; i < T::kB; ++i) {
      const device::Coordinate at = T::b(dev.lane(), i);
      b.set_element(i, dev.from_float<typename T::Input>(s.b[(k + at.row) * 8 + at.column]));
    }
    dev.mma(c, a, b);
  }
  device::store_c(dev, c, out, 8);
}

FLASHRNN_DEVICE_FN void by_ldmatrix(CudaDevice& dev, Shared& s, float* out) {
  using T = device::MmaSyncM16N8K16<Bf16>;
  const int lane = dev.lane();
  for (int e = lane; e < 256; e += 32) s.half_a[e] = dev.from_float<Bf16>(s.a[e]);
  for (int e = lane; e < 128; e += 32) s.half_b[e] = dev.from_float<Bf16>(s.b[e]);
  dev.warp_barrier(CudaDevice::kFullMask);
  OperandA<T> a;
  OperandB<T> b;
  const auto ra = dev.ldmatrix<4, false>(s.half_a.data() + (lane % 16 * 16 + lane / 16 * 8));
  const auto rb = dev.ldmatrix<2, true>(s.half_b.data() + lane % 16 * 8);
  for (int r = 0; r < 4; ++r) a.reg[r] = ra[r];
  for (int r = 0; r < 2; ++r) b.reg[r] = rb[r];
  device::Accumulator<T> c;
  c.clear();
  dev.mma(c, a, b);
  device::store_c(dev, c, out, 8);
}

/// 16 columns of B are two tiles of 8: both hold the same.
FLASHRNN_DEVICE_FN void by_lanes(CudaDevice& dev, Shared& s, float* out) {
  using T = device::FmaTile<float, 32, 8, 2, 2, 4>;
  static_assert(T::kM == 16 && T::kN == 8, "The tile of the others.");
  multiply<T>(dev, s, out);
}

template <class D>
FLASHRNN_DEVICE_FN void matrices(D& dev, Shared& s, unsigned short* out) {
  if constexpr (D::kHasStmatrix) {
    const auto row = s.matrices.data() + dev.lane() * 8;
    for (int way = 0; way < 3; ++way) {
      dev.warp_barrier(D::kFullMask);
      for (int e = dev.lane(); e < 256; e += 32) s.matrices[e] = Bf16{static_cast<Uint16>(e)};
      dev.warp_barrier(D::kFullMask);
      const auto r = dev.template ldmatrix<4, false>(row);
      dev.warp_barrier(D::kFullMask);
      if (way == 0) dev.template stmatrix<4, false>(row, r);
      if (way == 1) dev.template stmatrix<4, true>(row, r);
      if (way == 2) {
        dev.template stmatrix<2, true>(s.matrices.data() + dev.lane() % 16 * 8, Vec<Uint32, 2>{{r[2], r[3]}});
        dev.template stmatrix<1, true>(s.matrices.data() + (128 + dev.lane() % 8 * 8), Vec<Uint32, 1>{{r[0]}});
      }
      dev.warp_barrier(D::kFullMask);
      for (int e = dev.lane(); e < 256; e += 32) out[way * 256 + e] = s.matrices.data().template cast<Uint16>()[e];
    }
  }
}

}  // namespace flashrnn::cuda

extern "C" __global__ void flashrnn_kernel(const __grid_constant__ flashrnn::cuda::Parameters p) {
  using namespace flashrnn;
  using namespace flashrnn::cuda;
  CudaDevice dev;
  auto& s = dev.shared<Shared>();
  const int lane = dev.lane();
  constexpr auto kAll = CudaDevice::kFullMask;
  for (int e = lane * 4; e < 256; e += 128) dev.store(s.a.data() + e, dev.load_vec<4>(p.a + e));
  for (int e = lane; e < 128; e += 32) dev.store(s.b.data() + e, dev.load(p.b + e));
  dev.warp_barrier(kAll);
  multiply<device::MmaSyncM16N8K16<Bf16>>(dev, s, p.products);
  multiply<device::MmaSyncM16N8K16<Fp16>>(dev, s, p.products + 128);
  multiply<device::MmaSyncM16N8K8Tf32>(dev, s, p.products + 256);
  by_lanes(dev, s, p.products + 384);
  by_ldmatrix(dev, s, p.products + 512);
  matrices(dev, s, p.matrices);

  // Bytes past `valid` become zero: 16-byte copies of 0, 4, 12 and 16 valid bytes, 8-byte ones, 4-byte ones.
  for (int e = lane; e < 32; e += 32) s.copied[e] = -1.0F;
  dev.warp_barrier(kAll);
  if (lane < 4) dev.copy_async<16>(s.copied.data() + lane * 4, p.a + lane * 4, lane < 2 ? lane * 4 : lane * 4 + 4);
  if (lane >= 4 && lane < 8) dev.copy_async<8>(s.copied.data() + (16 + (lane - 4) * 2), p.a + (16 + (lane - 4) * 2));
  if (lane >= 8 && lane < 16) dev.copy_async<4>(s.copied.data() + (24 + lane - 8), p.a + (24 + lane - 8), lane % 2 * 4);
  dev.copy_async_commit();
  dev.copy_async_wait<0>();
  dev.warp_barrier(kAll);
  dev.store_streaming(p.copies + lane, Vec<float, 1>{{s.copied[lane]}});

  dev.store(p.words + lane, dev.shuffle(kAll, lane * 3, 5));
  dev.store(p.words + (32 + lane), dev.shuffle_xor(kAll, lane, 6));
  dev.store(p.words + (64 + lane), dev.shuffle_up(kAll, lane, 3));
  dev.store(p.words + (96 + lane), dev.shuffle_down(kAll, lane, 3));
  const auto pair = dev.shuffle(kAll, Vec<int, 2>{{lane, -lane}}, 31 - lane);
  dev.store(p.words + (128 + lane), pair[0] * 100 + pair[1]);
  dev.store(p.words + (160 + lane), static_cast<int>(dev.ballot(kAll, lane % 3 == 0)));
  const int votes =
      (dev.any(kAll, lane == 9) ? 1 : 0) + (dev.all(kAll, lane < 31) ? 2 : 0) + (dev.all(kAll, true) ? 4 : 0);
  dev.store(p.words + (192 + lane), votes);
  dev.store(p.words + (224 + lane), static_cast<int>(dev.shuffle_xor(kAll, Bf16{static_cast<Uint16>(lane)}, 1).bits));
}

// SPDX-License-Identifier: Apache-2.0
#include "backend_hip/device/hip_device.hpp"
#include "common/device/grid_barrier.hpp"
#include "common/device/tile_io.hpp"

// Calls every function of the device, so that all of them are compiled for every chip. Never run.
namespace flashrnn::hip {

using D = Gpu;

struct Shared {
  SharedArray<float, 256, 16> a;
  SharedArray<Bf16, 256, 16> rows;
};

template <class T>
FLASHRNN_DEVICE_FN void product(D& dev, float* out) {
  if constexpr (D::kSupports<T>) {
    device::OperandA<T> a;
    device::OperandB<T> b;
    device::Accumulator<T> c;
    c.clear();
    for (int i = 0; i < T::kA; ++i) a.set_element(i, dev.from_float<typename T::Input>(static_cast<float>(i)));
    for (int i = 0; i < T::kB; ++i) b.set_element(i, dev.from_float<typename T::Input>(static_cast<float>(i)));
    dev.mma(c, a, b);
    device::store_c(dev, c, out, T::kN);
  }
}

#if defined(__gfx1100__)
static_assert(D::kSupports<device::Wmma16x16x16<Bf16, 32>>, "RDNA 3 has WMMA.");
#else
static_assert(D::kSupports<device::Mfma16x16x16<Bf16>>, "CDNA 2 and 3 have MFMA.");
#endif

}  // namespace flashrnn::hip

extern "C" __attribute__((global, amdgpu_flat_work_group_size(256, 256))) void flashrnn_kernel(
    float* out, const float* in, unsigned* words, const unsigned char* bytes) {
  using namespace flashrnn;
  using namespace flashrnn::hip;
  D dev;
  auto& s = dev.shared<hip::Shared>();
  const auto a = s.a.data();

  // Memory.
  s.a[dev.thread()] = in[dev.thread()];
  dev.store(a + 1, dev.load(in) + dev.load(a) + static_cast<float>(dev.load(bytes)));
  dev.store(a + 4, dev.load_vec<4>(in));
  dev.store(out, dev.load_vec<2>(a));
  dev.store(out + 1, 2.0F);
  dev.store_streaming(out + 4, dev.load_streaming<4>(in + 8));
  dev.store_streaming(out + 2, dev.load_streaming<2>(in + 8));
  dev.store_streaming(out + 3, dev.load_streaming<1>(in + 9));
  dev.store(s.rows.data(), dev.load(a.cast<const Bf16>() + 1));

  // Barriers, shuffles, votes.
  dev.block_barrier();
  dev.warp_barrier(D::kFullMask);
  float x = dev.load(a + dev.lane()) + *a;
  x += dev.shuffle(D::kFullMask, x, 3);
  x += dev.shuffle_xor(D::kFullMask, x, 3);
  x += dev.shuffle_up(D::kFullMask, x, 3);
  x += dev.shuffle_down(D::kFullMask, x, 3);
  const auto pair = dev.shuffle(D::kFullMask, device::Vec<float, 2>{{x, x}}, 5);
  const Bf16 narrow = dev.shuffle_xor(D::kFullMask, dev.from_float<Bf16>(x), 1);
  const int number = dev.shuffle(D::kFullMask, dev.block() * dev.block_count() + dev.warp() + dev.warp_count(), 1);
  const D::LaneMask votes = dev.ballot(D::kFullMask, x > 0.0F);
  if (dev.any(D::kFullMask, x > 1.0F) && !dev.all(D::kFullMask, x > 2.0F)) x += pair[0] + pair[1];

  // Words.
  device::GridBarrier<D> grid(words);
  grid.sync(dev);
  dev.store_release(words + 1, dev.load_acquire(words) + dev.fetch_add(words + 2, static_cast<unsigned>(votes)));

  // Math.
  const auto half = dev.from_float<Fp16>(x);
  x += dev.to_float(half) + dev.to_float(narrow) + dev.to_float(dev.from_float<Tf32>(x)) + dev.to_float(x);
  x = dev.exp2(dev.log2(dev.reciprocal(dev.tanh(dev.fma(x, x, static_cast<float>(number))))));
  words[3] = dev.pack_pair<Bf16>(x, x) + dev.pack_pair<Fp16>(x, x);
  out[dev.thread()] = x;

  // Tiles.
  product<device::FmaTile<float, D::kWarpSize, 8, 2, 2, 1>>(dev, out + 256);
  product<device::Mfma16x16x16<Bf16>>(dev, out + 256);
  product<device::Mfma16x16x16<Fp16>>(dev, out + 256);
  product<device::Mfma32x32x8<Bf16>>(dev, out + 256);
  product<device::Mfma32x32x8<Fp16>>(dev, out + 256);
  product<device::Wmma16x16x16<Bf16, 32>>(dev, out + 256);
  product<device::Wmma16x16x16<Fp16, 32>>(dev, out + 256);
}

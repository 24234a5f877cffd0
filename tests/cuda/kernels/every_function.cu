// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/device/cuda_device.hpp"
#include "common/device/grid_barrier.hpp"
#include "common/device/tile_io.hpp"

// Calls every function of the device, so that all of them are compiled for every architecture. Never run.
namespace flashrnn::cuda {

using device::OperandA;
using device::OperandB;
using device::Vec;

struct Shared {
  SharedArray<float, 256, 16> a;
  SharedArray<Bf16, 256, 16> rows;
  SharedArray<Mbarrier, 4, 8> bars;
};

template <class T>
FLASHRNN_DEVICE_FN void product(CudaDevice& dev, float* out) {
  OperandA<T> a;
  OperandB<T> b;
  device::Accumulator<T> c;
  c.clear();
  for (int i = 0; i < T::kA; ++i) a.set_element(i, dev.from_float<typename T::Input>(static_cast<float>(i)));
  for (int i = 0; i < T::kB; ++i) b.set_element(i, dev.from_float<typename T::Input>(static_cast<float>(i)));
  dev.mma(c, a, b);
  device::store_c(dev, c, out, T::kN);
}

template <class D>
FLASHRNN_DEVICE_FN void clusters(D& dev, Shared& s, float* out) {
  if constexpr (D::kHasClusters) {
    const auto bar = s.bars.data();
    dev.mbarrier_init(bar, 1);
    dev.mbarrier_init_fence();
    dev.cluster_barrier_arrive();
    dev.cluster_barrier_wait();
    dev.mbarrier_expect(bar, 16);
    dev.mbarrier_arrive(bar);
    dev.mbarrier_arrive_expect(bar, 12);
    const int next = (dev.cluster_rank() + 1) % dev.cluster_size();
    const auto theirs = dev.peer(s.a.data(), next);
    const auto their_bar = dev.peer(bar, next);
    dev.store(theirs, 1.0F);
    dev.store(theirs + 4, Vec<float, 4>{});
    dev.store(theirs + 8, Vec<float, 2>{});
    dev.store(theirs.template cast<Bf16>(), Bf16{});
    dev.store_async(theirs, 1.0F, their_bar);
    dev.store_async(theirs + 2, Vec<float, 2>{}, their_bar);
    dev.store_async(theirs + 4, Vec<float, 4>{}, their_bar);
    dev.mbarrier_arrive(their_bar);
    device::mbarrier_wait(dev, bar, 0U);
    out[0] = dev.load(theirs) + dev.template load_vec<2>(theirs)[0] + dev.template load_vec<4>(theirs)[1] +
             dev.to_float(dev.load(theirs.template cast<Bf16>()));
  }
  if constexpr (D::kHasStmatrix) {
    const auto row = s.rows.data() + dev.lane() * 8;
    dev.template stmatrix<1, false>(row, Vec<Uint32, 1>{});
    dev.template stmatrix<1, true>(row, Vec<Uint32, 1>{});
    dev.template stmatrix<2, false>(row, Vec<Uint32, 2>{});
    dev.template stmatrix<2, true>(row, Vec<Uint32, 2>{});
    dev.template stmatrix<4, false>(row, Vec<Uint32, 4>{});
    dev.template stmatrix<4, true>(row, Vec<Uint32, 4>{});
  }
}

}  // namespace flashrnn::cuda

extern "C" __global__ void flashrnn_kernel(float* out, const float* in, unsigned* words, const unsigned char* bytes) {
  using namespace flashrnn;
  using namespace flashrnn::cuda;
  CudaDevice dev;
  auto& s = dev.shared<Shared>();
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
  dev.copy_async<16>(a, in);
  dev.copy_async<8>(a + 4, in);
  dev.copy_async<4>(a + 6, in);
  dev.copy_async<16>(a + 8, in, dev.lane());
  dev.copy_async<4>(a + 12, in, dev.lane() % 4);
  dev.copy_async_commit();
  dev.copy_async_wait<1>();
  dev.copy_async_wait<0>();

  // Barriers, shuffles, votes.
  dev.block_barrier();
  dev.named_barrier_sync(1, 32);
  dev.named_barrier_arrive(2, 64);
  dev.warp_barrier(CudaDevice::kFullMask);
  float x = dev.load(a + dev.lane());
  x += dev.shuffle(CudaDevice::kFullMask, x, 3);
  x += dev.shuffle_xor(CudaDevice::kFullMask, x, 3);
  x += dev.shuffle_up(CudaDevice::kFullMask, x, 3);
  x += dev.shuffle_down(CudaDevice::kFullMask, x, 3);
  const auto pair = dev.shuffle(CudaDevice::kFullMask, Vec<float, 2>{{x, x}}, 5);
  const Bf16 narrow = dev.shuffle_xor(CudaDevice::kFullMask, dev.from_float<Bf16>(x), 1);
  const int number = dev.shuffle(CudaDevice::kFullMask, dev.block() * dev.block_count() + dev.warp_count(), 1);
  const unsigned votes = dev.ballot(CudaDevice::kFullMask, x > 0.0F);
  if (dev.any(CudaDevice::kFullMask, x > 1.0F) && !dev.all(CudaDevice::kFullMask, x > 2.0F)) x += pair[0] + pair[1];

  // Words.
  device::GridBarrier<CudaDevice> grid(words);
  grid.sync(dev);
  dev.store_release(words + 1, dev.load_acquire(words) + dev.fetch_add(words + 2, votes));

  // Math.
  const auto half = dev.from_float<Fp16>(x);
  const auto rounded = dev.from_float<Tf32>(x);
  x += dev.to_float(half) + dev.to_float(narrow) + dev.to_float(rounded) + dev.to_float(x);
  x = dev.exp2(dev.log2(dev.reciprocal(dev.tanh(dev.fma(x, x, static_cast<float>(number))))));
  words[3] = dev.pack_pair<Bf16>(x, x) + dev.pack_pair<Fp16>(x, x);

  // Tiles.
  product<device::MmaSyncM16N8K16<Bf16>>(dev, out + 16);
  product<device::MmaSyncM16N8K16<Fp16>>(dev, out + 16);
  product<device::MmaSyncM16N8K8Tf32>(dev, out + 16);
  product<device::FmaTile<float, 32, 8, 2, 2, 1>>(dev, out + 16);
  const auto row = s.rows.data() + dev.lane() * 8;
  out[dev.thread()] = x + static_cast<float>(dev.ldmatrix<1, false>(row)[0] + dev.ldmatrix<1, true>(row)[0] +
                                             dev.ldmatrix<2, false>(row)[1] + dev.ldmatrix<2, true>(row)[1] +
                                             dev.ldmatrix<4, false>(row)[3] + dev.ldmatrix<4, true>(row)[3]);
  clusters(dev, s, out);
}

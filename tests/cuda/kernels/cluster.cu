// SPDX-License-Identifier: Apache-2.0
#include "backend_cuda/device/cuda_device.hpp"

// Blocks of a cluster pass a number round by st.async in all sizes, `rounds` times, each adding one: two buffers, an
// mbarrier each. Then a remote arrival, and a peer's memory by plain accesses.
namespace flashrnn::cuda {

struct Parameters {
  unsigned* out;  // [blocks, 4]: the number, wrong words, what the peer before left, what was left at the next one
  int rounds;
};

struct Shared {
  SharedArray<Uint32, 2 * 8, 32> buffers;
  SharedArray<Mbarrier, 3, 8> bars;
  SharedArray<Uint32, 1, 16> mail;
};

template <class D>
FLASHRNN_DEVICE_FN void ring(D& dev, const Parameters& p) {
  if constexpr (D::kHasClusters) {
    constexpr int kBytes = 16 + 8 + 4;
    auto& s = dev.template shared<Shared>();
    const auto bars = s.bars.data();
    const int next = (dev.cluster_rank() + 1) % dev.cluster_size();
    const bool leader = dev.thread() == 0;
    if (leader) {
      dev.mbarrier_init(bars, 1);
      dev.mbarrier_init(bars + 1, 2);
      dev.mbarrier_init(bars + 2, dev.cluster_size());
      dev.mbarrier_init_fence();
      dev.mbarrier_arrive_expect(bars, kBytes);
      dev.mbarrier_expect(bars + 1, kBytes);
      dev.mbarrier_arrive(bars + 1);
      dev.mbarrier_arrive(bars + 1);
    }
    device::cluster_barrier(dev);
    Uint32 held = static_cast<Uint32>(dev.block()) * 1000U;
    Uint32 wrong = 0;
    for (int t = 0; t < p.rounds; ++t) {
      const auto mine = s.buffers.data() + t % 2 * 8;
      const auto bar = bars + t % 2;
      if (leader) {
        const auto theirs = dev.peer(mine, next);
        const auto their_bar = dev.peer(bar, next);
        dev.store_async(theirs, Vec<Uint32, 4>{{held, held + 1, held + 2, held + 3}}, their_bar);
        dev.store_async(theirs + 4, Vec<Uint32, 2>{{held + 4, held + 5}}, their_bar);
        dev.store_async(theirs + 6, held + 6, their_bar);
      }
      device::mbarrier_wait(dev, bar, static_cast<Uint32>(t / 2 % 2));
      const Uint32 came = dev.load(mine);
      for (int i = 0; i < 7; ++i) wrong += dev.load(mine + i) != came + static_cast<Uint32>(i) ? 1U : 0U;
      held = came + 1;
      dev.block_barrier();
      if (leader && t % 2 == 0) dev.mbarrier_arrive_expect(bar, kBytes);
      if (leader && t % 2 == 1) {
        dev.mbarrier_expect(bar, kBytes);
        dev.mbarrier_arrive(bar);
        dev.mbarrier_arrive(bar);
      }
      device::cluster_barrier(dev);  // the buffer may be written again
    }
    if (leader) {
      for (int rank = 0; rank < dev.cluster_size(); ++rank) dev.mbarrier_arrive(dev.peer(bars + 2, rank));
    }
    device::mbarrier_wait(dev, bars + 2, 0U);
    if (leader) dev.store(dev.peer(s.mail.data(), next), held);
    device::cluster_barrier(dev);
    if (leader) {
      dev.store(p.out + dev.block() * 4,
                Vec<Uint32, 4>{{held, wrong, s.mail[0], dev.load(dev.peer(s.mail.data(), next))}});
    }
    device::cluster_barrier(dev);
  }
}

}  // namespace flashrnn::cuda

extern "C" __global__ void flashrnn_kernel(const __grid_constant__ flashrnn::cuda::Parameters p) {
  flashrnn::cuda::CudaDevice dev;
  flashrnn::cuda::ring(dev, p);
}

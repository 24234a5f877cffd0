// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cuda/device/access.hpp"

/// Mbarriers and clusters: sm_90 and later. Waits acquire at the scope of the block, which does for what peers sent by
/// st.async to this barrier: it is in shared memory when its bytes have been counted. At cluster scope every wait would
/// empty the first-level cache.
namespace flashrnn::cuda {

/// A parameter that takes no part in deduction.
template <class T>
struct IdentityOf {
  using Type = T;
};
template <class T>
using Identity = typename IdentityOf<T>::Type;

struct alignas(8) Mbarrier {
  Uint64 opaque;
};

struct ClusterFunctions {
  static constexpr bool kHasMbarriers = __CUDA_ARCH__ >= 900;
  static constexpr bool kHasClusters = __CUDA_ARCH__ >= 900;
  using Mbarrier = cuda::Mbarrier;
  template <class T>
  using Peer = PeerPointer<T>;

  // Mbarriers.
  FLASHRNN_DEVICE_FN void mbarrier_init(SharedPointer<Mbarrier> bar, int count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(bar.address()), "r"(count) : "memory");
  }
  FLASHRNN_DEVICE_FN void mbarrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }
  FLASHRNN_DEVICE_FN void mbarrier_arrive(SharedPointer<Mbarrier> bar) {
    asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];" ::"r"(bar.address()) : "memory");
  }
  FLASHRNN_DEVICE_FN void mbarrier_arrive(PeerPointer<Mbarrier> bar) {
    asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(bar.address) : "memory");
  }
  FLASHRNN_DEVICE_FN void mbarrier_expect(SharedPointer<Mbarrier> bar, int bytes) {
    asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(bar.address()), "r"(bytes)
                 : "memory");
  }
  FLASHRNN_DEVICE_FN void mbarrier_arrive_expect(SharedPointer<Mbarrier> bar, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [%0], %1;" ::"r"(bar.address()), "r"(bytes)
                 : "memory");
  }
  FLASHRNN_DEVICE_FN bool mbarrier_try_wait(SharedPointer<Mbarrier> bar, Uint32 parity) {
    Uint32 done;
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 p, [%1], %2;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}"
        : "=r"(done)
        : "r"(bar.address()), "r"(parity)
        : "memory");
    return done != 0;
  }

  // Clusters.
  [[nodiscard]] FLASHRNN_DEVICE_FN int cluster_rank() const {
    int rank;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
  }
  [[nodiscard]] FLASHRNN_DEVICE_FN int cluster_size() const {
    int size;
    asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
    return size;
  }
  template <class T>
  FLASHRNN_DEVICE_FN PeerPointer<T> peer(SharedPointer<T> mine, int rank) {
    PeerPointer<T> theirs;
    asm("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(theirs.address) : "r"(mine.address()), "r"(rank));
    return theirs;
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store_async(PeerPointer<T> to, Identity<T> value, PeerPointer<Mbarrier> bar) {
    send(to.address, value, bar.address);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store_async(PeerPointer<T> to, const Vec<T, N>& value, PeerPointer<Mbarrier> bar) {
    send(to.address, value, bar.address);
  }
  FLASHRNN_DEVICE_FN void cluster_barrier_arrive() {
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
  }
  FLASHRNN_DEVICE_FN void cluster_barrier_wait() { asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }

 protected:
  template <class V>
  static FLASHRNN_DEVICE_FN V load_peer(Uint32 address) {
    Word<V> word;
    if constexpr (sizeof(V) == 2) {
      asm volatile("ld.shared::cluster.u16 %0, [%1];" : "=h"(word) : "r"(address) : "memory");
    } else if constexpr (sizeof(V) == 4) {
      asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(word) : "r"(address) : "memory");
    } else if constexpr (sizeof(V) == 8) {
      asm volatile("ld.shared::cluster.v2.u32 {%0,%1}, [%2];" : "=r"(word.x), "=r"(word.y) : "r"(address) : "memory");
    } else {
      static_assert(sizeof(V) == 16, "A peer's memory is read by 2, 4, 8 or 16 bytes.");
      asm volatile("ld.shared::cluster.v4.u32 {%0,%1,%2,%3}, [%4];"
                   : "=r"(word.x), "=r"(word.y), "=r"(word.z), "=r"(word.w)
                   : "r"(address)
                   : "memory");
    }
    return __builtin_bit_cast(V, word);
  }
  template <class V>
  static FLASHRNN_DEVICE_FN void store_peer(Uint32 address, const V& value) {
    const auto word = __builtin_bit_cast(Word<V>, value);
    if constexpr (sizeof(V) == 2) {
      asm volatile("st.shared::cluster.u16 [%0], %1;" ::"r"(address), "h"(word) : "memory");
    } else if constexpr (sizeof(V) == 4) {
      asm volatile("st.shared::cluster.u32 [%0], %1;" ::"r"(address), "r"(word) : "memory");
    } else if constexpr (sizeof(V) == 8) {
      asm volatile("st.shared::cluster.v2.u32 [%0], {%1,%2};" ::"r"(address), "r"(word.x), "r"(word.y) : "memory");
    } else {
      static_assert(sizeof(V) == 16, "A peer's memory is written by 2, 4, 8 or 16 bytes.");
      asm volatile("st.shared::cluster.v4.u32 [%0], {%1,%2,%3,%4};" ::"r"(address), "r"(word.x), "r"(word.y),
                   "r"(word.z), "r"(word.w)
                   : "memory");
    }
  }

 private:
  template <class V>
  static FLASHRNN_DEVICE_FN void send(Uint32 address, const V& value, Uint32 bar) {
    const auto word = __builtin_bit_cast(Word<V>, value);
    if constexpr (sizeof(V) == 4) {
      asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" ::"r"(address),
                   "r"(word), "r"(bar)
                   : "memory");
    } else if constexpr (sizeof(V) == 8) {
      asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.u32 [%0], {%1,%2}, [%3];" ::"r"(address),
                   "r"(word.x), "r"(word.y), "r"(bar)
                   : "memory");
    } else {
      static_assert(sizeof(V) == 16, "st.async stores 4, 8 or 16 bytes.");
      asm volatile(
          "st.async.shared::cluster.mbarrier::complete_tx::bytes.v4.u32 [%0], {%1,%2,%3,%4}, [%5];" ::"r"(address),
          "r"(word.x), "r"(word.y), "r"(word.z), "r"(word.w), "r"(bar)
          : "memory");
    }
  }
};

}  // namespace flashrnn::cuda

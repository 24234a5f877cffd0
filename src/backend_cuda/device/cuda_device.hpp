// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cuda/device/access.hpp"
#include "backend_cuda/device/cluster.hpp"
#include "backend_cuda/device/matrix.hpp"
#include "backend_cuda/device/shared_pointer.hpp"
#include "common/device/device.hpp"

/// The device contract (common/device/device.hpp) for NVIDIA GPUs from sm_80 on, each function an instruction or a few.
/// Compiled by NVRTC with -default-device. Sources: PTX ISA 9.x, by the instruction's name.
namespace flashrnn::cuda {

using device::Bf16;
using device::Fp16;
using device::Tf32;

struct CudaDevice : MatrixFunctions, ClusterFunctions {
  static constexpr int kWarpSize = 32;
  using LaneMask = Uint32;
  static constexpr LaneMask kFullMask = ~0U;
  static constexpr bool kHasNamedBarriers = true;
  static constexpr bool kHasAsyncCopy = true;

  template <class T>
  using Global = T*;
  template <class T>
  using Shared = SharedPointer<T>;
  template <class T, int N, int Align>
  using SharedArray = cuda::SharedArray<T, N, Align>;

  // Who am I.
  [[nodiscard]] FLASHRNN_DEVICE_FN int thread() const { return static_cast<int>(threadIdx.x); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int thread_count() const { return static_cast<int>(blockDim.x); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int lane() const { return static_cast<int>(threadIdx.x % 32); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int warp() const { return static_cast<int>(threadIdx.x / 32); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int warp_count() const { return static_cast<int>(blockDim.x / 32); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int block() const { return static_cast<int>(blockIdx.x); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int block_count() const { return static_cast<int>(gridDim.x); }

  // Memory.
  template <class S>
  FLASHRNN_DEVICE_FN S& shared() {
    static_assert(alignof(S) <= 128, "Shared memory of a block starts at a multiple of 128 bytes.");
    extern __shared__ __align__(128) unsigned char flashrnn_shared[];
    return *reinterpret_cast<S*>(flashrnn_shared);
  }
  template <class T>
  FLASHRNN_DEVICE_FN Value<T> load(T* from) {
    return read<Value<T>>(from);
  }
  template <class T>
  FLASHRNN_DEVICE_FN Value<T> load(SharedPointer<T> from) {
    return read<Value<T>>(from.get());
  }
  template <class T>
  FLASHRNN_DEVICE_FN Value<T> load(PeerPointer<T> from) {
    return load_peer<Value<T>>(from.address);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_vec(T* from) {
    return read<Vec<Value<T>, N>>(from);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_vec(SharedPointer<T> from) {
    return read<Vec<Value<T>, N>>(from.get());
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_vec(PeerPointer<T> from) {
    return load_peer<Vec<Value<T>, N>>(from.address);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_streaming(T* from) {
    return read_streaming<Vec<Value<T>, N>>(from);
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store(T* to, Identity<T> value) {
    write(to, value);
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store(SharedPointer<T> to, Identity<T> value) {
    write(to.get(), value);
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store(PeerPointer<T> to, Identity<T> value) {
    store_peer(to.address, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store(T* to, const Vec<T, N>& value) {
    write(to, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store(SharedPointer<T> to, const Vec<T, N>& value) {
    write_shared(to, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store(PeerPointer<T> to, const Vec<T, N>& value) {
    store_peer(to.address, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store_streaming(T* to, const Vec<T, N>& value) {
    write_streaming(to, value);
  }

  // Barriers, shuffles, votes.
  FLASHRNN_DEVICE_FN void block_barrier() { __syncthreads(); }
  FLASHRNN_DEVICE_FN void warp_barrier(LaneMask mask) { __syncwarp(mask); }
  FLASHRNN_DEVICE_FN void named_barrier_sync(int id, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
  }
  FLASHRNN_DEVICE_FN void named_barrier_arrive(int id, int threads) {
    asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle(LaneMask mask, T value, int source) {
    return by_words(value, [&](Uint32 x) { return __shfl_sync(mask, x, source); });
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_xor(LaneMask mask, T value, int lane_mask) {
    return by_words(value, [&](Uint32 x) { return __shfl_xor_sync(mask, x, lane_mask); });
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_up(LaneMask mask, T value, int delta) {
    return by_words(value, [&](Uint32 x) { return __shfl_up_sync(mask, x, static_cast<unsigned>(delta)); });
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_down(LaneMask mask, T value, int delta) {
    return by_words(value, [&](Uint32 x) { return __shfl_down_sync(mask, x, static_cast<unsigned>(delta)); });
  }
  FLASHRNN_DEVICE_FN LaneMask ballot(LaneMask mask, bool vote) { return __ballot_sync(mask, vote); }
  FLASHRNN_DEVICE_FN bool any(LaneMask mask, bool vote) { return __any_sync(mask, vote) != 0; }
  FLASHRNN_DEVICE_FN bool all(LaneMask mask, bool vote) { return __all_sync(mask, vote) != 0; }

  // Words between blocks.
  FLASHRNN_DEVICE_FN Uint32 load_acquire(const Uint32* word) {
    Uint32 value;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(word) : "memory");
    return value;
  }
  FLASHRNN_DEVICE_FN void store_release(Uint32* word, Uint32 value) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
  }
  FLASHRNN_DEVICE_FN void add_release(Uint32* word, Uint32 value) {
    asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
  }
  FLASHRNN_DEVICE_FN Uint32 fetch_add(Uint32* word, Uint32 value) {
    Uint32 before;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(before) : "l"(word), "r"(value) : "memory");
    return before;
  }
  /// A try_wait sleeps by itself, and a poll of global memory takes long enough.
  FLASHRNN_DEVICE_FN void pause() {}

  // Math.
  FLASHRNN_DEVICE_FN float to_float(float x) { return x; }
  FLASHRNN_DEVICE_FN float to_float(Bf16 x) { return device::to_float(x); }
  FLASHRNN_DEVICE_FN float to_float(Tf32 x) { return device::to_float(x); }
  FLASHRNN_DEVICE_FN float to_float(Fp16 x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
  }
  template <class T>
  FLASHRNN_DEVICE_FN T from_float(float x) {
    if constexpr (device::kSame<T, Bf16>) {
      Bf16 y;
      asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
      return y;
    } else if constexpr (device::kSame<T, Fp16>) {
      Fp16 y;
      asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
      return y;
    } else if constexpr (device::kSame<T, Tf32>) {
      Tf32 y;
      asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y.bits) : "f"(x));
      if (x != x) y.bits = 0x7fffffffU;  // the instruction makes infinities of some NaNs (seen on an H200)
      return y;
    } else {
      return device::from_float<T>(x);
    }
  }
  template <class T>
  FLASHRNN_DEVICE_FN Uint32 pack_pair(float low, float high) {
    Uint32 pair;
    if constexpr (device::kSame<T, Bf16>) {
      asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    } else {
      static_assert(device::kSame<T, Fp16>, "Two elements of 16 bits make a pair.");
      asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    }
    return pair;
  }
  FLASHRNN_DEVICE_FN float fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
  FLASHRNN_DEVICE_FN float exp2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  FLASHRNN_DEVICE_FN float log2(float x) {
    float y;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  FLASHRNN_DEVICE_FN float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  FLASHRNN_DEVICE_FN float tanh(float x) {
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }

  // Matrix tiles that no data crosses lanes for; the others are MatrixFunctions'.
  template <class T>
  static constexpr bool kSupports = T::kLanes == 32 && (device::LaneLocalTile<T> || kHasMatrixInstruction<T>);
  using MatrixFunctions::mma;
  template <device::LaneLocalTile T>
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<T>& c, const device::OperandA<T>& a, const device::OperandB<T>& b) {
    device::lane_local_mma(*this, c, a, b);
  }

  // Asynchronous copies. 16 bytes go past the first-level cache.
  template <int Bytes, class T>
  FLASHRNN_DEVICE_FN void copy_async(SharedPointer<T> target, const T* source) {
    static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes.");
    if constexpr (Bytes == 16) {
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target.address()), "l"(source) : "memory");
    } else {
      asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(target.address()), "l"(source), "n"(Bytes)
                   : "memory");
    }
  }
  template <int Bytes, class T>
  FLASHRNN_DEVICE_FN void copy_async(SharedPointer<T> target, const T* source, int valid) {
    static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes.");
    if constexpr (Bytes == 16) {
      asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(target.address()), "l"(source), "r"(valid)
                   : "memory");
    } else {
      asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;" ::"r"(target.address()), "l"(source), "n"(Bytes),
                   "r"(valid)
                   : "memory");
    }
  }
  FLASHRNN_DEVICE_FN void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
  template <int Groups>
  FLASHRNN_DEVICE_FN void copy_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Groups) : "memory");
  }

 private:
  /// Shuffles move words of 32 bits.
  template <class T, class Move>
  static FLASHRNN_DEVICE_FN T by_words(T value, const Move& move) {
    if constexpr (sizeof(T) == 4) {
      return __builtin_bit_cast(T, move(__builtin_bit_cast(Uint32, value)));
    } else if constexpr (sizeof(T) == 2) {
      return __builtin_bit_cast(T, static_cast<Uint16>(move(__builtin_bit_cast(Uint16, value))));
    } else {
      static_assert(sizeof(T) == 8, "A shuffle moves 2, 4 or 8 bytes.");
      uint2 words = __builtin_bit_cast(uint2, value);
      words.x = move(words.x);
      words.y = move(words.y);
      return __builtin_bit_cast(T, words);
    }
  }
};

static_assert(device::Device<CudaDevice>, "The CUDA device keeps the contract.");

}  // namespace flashrnn::cuda

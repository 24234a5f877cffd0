// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_hip/device/access.hpp"
#include "backend_hip/device/matrix.hpp"
#include "common/device/device.hpp"

/// The device contract (common/device/device.hpp) for AMD GPUs with waves of 32 (RDNA) or 64 lanes (CDNA), each
/// function an instruction or a few. Compiled by hipRTC, or by clang as HIP without any GPU library. Sources: LLVM,
/// "User Guide for AMDGPU Backend" (memory model, address spaces), clang's builtins for AMDGPU, and AMD's instruction
/// set documents by the name that a builtin has. No asynchronous copies, mbarriers, clusters or ldmatrix: kernels go
/// without.
namespace flashrnn::hip {

using device::Bf16;
using device::Fp16;
using device::Tf32;

template <int WaveSize>
struct MaskOf {
  using Type = Uint64;
};
template <>
struct MaskOf<32> {
  using Type = Uint32;
};

template <int WaveSize>
struct HipDevice : MatrixFunctions {
  static_assert(WaveSize == 32 || WaveSize == 64, "A wave has 32 or 64 lanes.");
  static constexpr int kWarpSize = WaveSize;
  using LaneMask = typename MaskOf<WaveSize>::Type;
  static constexpr LaneMask kFullMask = ~static_cast<LaneMask>(0);
  static constexpr bool kHasNamedBarriers = false;
  static constexpr bool kHasAsyncCopy = false;
  static constexpr bool kHasMbarriers = false;
  static constexpr bool kHasClusters = false;
  static constexpr bool kHasLdmatrix = false;
  static constexpr bool kHasStmatrix = false;

  template <class T>
  using Global = T*;
  template <class T>
  using Shared = SharedPointer<T>;
  template <class T, int N, int Align>
  using SharedArray = hip::SharedArray<T, N, Align>;

  // Who am I.
  [[nodiscard]] FLASHRNN_DEVICE_FN int thread() const { return static_cast<int>(__builtin_amdgcn_workitem_id_x()); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int thread_count() const {
    return static_cast<int>(__builtin_amdgcn_workgroup_size_x());
  }
  [[nodiscard]] FLASHRNN_DEVICE_FN int lane() const { return thread() % WaveSize; }
  /// The same for all lanes, which the compiler does not know of a thread's number.
  [[nodiscard]] FLASHRNN_DEVICE_FN int warp() const { return __builtin_amdgcn_readfirstlane(thread() / WaveSize); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int warp_count() const { return thread_count() / WaveSize; }
  [[nodiscard]] FLASHRNN_DEVICE_FN int block() const { return static_cast<int>(__builtin_amdgcn_workgroup_id_x()); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int block_count() const {
    return static_cast<int>(__builtin_amdgcn_grid_size_x() / static_cast<Uint32>(thread_count()));
  }

  // Memory.
  template <class S>
  FLASHRNN_DEVICE_FN S& shared() {
    static_assert(alignof(S) <= 128, "Shared memory of a block starts at a multiple of 128 bytes.");
    extern __attribute__((shared, aligned(128))) unsigned char flashrnn_shared[];
    return *reinterpret_cast<S*>(flashrnn_shared);
  }
  template <class T>
  FLASHRNN_DEVICE_FN Value<T> load(T* from) {
    return read_global<Value<T>>(from);
  }
  template <class T>
  FLASHRNN_DEVICE_FN Value<T> load(SharedPointer<T> from) {
    return read_shared<Value<T>>(from);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_vec(T* from) {
    return read_global<Vec<Value<T>, N>>(from);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_vec(SharedPointer<T> from) {
    return read_shared<Vec<Value<T>, N>>(from);
  }
  template <int N, class T>
  FLASHRNN_DEVICE_FN Vec<Value<T>, N> load_streaming(T* from) {
    return read_streaming<Vec<Value<T>, N>>(from);
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store(T* to, Identity<T> value) {
    write_global(to, value);
  }
  template <class T>
  FLASHRNN_DEVICE_FN void store(SharedPointer<T> to, Identity<T> value) {
    write_shared(to, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store(T* to, const Vec<T, N>& value) {
    write_global(to, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store(SharedPointer<T> to, const Vec<T, N>& value) {
    write_shared(to, value);
  }
  template <class T, int N>
  FLASHRNN_DEVICE_FN void store_streaming(T* to, const Vec<T, N>& value) {
    write_streaming(to, value);
  }

  // Barriers, shuffles, votes. A wave runs in step, so masks only filter votes.
  FLASHRNN_DEVICE_FN void block_barrier() {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "workgroup");
    __builtin_amdgcn_s_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "workgroup");
  }
  FLASHRNN_DEVICE_FN void warp_barrier(LaneMask) {
    __builtin_amdgcn_fence(__ATOMIC_RELEASE, "wavefront");
    __builtin_amdgcn_wave_barrier();
    __builtin_amdgcn_fence(__ATOMIC_ACQUIRE, "wavefront");
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle(LaneMask, T value, int source) {
    return from_lane(value, source);
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_xor(LaneMask, T value, int lane_mask) {
    return from_lane(value, lane() ^ lane_mask);
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_up(LaneMask, T value, int delta) {
    return from_lane(value, lane() < delta ? lane() : lane() - delta);
  }
  template <class T>
  FLASHRNN_DEVICE_FN T shuffle_down(LaneMask, T value, int delta) {
    return from_lane(value, lane() + delta >= WaveSize ? lane() : lane() + delta);
  }
  FLASHRNN_DEVICE_FN LaneMask ballot(LaneMask mask, bool vote) {
#if __has_builtin(__builtin_amdgcn_ballot_w64)
    if constexpr (WaveSize == 32) {
      return __builtin_amdgcn_ballot_w32(vote) & mask;
    } else {
      return __builtin_amdgcn_ballot_w64(vote) & mask;
    }
#else  // older than clang 16
    constexpr int kNotEqual = 33;
    return static_cast<LaneMask>(__builtin_amdgcn_uicmp(vote ? 1U : 0U, 0U, kNotEqual)) & mask;
#endif
  }
  FLASHRNN_DEVICE_FN bool any(LaneMask mask, bool vote) { return ballot(mask, vote) != 0; }
  FLASHRNN_DEVICE_FN bool all(LaneMask mask, bool vote) { return ballot(mask, vote) == mask; }

  // Words between blocks: agent is the scope of one device.
  FLASHRNN_DEVICE_FN Uint32 load_acquire(const Uint32* word) {
    return __hip_atomic_load(word, __ATOMIC_ACQUIRE, __HIP_MEMORY_SCOPE_AGENT);
  }
  FLASHRNN_DEVICE_FN void store_release(Uint32* word, Uint32 value) {
    __hip_atomic_store(word, value, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_AGENT);
  }
  FLASHRNN_DEVICE_FN void add_release(Uint32* word, Uint32 value) {
    __hip_atomic_fetch_add(word, value, __ATOMIC_RELEASE, __HIP_MEMORY_SCOPE_AGENT);
  }
  FLASHRNN_DEVICE_FN Uint32 fetch_add(Uint32* word, Uint32 value) {
    return __hip_atomic_fetch_add(word, value, __ATOMIC_ACQ_REL, __HIP_MEMORY_SCOPE_AGENT);
  }
  FLASHRNN_DEVICE_FN void pause() { __builtin_amdgcn_s_sleep(1); }

  // Math.
  FLASHRNN_DEVICE_FN float to_float(float x) { return x; }
  FLASHRNN_DEVICE_FN float to_float(Bf16 x) { return device::to_float(x); }
  FLASHRNN_DEVICE_FN float to_float(Tf32 x) { return device::to_float(x); }
  FLASHRNN_DEVICE_FN float to_float(Fp16 x) { return static_cast<float>(__builtin_bit_cast(_Float16, x.bits)); }
  template <class T>
  FLASHRNN_DEVICE_FN T from_float(float x) {
    if constexpr (device::kSame<T, Fp16>) {
      return Fp16{__builtin_bit_cast(Uint16, static_cast<_Float16>(x))};
    } else {
      return device::from_float<T>(x);
    }
  }
  template <class T>
  FLASHRNN_DEVICE_FN Uint32 pack_pair(float low, float high) {
    return device::pack_pair(from_float<T>(low), from_float<T>(high));
  }
  FLASHRNN_DEVICE_FN float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  FLASHRNN_DEVICE_FN float exp2(float x) { return __builtin_exp2f(x); }
  FLASHRNN_DEVICE_FN float log2(float x) { return __builtin_log2f(x); }
  FLASHRNN_DEVICE_FN float reciprocal(float x) { return __builtin_amdgcn_rcpf(x); }
  /// No instruction has it. Near 0 the difference of the exponentials would lose its digits: a polynomial there.
  FLASHRNN_DEVICE_FN float tanh(float x) {
    constexpr float kTwiceLog2E = 2.88539004F;
    const float square = x * x;
    const float small = fma(x * square, fma(square, 0.13333333F, -0.33333333F), x);
    const float large = fma(-2.0F, reciprocal(exp2(kTwiceLog2E * x) + 1.0F), 1.0F);
    return square < 0.0625F ? small : large;
  }

  template <class T>
  static constexpr bool kSupports = T::kLanes == WaveSize && (device::LaneLocalTile<T> || kHasMatrixInstruction<T>);
  using MatrixFunctions::mma;
  template <device::LaneLocalTile T>
  FLASHRNN_DEVICE_FN void mma(device::Accumulator<T>& c, const device::OperandA<T>& a, const device::OperandB<T>& b) {
    device::lane_local_mma(*this, c, a, b);
  }

 private:
  /// ds_bpermute moves a word of 32 bits from the lane of a byte address.
  template <class T>
  FLASHRNN_DEVICE_FN T from_lane(T value, int source) {
    static_assert(sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8, "A shuffle moves 2, 4 or 8 bytes.");
    if constexpr (sizeof(T) == 8) {
      auto words = __builtin_bit_cast(Word<T>, value);
      words.x = word_from_lane(words.x, source);
      words.y = word_from_lane(words.y, source);
      return __builtin_bit_cast(T, words);
    } else {
      const auto word = word_from_lane(__builtin_bit_cast(Word<T>, value), source);
      return __builtin_bit_cast(T, static_cast<Word<T>>(word));
    }
  }
  static FLASHRNN_DEVICE_FN Uint32 word_from_lane(Uint32 word, int source) {
    return static_cast<Uint32>(__builtin_amdgcn_ds_bpermute(source * 4, static_cast<int>(word)));
  }
};

/// The device of the chip that is compiled for.
using Gpu = HipDevice<__AMDGCN_WAVEFRONT_SIZE>;
static_assert(device::Device<Gpu>, "The HIP device keeps the contract.");

}  // namespace flashrnn::hip

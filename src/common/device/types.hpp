// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the device headers are written with. They compile in four worlds: NVRTC, hipRTC, clang's HIP without its
/// wrapper headers, and host C++ for the emulation. So they include no standard header.
#if defined(__CUDACC__)
#define FLASHRNN_DEVICE_FN __host__ __device__ __forceinline__
#elif defined(__HIP__)
#define FLASHRNN_DEVICE_FN __attribute__((host, device, always_inline)) inline
#else
#define FLASHRNN_DEVICE_FN inline __attribute__((always_inline))
#endif

/// Before a loop whose body indexes registers by the counter. Hosts decide for themselves.
#if defined(__CUDACC__) || defined(__HIP__)
#define FLASHRNN_UNROLL _Pragma("unroll")
#else
#define FLASHRNN_UNROLL
#endif

namespace flashrnn::device {

using Int8 = signed char;
using Uint8 = unsigned char;
using Uint16 = unsigned short;
using Int32 = int;
using Uint32 = unsigned int;
#if defined(__INT64_TYPE__)  // the very type that std::int64_t is, where there is one
using Int64 = __INT64_TYPE__;
using Uint64 = __UINT64_TYPE__;
#else
using Int64 = long long;
using Uint64 = unsigned long long;
#endif
static_assert(sizeof(Uint16) == 2 && sizeof(Uint32) == 4 && sizeof(Uint64) == 8 && sizeof(Int64) == 8,
              "Registers are 32 bits wide and their halves 16.");

template <class A, class B>
inline constexpr bool kSame = false;
template <class A>
inline constexpr bool kSame<A, A> = true;

/// For requirements on what an expression gives: `{ d.lane() } -> Same<int>`.
template <class A, class B>
concept Same = kSame<A, B>;

/// Storage formats. Arithmetic happens in float; half.hpp converts.
struct Bf16 {
  Uint16 bits;
};
struct Fp16 {
  Uint16 bits;
};
/// A float of which matrix instructions read the sign, the exponent and the upper 10 bits of the mantissa.
struct Tf32 {
  Uint32 bits;
};

/// N elements that move as one access: N * sizeof(T) is 1, 2, 4, 8 or 16 bytes, and so is the alignment.
template <class T, int N>
struct alignas(N * sizeof(T)) Vec {
  static_assert(N * sizeof(T) <= 16 && (N * sizeof(T) & (N * sizeof(T) - 1)) == 0,
                "One lane moves 1, 2, 4, 8 or 16 bytes in one access.");
  T v[N];
  FLASHRNN_DEVICE_FN T& operator[](int i) { return v[i]; }
  FLASHRNN_DEVICE_FN const T& operator[](int i) const { return v[i]; }
};

FLASHRNN_DEVICE_FN constexpr Uint32 float_bits(float x) { return __builtin_bit_cast(Uint32, x); }
FLASHRNN_DEVICE_FN constexpr float bits_float(Uint32 bits) { return __builtin_bit_cast(float, bits); }

}  // namespace flashrnn::device

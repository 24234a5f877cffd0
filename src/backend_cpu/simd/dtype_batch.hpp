// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <xsimd/xsimd.hpp>

#include "flashrnn/flashrnn.h"

/// Whole vectors between fp32 and the 16-bit types. Compiled once per instruction set, inside its namespace.
namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

using Arch = FLASHRNN_ISA_ARCH;
using Batch = xsimd::batch<float, Arch>;
using BatchI = xsimd::batch<std::int32_t, Arch>;
inline constexpr int kWidth = static_cast<int>(Batch::size);

template <class To, class From>
inline __attribute__((always_inline)) To reinterpret_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From), "a bit cast keeps the size");
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

/// Past the caches, for what is not read again soon: a line that is written whole need not be fetched first. `p` has
/// the alignment of a vector. Other threads see it after finish_streams only.
inline __attribute__((always_inline)) void stream(const Batch& x, float* p) {
#if defined(__AVX512F__)
  _mm512_stream_ps(p, x);
#elif defined(__AVX2__)
  _mm256_stream_ps(p, x);
#else
  x.store_aligned(p);
#endif
}
inline __attribute__((always_inline)) void finish_streams() {
#if defined(__AVX2__)
  _mm_sfence();
#endif
}

/// kWidth bf16 values as floats.
inline __attribute__((always_inline)) Batch load_bf16(const std::uint16_t* p) {
#if defined(__AVX512F__)
  const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return Batch(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(v), 16)));
#elif defined(__AVX2__)
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return Batch(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(v), 16)));
#elif defined(__SSE2__)
  const __m128i v = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return Batch(_mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), v)));
#elif defined(__ARM_NEON)
  return Batch(vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16)));
#else
#error "no bf16 load for this instruction set"
#endif
}

/// The upper halves of the floats' bits after rounding to nearest even; a NaN stays one.
inline __attribute__((always_inline)) BatchI bf16_bits(const Batch& x) {
#if defined(__AVX512F__)
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i upper = _mm512_srli_epi32(bits, 16);
  const __m512i odd = _mm512_and_si512(upper, _mm512_set1_epi32(1));
  const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
  const __m512i nearest = _mm512_srli_epi32(_mm512_add_epi32(bits, half), 16);
  const __mmask16 nans = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return BatchI(_mm512_mask_or_epi32(nearest, nans, upper, _mm512_set1_epi32(0x40)));
#else
  const BatchI u = reinterpret_bits<BatchI>(x);
  const BatchI high = (u >> 16) & BatchI(0xFFFF);
  const BatchI rounded = ((u + BatchI(0x7FFF) + (high & BatchI(1))) >> 16) & BatchI(0xFFFF);
  // Not x != x: with AVX, xsimd's != is false for two NaN.
  const Batch is_nan = xsimd::select(x == x, reinterpret_bits<Batch>(BatchI(0)), reinterpret_bits<Batch>(BatchI(-1)));
  const BatchI nan = reinterpret_bits<BatchI>(is_nan);
  return (nan & (high | BatchI(0x40))) | (~nan & rounded);
#endif
}

/// The low 16 bits of each element.
inline __attribute__((always_inline)) void store_low16(const BatchI& x, std::uint16_t* p) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(x));
#elif defined(__AVX2__)
  const __m256i v = x;
  const __m128i packed = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
#else
  alignas(64) std::int32_t values[kWidth];
  x.store_aligned(values);
  for (int i = 0; i < kWidth; ++i) p[i] = static_cast<std::uint16_t>(values[i]);
#endif
}

#if !defined(__F16C__) && !defined(__AVX512F__) && !defined(__ARM_NEON)
/// fp16 by integer arithmetic, where the processor has no conversion.
inline float half_to_float(std::uint16_t h) {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000U) << 16;
  const std::uint32_t exponent = (h >> 10) & 0x1FU;
  const std::uint32_t mantissa = h & 0x3FFU;
  if (exponent == 31)
    return reinterpret_bits<float>(sign | 0x7F800000U | (mantissa << 13) | (mantissa != 0 ? 0x400000U : 0U));
  if (exponent != 0) return reinterpret_bits<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float small = static_cast<float>(mantissa) * 5.9604644775390625e-08F;  // 2^-24
  return reinterpret_bits<float>(sign | reinterpret_bits<std::uint32_t>(small));
}

inline std::uint16_t float_to_half(float f) {
  const std::uint32_t u = reinterpret_bits<std::uint32_t>(f);
  const std::uint32_t sign = (u >> 16) & 0x8000U;
  const std::uint32_t magnitude = u & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U | ((magnitude >> 13) & 0x3FFU));
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // 65520 and more round to inf
  if (magnitude < 0x38800000U) {
    // Below 2^-14: adding 0.5 makes the fp32 unit in the last place that of the fp16 denormals, 2^-24.
    const float shifted = reinterpret_bits<float>(magnitude) + 0.5F;
    return static_cast<std::uint16_t>(sign | (reinterpret_bits<std::uint32_t>(shifted) - 0x3F000000U));
  }
  const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13) & 1U);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000U) >> 13));
}
#endif

/// kWidth fp16 values as floats.
inline __attribute__((always_inline)) Batch load_f16(const std::uint16_t* p) {
#if defined(__AVX512F__)
  return Batch(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
#elif defined(__F16C__)
  return Batch(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(__ARM_NEON)
  return Batch(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p))));
#else
  alignas(64) float values[kWidth];
  for (int i = 0; i < kWidth; ++i) values[i] = half_to_float(p[i]);
  return Batch::load_aligned(values);
#endif
}

/// Rounds to nearest even.
inline __attribute__((always_inline)) void store_f16(const Batch& x, std::uint16_t* p) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__F16C__)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#elif defined(__ARM_NEON)
  vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(x)));
#else
  alignas(64) float values[kWidth];
  x.store_aligned(values);
  for (int i = 0; i < kWidth; ++i) p[i] = float_to_half(values[i]);
#endif
}

template <int DType>
inline __attribute__((always_inline)) Batch load_as(const void* src, std::int64_t i) {
  if constexpr (DType == FLASHRNN_BF16) {
    return load_bf16(static_cast<const std::uint16_t*>(src) + i);
  } else if constexpr (DType == FLASHRNN_F16) {
    return load_f16(static_cast<const std::uint16_t*>(src) + i);
  } else {
    return Batch::load_unaligned(static_cast<const float*>(src) + i);
  }
}

template <int DType>
inline __attribute__((always_inline)) void store_as(const Batch& x, void* dst, std::int64_t i) {
  if constexpr (DType == FLASHRNN_BF16) {
    store_low16(bf16_bits(x), static_cast<std::uint16_t*>(dst) + i);
  } else if constexpr (DType == FLASHRNN_F16) {
    store_f16(x, static_cast<std::uint16_t*>(dst) + i);
  } else {
    x.store_unaligned(static_cast<float*>(dst) + i);
  }
}

/// The nearest values that the type has.
template <int DType>
inline __attribute__((always_inline)) Batch round_as(const Batch& x) {
  if constexpr (DType == FLASHRNN_BF16) {
    return reinterpret_bits<Batch>(bf16_bits(x) << 16);
  } else if constexpr (DType == FLASHRNN_F16) {
    alignas(64) std::uint16_t rounded[kWidth];
    store_f16(x, rounded);
    return load_f16(rounded);
  } else {
    return x;
  }
}

/// The same for a type known at run time: a branch that is always foreseen costs less than kernels for each type.
inline __attribute__((always_inline)) Batch load_dtype(int dtype, const void* src, std::int64_t i) {
  switch (dtype) {
    case FLASHRNN_BF16:
      return load_as<FLASHRNN_BF16>(src, i);
    case FLASHRNN_F16:
      return load_as<FLASHRNN_F16>(src, i);
    default:
      return load_as<FLASHRNN_F32>(src, i);
  }
}

inline __attribute__((always_inline)) void store_dtype(int dtype, const Batch& x, void* dst, std::int64_t i) {
  switch (dtype) {
    case FLASHRNN_BF16:
      return store_as<FLASHRNN_BF16>(x, dst, i);
    case FLASHRNN_F16:
      return store_as<FLASHRNN_F16>(x, dst, i);
    default:
      return store_as<FLASHRNN_F32>(x, dst, i);
  }
}

inline __attribute__((always_inline)) Batch rounded_to(int dtype, const Batch& x) {
  switch (dtype) {
    case FLASHRNN_BF16:
      return round_as<FLASHRNN_BF16>(x);
    case FLASHRNN_F16:
      return round_as<FLASHRNN_F16>(x);
    default:
      return x;
  }
}

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE

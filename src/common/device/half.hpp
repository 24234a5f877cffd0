// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/types.hpp"

/// Conversions in integer arithmetic: to nearest, ties to even, the same bits everywhere. A device that has an
/// instruction for one uses that; these are what the instruction has to agree with.
namespace flashrnn::device {

FLASHRNN_DEVICE_FN constexpr float to_float(float x) { return x; }

FLASHRNN_DEVICE_FN constexpr float to_float(Bf16 x) { return bits_float(static_cast<Uint32>(x.bits) << 16); }

FLASHRNN_DEVICE_FN constexpr float to_float(Tf32 x) { return bits_float(x.bits & 0xffffe000U); }

FLASHRNN_DEVICE_FN constexpr float to_float(Fp16 x) {
  const Uint32 sign = static_cast<Uint32>(x.bits & 0x8000U) << 16;
  const Uint32 exponent = (x.bits >> 10) & 31U;
  const Uint32 mantissa = x.bits & 0x3ffU;
  if (exponent == 31) return bits_float(sign | 0x7f800000U | mantissa << 13);
  if (exponent != 0) return bits_float(sign | (exponent + 112U) << 23 | mantissa << 13);
  // Zero and subnormals: mantissa * 2^-24 is exact in float.
  const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8F;
  return bits_float(sign | float_bits(magnitude));
}

/// From float to one of the storage formats.
template <class T>
struct FromFloat;

template <>
struct FromFloat<float> {
  static FLASHRNN_DEVICE_FN constexpr float convert(float x) { return x; }
};

template <>
struct FromFloat<Bf16> {
  static FLASHRNN_DEVICE_FN constexpr Bf16 convert(float x) {
    const Uint32 bits = float_bits(x);
    // A NaN whose mantissa lies in the lower half only would become an infinity.
    if ((bits & 0x7fffffffU) > 0x7f800000U) return Bf16{static_cast<Uint16>(bits >> 16 | 0x40U)};
    return Bf16{static_cast<Uint16>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16)};
  }
};

template <>
struct FromFloat<Fp16> {
  static FLASHRNN_DEVICE_FN constexpr Fp16 convert(float x) {
    const Uint32 bits = float_bits(x);
    const Uint32 sign = bits >> 16 & 0x8000U;
    const Uint32 magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U) return half(sign | 0x7e00U);
    if (magnitude >= 0x477ff000U) return half(sign | 0x7c00U);  // 65520 and more round to infinity
    if (magnitude >= 0x38800000U) {                             // 2^-14: normal
      const Uint32 rebased = magnitude - (112U << 23);
      return half(sign | (rebased + 0xfffU + (rebased >> 13 & 1U)) >> 13);
    }
    // Added to 0.5, whose last place is 2^-24, the float adder does the rounding of a subnormal.
    const float sum = bits_float(magnitude) + 0.5F;
    return half(sign | (float_bits(sum) - 0x3f000000U));
  }

 private:
  static FLASHRNN_DEVICE_FN constexpr Fp16 half(Uint32 bits) { return Fp16{static_cast<Uint16>(bits)}; }
};

/// To nearest with ties away from zero, which is what cvt.rna.tf32.f32 does: the one rounding sm_80 has for it.
template <>
struct FromFloat<Tf32> {
  static FLASHRNN_DEVICE_FN constexpr Tf32 convert(float x) {
    const Uint32 bits = float_bits(x);
    if ((bits & 0x7f800000U) == 0x7f800000U) {
      return Tf32{(bits & 0x7fffffU) == 0 ? bits : 0x7fffffffU};
    }
    return Tf32{(bits + 0x1000U) & 0xffffe000U};
  }
};

template <class T>
FLASHRNN_DEVICE_FN constexpr T from_float(float x) {
  return FromFloat<T>::convert(x);
}

/// Two 16-bit elements as one register, the first in the lower half.
template <class T>
FLASHRNN_DEVICE_FN constexpr Uint32 pack_pair(T low, T high) {
  return low.bits | static_cast<Uint32>(high.bits) << 16;
}

}  // namespace flashrnn::device

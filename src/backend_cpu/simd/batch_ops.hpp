// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xsimd/xsimd.hpp>

#include "backend_cpu/simd/fused.hpp"
#include "common/cell/ops.hpp"

/// The math vocabulary's operations for SIMD batches of floats.
namespace flashrnn::cell {

template <class A>
struct Ops<xsimd::batch<float, A>> {
  using V = xsimd::batch<float, A>;
  using I = xsimd::batch<std::int32_t, A>;
  using Mask = xsimd::batch_bool<float, A>;

  static FLASHRNN_CELL_FN V constant(double value) { return V(static_cast<float>(value)); }
  static FLASHRNN_CELL_FN V stop_gradient(const V& x) { return x; }
  static FLASHRNN_CELL_FN V fma(const V& a, const V& b, const V& c) { return cpu::fused(a, b, c); }
  static FLASHRNN_CELL_FN V abs(const V& x) { return xsimd::abs(x); }
  static FLASHRNN_CELL_FN V copy_sign(const V& magnitude, const V& sign) { return magnitude | (sign & V(-0.0F)); }
  static FLASHRNN_CELL_FN V select(const Mask& mask, const V& yes, const V& no) { return xsimd::select(mask, yes, no); }
  static FLASHRNN_CELL_FN Mask less(const V& a, const V& b) { return a < b; }
  static FLASHRNN_CELL_FN Mask equal(const V& a, const V& b) { return a == b; }
  // A NaN in either argument comes out: where b is one, the comparison fails. (xsimd's != is false for two NaN with
  // AVX.)
  static FLASHRNN_CELL_FN V max(const V& a, const V& b) { return xsimd::select((a > b) | !(a == a), a, b); }
  static FLASHRNN_CELL_FN V min(const V& a, const V& b) { return xsimd::select((a < b) | !(a == a), a, b); }

  static FLASHRNN_CELL_FN V exp(const V& x) {
    const Exp2 e = exp2_parts(bound(x, -104.0F, 89.0F));
    return scale(e.fraction + V(1.0F), e);
  }
  /// 1.5e-7 relative: what comes of it is at most a sigmoid, whose own error is smaller where x is large.
  static FLASHRNN_CELL_FN V exp_minus(const V& x) {
    const V b = bound(x, -86.0F, 86.0F);
#if defined(__FMA__) || defined(__ARM_NEON)
    const V shifted = cpu::fused(b, V(-kLog2E), V(kMagic));
    const V f = cpu::fused(b, V(-kLog2ELow), cpu::fused(b, V(-kLog2E), V(kMagic) - shifted));
#else
    const V shifted = V(kMagic) - b * V(kLog2E);
    const V f = split_fraction(-b, shifted);
#endif
    V p = cpu::fused(V(0.00132647F), f, V(0.00967151F));
    p = cpu::fused(p, f, V(0.05550734F));
    p = cpu::fused(p, f, V(0.24022242F));
    p = cpu::fused(p, f, V(0.69314698F));
    const V s = power_of_two(shifted);
    return cpu::fused(s, p * f, s);
  }
  /// exp(2x) - 1 for x >= 0. Without the low part of log2(e): where its error would show, tanh is 1.
  static FLASHRNN_CELL_FN V expm1_twice(const V& x) {
    const V b = xsimd::min(V(22.0F), x);
#if defined(__FMA__) || defined(__ARM_NEON)
    const V shifted = cpu::fused(b, V(2 * kLog2E), V(kMagic));
    const V f = cpu::fused(b, V(2 * kLog2E), V(kMagic) - shifted);
#else
    const V shifted = b * V(2 * kLog2E) + V(kMagic);
    const V f = split_fraction(b + b, shifted);
#endif
    const V s = power_of_two(shifted);
    return cpu::fused(s, fraction(f), s - V(1.0F));
  }
  /// log(1 + x) = 2 atanh(x / (2 + x)), a minimax polynomial in the square, 4e-9 relative.
  static FLASHRNN_CELL_FN V log1p(const V& x) {
    const V t = quotient(x, x + V(2.0F));
    const V u = t * t;
    V p = cpu::fused(V(0.2819154532F), u, V(0.2795766622F));
    p = cpu::fused(p, u, V(0.4002511429F));
    p = cpu::fused(p, u, V(0.6666631015F));
    p = cpu::fused(p, u, V(2.0F));
    return t * p;
  }
  /// Within 3e-7.
  static FLASHRNN_CELL_FN V fast_exp(const V& x) {
    const V b = bound(x, -86.0F, 86.0F);
    const V shifted = cpu::fused(b, V(kLog2E), V(kMagic));
    const V f = cpu::fused(b, V(kLog2E), V(kMagic) - shifted);
    V p = cpu::fused(V(0.001340043569F), f, V(0.009666372961F));
    p = cpu::fused(p, f, V(0.05550333184F));
    p = cpu::fused(p, f, V(0.2402234895F));
    p = cpu::fused(p, f, V(0.6931471955F));
    p = cpu::fused(p, f, V(1.0F));
    return p * power_of_two(shifted);
  }
  static FLASHRNN_CELL_FN V quotient(const V& a, const V& b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64) return a * reciprocal(b);
#endif
#if defined(__ARM_NEON) && defined(__aarch64__)
    // xsimd 8 multiplies with an estimate of 1 / b: even a / a is not 1 then.
    return V(vdivq_f32(a, b));
#else
    return a / b;
#endif
  }
  /// One Newton step on the processor's estimate of 14 bits, where it has one: within a unit in the last place, in a
  /// third of a division's time.
  static FLASHRNN_CELL_FN V reciprocal(const V& x) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64) {
      const V r = V(_mm512_rcp14_ps(x));
      return r * cpu::fused(-x, r, V(2.0F));
    } else
#endif
      return quotient(V(1.0F), x);
  }

 private:
  static constexpr float kLog2E = 1.44269502162933349609375F;
  static constexpr float kLog2ELow = 1.925963033500011e-08F;
  /// 1.5 * 2^23: adding it rounds to an integer, which then stands in the low bits.
  static constexpr float kMagic = 12582912.0F;

  /// exp(x) = 2^n (1 + fraction), with n = shifted - kMagic.
  struct Exp2 {
    V fraction;
    V shifted;
  };

  /// x86's min and max return their second argument when one is NaN: so the NaN stays. NEON's return the NaN.
  static FLASHRNN_CELL_FN V bound(const V& x, float low, float high) {
    return xsimd::max(V(low), xsimd::min(V(high), x));
  }
  static FLASHRNN_CELL_FN I bits(const V& x) {
    I i;
    __builtin_memcpy(&i, &x, sizeof(V));
    return i;
  }
  static FLASHRNN_CELL_FN V floats(const I& x) {
    V v;
    __builtin_memcpy(&v, &x, sizeof(V));
    return v;
  }
  /// exp(x) = 2^n (1 + fraction), with n = shifted - kMagic.
  static FLASHRNN_CELL_FN Exp2 exp2_parts(const V& x) {
    const V shifted = cpu::fused(x, V(kLog2E), V(kMagic));
#if defined(__FMA__) || defined(__ARM_NEON)
    const V rest = cpu::fused(x, V(kLog2E), V(kMagic) - shifted);
    return {fraction(cpu::fused(x, V(kLog2ELow), rest)), shifted};
#else
    return {fraction(split_fraction(x, shifted)), shifted};
#endif
  }
  /// x log2(e) - n without a fused multiply-add, whose rounded product would cost digits: n times the first part of
  /// log(2) is exact.
  static FLASHRNN_CELL_FN V split_fraction(const V& x, const V& shifted) {
    const V n = shifted - V(kMagic);
    return ((x - n * V(0.693359375F)) + n * V(2.12194440e-4F)) * V(kLog2E);
  }
  /// 2^f - 1 on [-1/2, 1/2] as f times a minimax polynomial, 7.5e-9 relative.
  static FLASHRNN_CELL_FN V fraction(const V& f) {
    V p = cpu::fused(V(0.000154697352F), f, V(0.001339086686F));
    p = cpu::fused(p, f, V(0.009618030771F));
    p = cpu::fused(p, f, V(0.05550357105F));
    p = cpu::fused(p, f, V(0.2402265108F));
    p = cpu::fused(p, f, V(0.693147188F));
    return p * f;
  }
  /// 2^n for n in [-126, 127].
  static FLASHRNN_CELL_FN V power_of_two(const V& shifted) { return floats((bits(shifted) << 23) + I(0x3F800000)); }
  /// y 2^n for any n that `bound` lets through: overflow to inf, underflow through the denormals to 0.
  static FLASHRNN_CELL_FN V scale(const V& y, const Exp2& e) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64) {
      return V(_mm512_scalef_ps(y, e.shifted - V(kMagic)));
    } else
#endif
    {
      const I n = bits(e.shifted) - I(0x4B400000);
      const I half = n >> 1;
      return y * floats((half + I(127)) << 23) * floats((n - half + I(127)) << 23);
    }
  }
};

}  // namespace flashrnn::cell

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/portable.hpp"

/// Functions of fp32 on a GPU lane, made of its special-function unit: one instruction each, with an error of one or
/// two units in the last place, which the code here neither adds to nor hides. Infinities and NaN pass. Sources: PTX
/// ISA 9.x, ex2, rcp, tanh, min, max; for AMD "v_exp_f32", "v_rcp_f32" of the ISA documents.
namespace flashrnn::cell {

struct SpecialFunctions {
#if defined(__CUDACC__)
  static FLASHRNN_CELL_FN float fused(float a, float b, float c) { return __fmaf_rn(a, b, c); }
  static FLASHRNN_CELL_FN float exp2(float x) {
    float y;
    asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  /// Subnormal results become 0, which saves three instructions.
  static FLASHRNN_CELL_FN float normal_exp2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  static FLASHRNN_CELL_FN float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  static FLASHRNN_CELL_FN float log2(float x) {
    float y;
    asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  static FLASHRNN_CELL_FN float abs(float x) { return fabsf(x); }
  static FLASHRNN_CELL_FN float copy_sign(float magnitude, float sign) { return copysignf(magnitude, sign); }
  static FLASHRNN_CELL_FN float max(float a, float b) {
    float y;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
    return y;
  }
  static FLASHRNN_CELL_FN float min(float a, float b) {
    float y;
    asm("min.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
    return y;
  }
  /// 2^-11 relative.
  static FLASHRNN_CELL_FN float coarse_tanh(float x) {
    float y;
    asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
#else
  static FLASHRNN_CELL_FN float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static FLASHRNN_CELL_FN float exp2(float x) { return __builtin_exp2f(x); }
#if __has_builtin(__builtin_amdgcn_exp2f)
  static FLASHRNN_CELL_FN float normal_exp2(float x) { return __builtin_amdgcn_exp2f(x); }
#else
  static FLASHRNN_CELL_FN float normal_exp2(float x) { return __builtin_exp2f(x); }
#endif
#if __has_builtin(__builtin_amdgcn_rcpf)
  static FLASHRNN_CELL_FN float reciprocal(float x) { return __builtin_amdgcn_rcpf(x); }
#else
  static FLASHRNN_CELL_FN float reciprocal(float x) { return 1.0F / x; }
#endif
#if __has_builtin(__builtin_amdgcn_logf)
  static FLASHRNN_CELL_FN float log2(float x) { return __builtin_amdgcn_logf(x); }
#else
  static FLASHRNN_CELL_FN float log2(float x) { return __builtin_log2f(x); }
#endif
  static FLASHRNN_CELL_FN float abs(float x) { return __builtin_fabsf(x); }
  static FLASHRNN_CELL_FN float copy_sign(float magnitude, float sign) { return __builtin_copysignf(magnitude, sign); }
  static FLASHRNN_CELL_FN float max(float a, float b) { return a != a ? a : (a > b ? a : b); }
  static FLASHRNN_CELL_FN float min(float a, float b) { return a != a ? a : (a < b ? a : b); }
#endif
};

/// Of F, which supplies what SpecialFunctions has: on a host, for tests, the same by the C library.
template <class F>
struct GpuFunctions : F {
  using F::copy_sign;
  using F::fused;
  using F::reciprocal;

  static constexpr float kLog2E = 1.44269502F;        // log2(e) as the nearest float
  static constexpr float kLog2ELow = 1.92596303e-8F;  // and what that lacks
  static constexpr float kLn2 = 0.693147181F;

  /// 2^t with t = x log2(e) as a float, times 1 + ln(2) times what t lacks.
  static FLASHRNN_CELL_FN float exp(float x) {
    const float b = bound(x, 200.0F);
    const float t = b * kLog2E;
    return F::exp2(t) * correction(b, t);
  }
  static FLASHRNN_CELL_FN float exp_minus(float x) {
    const float b = bound(x, 86.0F);
    const float t = b * -kLog2E;
    return F::normal_exp2(t) * correction(-b, t);
  }
  /// Infinities need no bound: the exponential is 0 or infinite.
  static FLASHRNN_CELL_FN float fast_exp(float x) { return F::normal_exp2(x * kLog2E); }

  /// For x in [0, 1]: 2 artanh(s) with s = x / (2 + x), a minimax polynomial of s^2 (5e-9 relative).
  static FLASHRNN_CELL_FN float log1p(float x) {
    const float s = x * reciprocal(x + 2.0F);
    const float v = s * s;
    float p = fused(0.14005996F, v, 0.14000902F);
    p = fused(p, v, 0.20010763F);
    p = fused(p, v, 0.33333209F);
    const float twice = s + s;
    return fused(twice * v, p, twice);
  }

  static FLASHRNN_CELL_FN float quick_log1p(float x) { return F::log2(1.0F + x) * kLn2; }

  /// Below 0.55 an odd minimax polynomial (4e-8 relative), above 1 - 2 / (1 + exp(2|x|)).
  static FLASHRNN_CELL_FN float exact_tanh(float x) {
    const float a = F::abs(x);
    const float r = reciprocal(1.0F + F::normal_exp2(a * (2 * kLog2E)));
    const float large = copy_sign(fused(-2.0F, r, 1.0F), x);
    const float u = x * x;
    float p = fused(0.016437562F, u, -0.052671801F);
    p = fused(p, u, 0.13320725F);
    p = fused(p, u, -0.33332947F);
    const float small = fused(x * u, p, x);
    return a < 0.55F ? small : large;
  }

 private:
  /// To [-limit, limit].
  static FLASHRNN_CELL_FN float bound(float x, float limit) { return F::min(F::max(x, -limit), limit); }
  static FLASHRNN_CELL_FN float correction(float x, float t) {
    const float lacking = fused(x, kLog2ELow, fused(x, kLog2E, -t));
    return fused(lacking, kLn2, 1.0F);
  }
};

}  // namespace flashrnn::cell

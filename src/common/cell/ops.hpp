// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/portable.hpp"
#if defined(FLASHRNN_CELL_ON_GPU)
#include "common/cell/gpu_functions.hpp"
#endif

namespace flashrnn::cell {

/// The operations that a value type V must offer to the math vocabulary, beside + - * and /. A backend specialises it
/// for its own type (a SIMD batch); the scalar types are here. NaN must pass through min, max and clamp.
template <class V>
struct Ops;

/// What float and double share. `Functions` supplies the rest:
/// fused: a b + c; exp; log1p for [0, 1]; exp_minus: exp(-x), which may stop growing at 86 and falling at -86;
/// expm1_twice: exp(2x) - 1 for x >= 0, which stops growing at 22; fast_exp: exp as precise as the flavour fast wants
/// it, bounded like exp_minus; reciprocal and quotient (a / b) for b of magnitudes from 2^-126 to
/// 2^126.
/// A type whose device has a quicker way to tanh offers exact_tanh (a few units in the last place of fp32) or
/// coarse_tanh (2^-11) besides.
template <class T, class Functions>
struct ScalarOps : Functions {
  using Mask = bool;
  static FLASHRNN_CELL_FN T constant(double value) { return static_cast<T>(value); }
  static FLASHRNN_CELL_FN T stop_gradient(T x) { return x; }
  static FLASHRNN_CELL_FN T fma(T a, T b, T c) { return Functions::fused(a, b, c); }
  static FLASHRNN_CELL_FN T abs(T x) { return x < T(0) ? -x : x; }
  static FLASHRNN_CELL_FN T select(bool mask, T yes, T no) { return mask ? yes : no; }
  static FLASHRNN_CELL_FN T quotient(T a, T b) { return a / b; }
  /// magnitude >= 0, with the sign of `sign`.
  static FLASHRNN_CELL_FN T copy_sign(T magnitude, T sign) { return sign < T(0) ? -magnitude : magnitude; }
  static FLASHRNN_CELL_FN bool less(T a, T b) { return a < b; }
  static FLASHRNN_CELL_FN bool equal(T a, T b) { return a == b; }
  /// A NaN in either argument comes out.
  static FLASHRNN_CELL_FN T max(T a, T b) { return a != a ? a : (a > b ? a : b); }
  static FLASHRNN_CELL_FN T min(T a, T b) { return a != a ? a : (a < b ? a : b); }
};

#if defined(FLASHRNN_CELL_ON_GPU)

/// GPUs compute in fp32 only.
template <>
struct Ops<float> : ScalarOps<float, GpuFunctions<SpecialFunctions>> {
  using SpecialFunctions::abs;
  using SpecialFunctions::copy_sign;
  using SpecialFunctions::max;
  using SpecialFunctions::min;
};

#else

struct FloatFunctions {
  static FLASHRNN_CELL_FN float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
  static FLASHRNN_CELL_FN float exp(float x) { return __builtin_expf(x); }
  static FLASHRNN_CELL_FN float expm1_twice(float x) { return __builtin_expm1f(x > 22.0F ? 44.0F : x + x); }
  static FLASHRNN_CELL_FN float log1p(float x) { return __builtin_log1pf(x); }
  static FLASHRNN_CELL_FN float exp_minus(float x) { return exp(x < -86.0F ? 86.0F : -x); }
  static FLASHRNN_CELL_FN float fast_exp(float x) { return exp_minus(-x); }
  static FLASHRNN_CELL_FN float reciprocal(float x) { return 1.0F / x; }
};

struct DoubleFunctions {
  static FLASHRNN_CELL_FN double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
  static FLASHRNN_CELL_FN double exp(double x) { return __builtin_exp(x); }
  static FLASHRNN_CELL_FN double expm1_twice(double x) { return __builtin_expm1(x > 22.0 ? 44.0 : x + x); }
  static FLASHRNN_CELL_FN double log1p(double x) { return __builtin_log1p(x); }
  static FLASHRNN_CELL_FN double exp_minus(double x) { return exp(-x); }
  static FLASHRNN_CELL_FN double fast_exp(double x) { return exp(x); }
  static FLASHRNN_CELL_FN double reciprocal(double x) { return 1.0 / x; }
};

template <>
struct Ops<float> : ScalarOps<float, FloatFunctions> {};
template <>
struct Ops<double> : ScalarOps<double, DoubleFunctions> {};

#endif

}  // namespace flashrnn::cell

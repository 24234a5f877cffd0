// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/dual.hpp"
#include "common/cell/ops.hpp"

/// The math vocabulary: all that a cell may use beside + - * and /. A flavour is a struct with the functions below; a
/// cell takes the flavour M as a template parameter. Each activation f comes with f_grad(y): its derivative written in
/// terms of its own result y, which is what a backward has at hand.
namespace flashrnn::cell {

/// Value types with a tanh of their own (ops.hpp).
template <class V>
concept HasExactTanh = requires(V x) {
  Ops<V>::exact_tanh(x);
};
template <class V>
concept HasCoarseTanh = requires(V x) {
  Ops<V>::coarse_tanh(x);
};

template <class V>
concept HasQuickExponentials = requires(V x) {
  Ops<V>::quick_log1p(x);
};

/// What no flavour changes.
struct CommonMath {
  template <class V>
  static FLASHRNN_CELL_FN V max(V a, V b) {
    return Ops<V>::max(a, b);
  }
  template <class V>
  static FLASHRNN_CELL_FN V relu(V x) {
    // x < 0 is false for a NaN, which so passes through.
    return Ops<V>::select(Ops<V>::less(x, Ops<V>::constant(0)), Ops<V>::constant(0), x);
  }
  /// y = relu(x): 0 where y is, else 1, for a NaN too.
  template <class V>
  static FLASHRNN_CELL_FN V relu_grad(V y) {
    return if_zero(y, Ops<V>::constant(0), Ops<V>::constant(1));
  }
  /// condition == 0 ? yes : no, element by element.
  template <class V>
  static FLASHRNN_CELL_FN V if_zero(V condition, V yes, V no) {
    return Ops<V>::select(Ops<V>::equal(condition, Ops<V>::constant(0)), yes, no);
  }
  /// x, but 0 where a < b.
  template <class V>
  static FLASHRNN_CELL_FN V zero_if_less(V a, V b, V x) {
    return Ops<V>::select(Ops<V>::less(a, b), Ops<V>::constant(0), x);
  }
  /// a b + c, rounded once where the device has such an instruction. Kernels are compiled such that nothing else is
  /// fused: the same elements give the same bits wherever they stand.
  template <class V>
  static FLASHRNN_CELL_FN V fma(V a, V b, V c) {
    return Ops<V>::fma(a, b, c);
  }
  template <class V>
  static FLASHRNN_CELL_FN V constant(double value) {
    return Ops<V>::constant(value);
  }
  /// The value, without a gradient.
  template <class V>
  static FLASHRNN_CELL_FN V stop_gradient(V x) {
    return Ops<V>::stop_gradient(x);
  }
};

/// The derivatives that exact and fast share.
struct SmoothGradients {
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid_grad(V y) {
    return Ops<V>::fma(-y, y, y);
  }
  template <class V>
  static FLASHRNN_CELL_FN V tanh_grad(V y) {
    return Ops<V>::fma(-y, y, Ops<V>::constant(1));
  }
  template <class V>
  static FLASHRNN_CELL_FN V exp_grad(V y) {
    return y;
  }
};

/// Correct to a few units in the last place of fp32.
struct ExactFunctions : SmoothGradients {
  template <class V>
  static FLASHRNN_CELL_FN V exp(V x) {
    return Ops<V>::exp(x);
  }
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid(V x) {
    return Ops<V>::reciprocal(Ops<V>::constant(1) + Ops<V>::exp_minus(x));
  }
  /// tanh|x| = e / (e + 2) with e = expm1(2|x|), which keeps its relative precision near 0. Past 9.1 the result is 1 in
  /// fp32, past 19.1 in fp64: e may stop growing.
  template <class V>
  static FLASHRNN_CELL_FN V tanh(V x) {
    if constexpr (HasExactTanh<V>) {
      return Ops<V>::exact_tanh(x);
    } else {
      const V e = Ops<V>::expm1_twice(Ops<V>::abs(x));
      return Ops<V>::copy_sign(Ops<V>::quotient(e, e + Ops<V>::constant(2)), x);
    }
  }
  /// log(sigmoid(x)) = min(x, 0) - log1p(exp(-|x|)).
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid(V x) {
    return Ops<V>::min(x, Ops<V>::constant(0)) - Ops<V>::log1p(Ops<V>::exp(-Ops<V>::abs(x)));
  }
  /// d/dx log(sigmoid(x)) = sigmoid(-x): of x, not of the result, from which it cannot be had precisely.
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid_grad(V x) {
    return sigmoid(-x);
  }
};

/// About 1e-6.
struct FastFunctions : SmoothGradients {
  /// The exact one where fast_exp is bounded: infinities have to come out here.
  template <class V>
  static FLASHRNN_CELL_FN V exp(V x) {
    if constexpr (HasQuickExponentials<V>) {
      return Ops<V>::fast_exp(x);
    } else {
      return Ops<V>::exp(x);
    }
  }
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid(V x) {
    return Ops<V>::reciprocal(Ops<V>::constant(1) + Ops<V>::fast_exp(-x));
  }
  /// 1 - 2 / (1 + exp(2x)): 1e-7 absolute, so small results lose relative precision.
  template <class V>
  static FLASHRNN_CELL_FN V tanh(V x) {
    const V one = Ops<V>::constant(1);
    const V r = Ops<V>::reciprocal(one + Ops<V>::fast_exp(x + x));
    return one - (r + r);
  }
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid(V x) {
    const V e = Ops<V>::fast_exp(-Ops<V>::abs(x));
    if constexpr (HasQuickExponentials<V>) {
      return Ops<V>::min(x, Ops<V>::constant(0)) - Ops<V>::quick_log1p(e);
    } else {
      return Ops<V>::min(x, Ops<V>::constant(0)) - Ops<V>::log1p(e);
    }
  }
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid_grad(V x) {
    return sigmoid(-x);
  }
};

/// sigmoid and tanh good to 2^-11, where the device has one instruction for that; the rest, and everything where it has
/// not, as fast. For values that 16 bits hold before and after.
struct CoarseFunctions : FastFunctions {
  template <class V>
  static FLASHRNN_CELL_FN V tanh(V x) {
    if constexpr (HasCoarseTanh<V>) {
      return Ops<V>::coarse_tanh(x);
    } else {
      return FastFunctions::tanh(x);
    }
  }
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid(V x) {
    if constexpr (HasCoarseTanh<V>) {
      const V half = Ops<V>::constant(0.5);
      return Ops<V>::fma(Ops<V>::coarse_tanh(half * x), half, half);
    } else {
      return FastFunctions::sigmoid(x);
    }
  }
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid_grad(V x) {
    return sigmoid(-x);
  }
};

/// Every activation is the identity, so that chains of small integers stay exact: for tests of indexing.
struct LinearFunctions {
  template <class V>
  static FLASHRNN_CELL_FN V exp(V x) {
    return x;
  }
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid(V x) {
    return x;
  }
  template <class V>
  static FLASHRNN_CELL_FN V tanh(V x) {
    return x;
  }
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid(V x) {
    return x;
  }
  template <class V>
  static FLASHRNN_CELL_FN V sigmoid_grad(V) {
    return Ops<V>::constant(1);
  }
  template <class V>
  static FLASHRNN_CELL_FN V tanh_grad(V) {
    return Ops<V>::constant(1);
  }
  template <class V>
  static FLASHRNN_CELL_FN V exp_grad(V) {
    return Ops<V>::constant(1);
  }
  template <class V>
  static FLASHRNN_CELL_FN V log_sigmoid_grad(V) {
    return Ops<V>::constant(1);
  }
};

/// A flavour: the functions for plain values, and for dual numbers by the chain rule.
template <class Functions>
struct Flavour : CommonMath, Functions {
  using Functions::exp;
  using Functions::log_sigmoid;
  using Functions::log_sigmoid_grad;
  using Functions::sigmoid;
  using Functions::tanh;

  template <class V, int N>
  static FLASHRNN_CELL_FN Dual<V, N> exp(const Dual<V, N>& x) {
    const V y = Functions::exp(x.value);
    return chain(y, Functions::exp_grad(y), x);
  }
  template <class V, int N>
  static FLASHRNN_CELL_FN Dual<V, N> sigmoid(const Dual<V, N>& x) {
    const V y = Functions::sigmoid(x.value);
    return chain(y, Functions::sigmoid_grad(y), x);
  }
  template <class V, int N>
  static FLASHRNN_CELL_FN Dual<V, N> tanh(const Dual<V, N>& x) {
    const V y = Functions::tanh(x.value);
    return chain(y, Functions::tanh_grad(y), x);
  }
  template <class V, int N>
  static FLASHRNN_CELL_FN Dual<V, N> log_sigmoid(const Dual<V, N>& x) {
    return chain(Functions::log_sigmoid(x.value), Functions::log_sigmoid_grad(x.value), x);
  }
  /// A derivative's own derivative is nobody's business here: a constant.
  template <class V, int N>
  static FLASHRNN_CELL_FN Dual<V, N> log_sigmoid_grad(const Dual<V, N>& x) {
    return constant_dual<N>(Functions::log_sigmoid_grad(x.value));
  }
};

using ExactMath = Flavour<ExactFunctions>;
using FastMath = Flavour<FastFunctions>;
using CoarseMath = Flavour<CoarseFunctions>;
using LinearMath = Flavour<LinearFunctions>;

}  // namespace flashrnn::cell

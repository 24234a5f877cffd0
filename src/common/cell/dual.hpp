// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/ops.hpp"

namespace flashrnn::cell {

/// A value with its derivatives with respect to N inputs (forward-mode differentiation). With the at most eight inputs
/// of a cell it stays in registers.
template <class V, int N>
struct Dual {
  V value;
  V d[N];
};

/// f(x) from its value and its derivative at x.
template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> chain(V value, V derivative, const Dual<V, N>& x) {
  Dual<V, N> y;
  y.value = value;
  for (int i = 0; i < N; ++i) y.d[i] = derivative * x.d[i];
  return y;
}

/// A value that depends on none of the inputs.
template <int N, class V>
FLASHRNN_CELL_FN Dual<V, N> constant_dual(const V& value) {
  Dual<V, N> y;
  y.value = value;
  for (int i = 0; i < N; ++i) y.d[i] = Ops<V>::constant(0);
  return y;
}

template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> operator-(const Dual<V, N>& a) {
  Dual<V, N> y;
  y.value = -a.value;
  for (int i = 0; i < N; ++i) y.d[i] = -a.d[i];
  return y;
}

template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> operator+(const Dual<V, N>& a, const Dual<V, N>& b) {
  Dual<V, N> y;
  y.value = a.value + b.value;
  for (int i = 0; i < N; ++i) y.d[i] = a.d[i] + b.d[i];
  return y;
}

template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> operator-(const Dual<V, N>& a, const Dual<V, N>& b) {
  Dual<V, N> y;
  y.value = a.value - b.value;
  for (int i = 0; i < N; ++i) y.d[i] = a.d[i] - b.d[i];
  return y;
}

template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> operator*(const Dual<V, N>& a, const Dual<V, N>& b) {
  Dual<V, N> y;
  y.value = a.value * b.value;
  for (int i = 0; i < N; ++i) y.d[i] = a.value * b.d[i] + a.d[i] * b.value;
  return y;
}

template <class V, int N>
FLASHRNN_CELL_FN Dual<V, N> operator/(const Dual<V, N>& a, const Dual<V, N>& b) {
  Dual<V, N> y;
  y.value = a.value / b.value;
  for (int i = 0; i < N; ++i) y.d[i] = (a.d[i] - y.value * b.d[i]) / b.value;
  return y;
}

/// Comparisons look at the value; selections carry the derivatives of what was selected.
template <class V, int N>
struct Ops<Dual<V, N>> {
  using D = Dual<V, N>;
  using Mask = typename Ops<V>::Mask;

  static FLASHRNN_CELL_FN D constant(double value) { return constant_dual<N>(Ops<V>::constant(value)); }
  static FLASHRNN_CELL_FN D stop_gradient(const D& x) { return constant_dual<N>(x.value); }
  static FLASHRNN_CELL_FN D fma(const D& a, const D& b, const D& c) { return a * b + c; }
  static FLASHRNN_CELL_FN D select(const Mask& mask, const D& yes, const D& no) {
    D y;
    y.value = Ops<V>::select(mask, yes.value, no.value);
    for (int i = 0; i < N; ++i) y.d[i] = Ops<V>::select(mask, yes.d[i], no.d[i]);
    return y;
  }
  static FLASHRNN_CELL_FN Mask less(const D& a, const D& b) { return Ops<V>::less(a.value, b.value); }
  static FLASHRNN_CELL_FN Mask equal(const D& a, const D& b) { return Ops<V>::equal(a.value, b.value); }
  /// A tie follows the first argument.
  static FLASHRNN_CELL_FN D max(const D& a, const D& b) {
    D y = select(less(a, b), b, a);
    y.value = Ops<V>::max(a.value, b.value);
    return y;
  }
  static FLASHRNN_CELL_FN D min(const D& a, const D& b) {
    D y = select(less(b, a), b, a);
    y.value = Ops<V>::min(a.value, b.value);
    return y;
  }
};

}  // namespace flashrnn::cell

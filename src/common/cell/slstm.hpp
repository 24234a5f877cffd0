// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

namespace flashrnn::cell {

/// Exponential input gate, sigmoid forget gate, stabiliser m:
///   l = logsigmoid(f) + m;  m' = i if n == 0 else max(i, l);  i' = exp(i - m'), f' = exp(l - m');
///   c = f' c + i' tanh(z);  n = max(f' n + i', 1);  h = sigmoid(o) c / n.
/// Gradients hold m' constant: exact for h, which does not depend on it. Source: Beck et al. 2024 (xLSTM).
struct Slstm {
  static constexpr const char* kName = "slstm";
  static constexpr int kInputGates = 4;
  static constexpr int kRecurrentGates = 4;
  static constexpr int kBiases = 4;
  static constexpr int kStates = 4;  // h, c, n, m
  static constexpr int kSaved = 5;   // i', f', tanh(z), sigmoid(o), sigmoid(-f)
  static constexpr bool kBackwardReadsH = false;

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[kBiases], const V (&prev)[kStates], V (&next)[kStates],
                                       V (&saved)[kSaved]) {
    const V l = M::log_sigmoid(a[1]) + prev[3];
    const V m = M::stop_gradient(M::if_zero(prev[2], a[0], M::max(a[0], l)));
    const V i = M::exp(a[0] - m);
    const V f = M::exp(l - m);
    const V z = M::tanh(a[2]);
    const V o = M::sigmoid(a[3]);
    const V c = M::fma(f, prev[1], i * z);
    const V n = M::max(M::fma(f, prev[2], i), M::template constant<V>(1));
    next[0] = o * c / n;
    next[1] = c;
    next[2] = n;
    next[3] = m;
    saved[0] = i;
    saved[1] = f;
    saved[2] = z;
    saved[3] = o;
    saved[4] = M::log_sigmoid_grad(a[1]);
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[kSaved], const V (&prev)[kStates], const V (&dnext)[kStates],
                                        V (&da)[kBiases], V (&dprev)[kStates]) {
    const V i = saved[0];
    const V f = saved[1];
    const V z = saved[2];
    const V o = saved[3];
    const V one = M::template constant<V>(1);
    const V c = M::fma(f, prev[1], i * z);
    const V n_before_max = M::fma(f, prev[2], i);
    const V r = one / M::max(n_before_max, one);
    const V dh_r = dnext[0] * r;
    const V dc = M::fma(dh_r, o, dnext[1]);
    const V dn = M::zero_if_less(n_before_max, one, M::fma(-(dh_r * o), c * r, dnext[2]));
    const V df = M::fma(dc, prev[1], dn * prev[2]) * M::exp_grad(f);
    // Not fused: from an empty state the two cancel to exactly 0, since h does not depend on i there.
    da[0] = (dc * z + dn) * M::exp_grad(i);
    da[1] = df * saved[4];
    da[2] = dc * i * M::tanh_grad(z);
    da[3] = dh_r * c * M::sigmoid_grad(o);
    dprev[0] = M::template constant<V>(0);
    dprev[1] = dc * f;
    // Where n = 0 the maximum is a tie, 0 + exp(0) against 1. Automatic differentiation gives each side of a tie half,
    // which only the gradient into n itself shows: that of i' above has to be whole for h to be independent of m'.
    dprev[2] = dn * f * M::if_zero(prev[2], M::template constant<V>(0.5), one);
    dprev[3] = df;
  }
};

}  // namespace flashrnn::cell

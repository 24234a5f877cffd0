// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

namespace flashrnn::cell {

/// i, f, o = sigmoid, z = tanh of their pre-activations;  c = f c + i z;  h = o tanh(c).
/// Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
struct Lstm {
  static constexpr const char* kName = "lstm";
  static constexpr int kInputGates = 4;
  static constexpr int kRecurrentGates = 4;
  static constexpr int kBiases = 4;
  static constexpr int kStates = 2;
  static constexpr int kSaved = 5;  // i, f, z, o, tanh(c)
  static constexpr bool kBackwardReadsH = false;

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[kBiases], const V (&prev)[kStates], V (&next)[kStates],
                                       V (&saved)[kSaved]) {
    const V i = M::sigmoid(a[0]);
    const V f = M::sigmoid(a[1]);
    const V z = M::tanh(a[2]);
    const V o = M::sigmoid(a[3]);
    const V c = M::fma(f, prev[1], i * z);
    const V tanh_c = M::tanh(c);
    next[0] = o * tanh_c;
    next[1] = c;
    saved[0] = i;
    saved[1] = f;
    saved[2] = z;
    saved[3] = o;
    saved[4] = tanh_c;
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[kSaved], const V (&prev)[kStates], const V (&dnext)[kStates],
                                        V (&da)[kBiases], V (&dprev)[kStates]) {
    const V i = saved[0];
    const V f = saved[1];
    const V z = saved[2];
    const V o = saved[3];
    const V tanh_c = saved[4];
    const V dc = M::fma(dnext[0] * o, M::tanh_grad(tanh_c), dnext[1]);
    da[0] = dc * z * M::sigmoid_grad(i);
    da[1] = dc * prev[1] * M::sigmoid_grad(f);
    da[2] = dc * i * M::tanh_grad(z);
    da[3] = dnext[0] * tanh_c * M::sigmoid_grad(o);
    dprev[0] = M::template constant<V>(0);
    dprev[1] = dc * f;
  }
};

}  // namespace flashrnn::cell

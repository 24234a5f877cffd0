// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

namespace flashrnn::cell {

/// h = tanh(g). Source: Elman 1990, as torch.nn.RNN computes it.
struct Elman {
  static constexpr const char* kName = "elman";
  static constexpr int kInputGates = 1;
  static constexpr int kRecurrentGates = 1;
  static constexpr int kBiases = 1;
  static constexpr int kStates = 1;
  static constexpr int kSaved = 1;  // h before any clip
  static constexpr bool kBackwardReadsH = false;

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[1], const V (&)[1], V (&next)[1], V (&saved)[1]) {
    next[0] = M::tanh(a[0]);
    saved[0] = next[0];
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[1], const V (&)[1], const V (&dnext)[1], V (&da)[1],
                                        V (&dprev)[1]) {
    da[0] = dnext[0] * M::tanh_grad(saved[0]);
    dprev[0] = M::template constant<V>(0);
  }
};

/// h = max(g, 0).
struct ElmanRelu : Elman {
  static constexpr const char* kName = "elman_relu";

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[1], const V (&)[1], V (&next)[1], V (&saved)[1]) {
    next[0] = M::relu(a[0]);
    saved[0] = next[0];
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[1], const V (&)[1], const V (&dnext)[1], V (&da)[1],
                                        V (&dprev)[1]) {
    da[0] = dnext[0] * M::relu_grad(saved[0]);
    dprev[0] = M::template constant<V>(0);
  }
};

}  // namespace flashrnn::cell

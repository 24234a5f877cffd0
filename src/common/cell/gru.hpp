// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

namespace flashrnn::cell {

/// r, z = sigmoid;  n = tanh(Wx_n + b_n + r (R_n h + b_hn));  h = z h + (1 - z) n.
/// The reset gate acts after the product, as in PyTorch and cuDNN.
struct Gru {
  static constexpr const char* kName = "gru";
  static constexpr int kInputGates = 3;
  static constexpr int kRecurrentGates = 3;
  static constexpr int kBiases = 4;  // r, z, n, hn: the input's and the recurrent part of n stay apart
  static constexpr int kStates = 1;
  static constexpr int kSaved = 4;  // r, z, n, hn

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate == 2 ? 3 : gate; }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[kBiases], const V (&prev)[1], V (&next)[1], V (&saved)[kSaved]) {
    const V r = M::sigmoid(a[0]);
    const V z = M::sigmoid(a[1]);
    const V n = M::tanh(M::fma(r, a[3], a[2]));
    next[0] = M::fma(z, prev[0] - n, n);
    saved[0] = r;
    saved[1] = z;
    saved[2] = n;
    saved[3] = a[3];
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[kSaved], const V (&prev)[1], const V (&dnext)[1],
                                        V (&da)[kBiases], V (&dprev)[1]) {
    const V r = saved[0];
    const V z = saved[1];
    const V n = saved[2];
    const V dz = dnext[0] * (prev[0] - n);
    const V dn = dnext[0] * (M::template constant<V>(1) - z) * M::tanh_grad(n);
    da[0] = dn * saved[3] * M::sigmoid_grad(r);
    da[1] = dz * M::sigmoid_grad(z);
    da[2] = dn;
    da[3] = dn * r;
    dprev[0] = dnext[0] * z;
  }
};

/// r, z = sigmoid;  n = tanh(Wx_n + R_n (r h) + b_n);  h = z h + (1 - z) n.
/// The reset gate acts before the product (Cho et al. 2014): a second product follows the first in every step.
struct GruResetBefore {
  static constexpr const char* kName = "gru_reset_before";
  static constexpr int kInputGates = 3;
  static constexpr int kRecurrentGates = 3;
  static constexpr int kBiases = 3;
  static constexpr int kStates = 1;
  static constexpr int kSaved = 3;            // r, z, n
  static constexpr int kFirstStageGates = 2;  // gate 2 is multiplied with operand(), not with h

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }

  /// What the second product multiplies. Of `a`, the slots of the first-stage gates are complete.
  template <class M, class V>
  static FLASHRNN_CELL_FN V operand(const V (&a)[kBiases], const V (&prev)[1]) {
    return M::sigmoid(a[0]) * prev[0];
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[kBiases], const V (&prev)[1], V (&next)[1], V (&saved)[kSaved]) {
    const V z = M::sigmoid(a[1]);
    const V n = M::tanh(a[2]);
    next[0] = M::fma(z, prev[0] - n, n);
    saved[0] = M::sigmoid(a[0]);
    saved[1] = z;
    saved[2] = n;
  }

  /// All but the path through operand(): da[0] is 0 here.
  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[kSaved], const V (&prev)[1], const V (&dnext)[1],
                                        V (&da)[kBiases], V (&dprev)[1]) {
    const V z = saved[1];
    const V n = saved[2];
    da[0] = M::template constant<V>(0);
    da[1] = dnext[0] * (prev[0] - n) * M::sigmoid_grad(z);
    da[2] = dnext[0] * (M::template constant<V>(1) - z) * M::tanh_grad(n);
    dprev[0] = dnext[0] * z;
  }

  /// operand() again from what the forward saved.
  template <class M, class V>
  static FLASHRNN_CELL_FN V saved_operand(const V (&saved)[kSaved], const V (&prev)[1]) {
    return saved[0] * prev[0];
  }

  /// The path through operand(): from its gradient, what is added to da and dprev.
  template <class M, class V>
  static FLASHRNN_CELL_FN void operand_backward(const V (&saved)[kSaved], const V (&prev)[1], const V& doperand,
                                                V (&da)[kBiases], V (&dprev)[1]) {
    da[0] = doperand * prev[0] * M::sigmoid_grad(saved[0]);
    da[1] = da[2] = M::template constant<V>(0);
    dprev[0] = doperand * saved[0];
  }
};

}  // namespace flashrnn::cell

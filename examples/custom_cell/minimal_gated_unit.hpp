// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/cell.hpp"

/// Minimal gated unit (Zhou et al. 2016): one gate forgets and updates.
///   f = sigmoid(Wx_f + R_f h + b_f);  n = tanh(Wx_n + R_n (f h) + b_n);  h = (1 - f) h + f n.
/// R_n multiplies f h, not h: such a gate comes last, after kFirstStageGates, and operand() says what it multiplies.
/// There is no backward here: it is derived.
struct MinimalGatedUnit {
  static constexpr const char* kName = "minimal_gated_unit";
  static constexpr int kInputGates = 2;  // f, n
  static constexpr int kRecurrentGates = 2;
  static constexpr int kBiases = 2;
  static constexpr int kStates = 1;
  static constexpr int kFirstStageGates = 1;

  static constexpr int input_slot(int gate) { return gate; }
  static constexpr int recurrent_slot(int gate) { return gate; }

  template <class M, class V>
  static FLASHRNN_CELL_FN V operand(const V (&a)[2], const V (&prev)[1]) {
    return M::sigmoid(a[0]) * prev[0];
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[2], const V (&prev)[1], V (&next)[1]) {
    const V f = M::sigmoid(a[0]);
    const V n = M::tanh(a[1]);
    next[0] = M::fma(f, n - prev[0], prev[0]);
  }
};

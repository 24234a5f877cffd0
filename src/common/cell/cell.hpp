// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/math.hpp"

/// What a cell is, and what kernels call. A cell is a struct with
///   kName, kInputGates (Gx), kRecurrentGates (Gr), kBiases (Gb), kStates (S; state 0 is h),
///   input_slot(gate), recurrent_slot(gate): which pre-activation a[slot], slot in [0, Gb), the gate is added to,
///   forward<M>(a, prev, next[, saved]): the step for one element; M is the math flavour.
/// Each a[slot] = bias + the input gates and products of that slot. A cell may write its backward by hand
/// (kSaved, saved, backward); else it is derived from forward with dual numbers, from the saved pre-activations.
/// kBackwardReadsH = false says that backward does not use prev[0], so that kernels need not bring it.
/// A cell whose last recurrent gates multiply something else than h also has kFirstStageGates and operand().
namespace flashrnn::cell {

template <class C>
concept HandWrittenBackward = requires { C::kSaved; };

template <class C>
concept TwoStages = requires { C::kFirstStageGates; };

template <class C>
concept Cell = C::kInputGates >= 0 && C::kInputGates <= 8 && C::kRecurrentGates >= 1 && C::kRecurrentGates <= 8 &&
               C::kBiases >= 1 && C::kBiases <= 8 && C::kStates >= 1 && C::kStates <= 8 && requires {
                 C::kName;
                 C::input_slot(0);
                 C::recurrent_slot(0);
               };

/// One interface for all cells.
template <Cell C>
struct CellKernel {
  static constexpr int kBiases = C::kBiases;
  static constexpr int kStates = C::kStates;
  static constexpr bool kTwoStages = TwoStages<C>;

  static constexpr int saved_count() {
    if constexpr (HandWrittenBackward<C>) {
      return C::kSaved;
    } else {
      return C::kBiases;
    }
  }
  static constexpr int first_stage_gates() {
    if constexpr (kTwoStages) {
      return C::kFirstStageGates;
    } else {
      return C::kRecurrentGates;
    }
  }
  static constexpr int kSaved = saved_count();

  template <class M, class V>
  static FLASHRNN_CELL_FN void forward(const V (&a)[kBiases], const V (&prev)[kStates], V (&next)[kStates],
                                       V (&saved)[kSaved]) {
    if constexpr (HandWrittenBackward<C>) {
      C::template forward<M>(a, prev, next, saved);
    } else {
      C::template forward<M>(a, prev, next);
      for (int i = 0; i < kBiases; ++i) saved[i] = a[i];
    }
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void backward(const V (&saved)[kSaved], const V (&prev)[kStates], const V (&dnext)[kStates],
                                        V (&da)[kBiases], V (&dprev)[kStates]) {
    if constexpr (HandWrittenBackward<C>) {
      C::template backward<M>(saved, prev, dnext, da, dprev);
    } else {
      derived_backward<M>(saved, prev, dnext, da, dprev);
    }
  }

  /// The transposed Jacobian of forward times dnext. `saved` holds the pre-activations.
  template <class M, class V>
  static FLASHRNN_CELL_FN void derived_backward(const V (&a)[kBiases], const V (&prev)[kStates],
                                                const V (&dnext)[kStates], V (&da)[kBiases], V (&dprev)[kStates]) {
    constexpr int kInputs = kBiases + kStates;
    using D = Dual<V, kInputs>;
    D dual_a[kBiases];
    D dual_prev[kStates];
    D dual_next[kStates];
    seed(a, prev, dual_a, dual_prev);
    if constexpr (HandWrittenBackward<C>) {
      D unused[kSaved];
      C::template forward<M>(dual_a, dual_prev, dual_next, unused);
    } else {
      C::template forward<M>(dual_a, dual_prev, dual_next);
    }
    for (int i = 0; i < kInputs; ++i) {
      V sum = dnext[0] * dual_next[0].d[i];
      for (int s = 1; s < kStates; ++s) sum = sum + dnext[s] * dual_next[s].d[i];
      (i < kBiases ? da[i < kBiases ? i : 0] : dprev[i < kBiases ? 0 : i - kBiases]) = sum;
    }
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN V saved_operand(const V (&saved)[kSaved], const V (&prev)[kStates]) {
    if constexpr (HandWrittenBackward<C>) {
      return C::template saved_operand<M>(saved, prev);
    } else {
      return C::template operand<M>(saved, prev);
    }
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void operand_backward(const V (&saved)[kSaved], const V (&prev)[kStates], const V& doperand,
                                                V (&da)[kBiases], V (&dprev)[kStates]) {
    if constexpr (HandWrittenBackward<C>) {
      C::template operand_backward<M>(saved, prev, doperand, da, dprev);
    } else {
      derived_operand_backward<M>(saved, prev, doperand, da, dprev);
    }
  }

  template <class M, class V>
  static FLASHRNN_CELL_FN void derived_operand_backward(const V (&a)[kBiases], const V (&prev)[kStates],
                                                        const V& doperand, V (&da)[kBiases], V (&dprev)[kStates]) {
    using D = Dual<V, kBiases + kStates>;
    D dual_a[kBiases];
    D dual_prev[kStates];
    seed(a, prev, dual_a, dual_prev);
    const D q = C::template operand<M>(dual_a, dual_prev);
    for (int i = 0; i < kBiases; ++i) da[i] = doperand * q.d[i];
    for (int s = 0; s < kStates; ++s) dprev[s] = doperand * q.d[kBiases + s];
  }

 private:
  /// Every input's derivative with respect to itself is 1.
  template <class V>
  static FLASHRNN_CELL_FN void seed(const V (&a)[kBiases], const V (&prev)[kStates],
                                    Dual<V, kBiases + kStates> (&dual_a)[kBiases],
                                    Dual<V, kBiases + kStates> (&dual_prev)[kStates]) {
    for (int i = 0; i < kBiases + kStates; ++i) {
      for (int j = 0; j < kBiases; ++j) dual_a[j].d[i] = Ops<V>::constant(i == j ? 1 : 0);
      for (int s = 0; s < kStates; ++s) dual_prev[s].d[i] = Ops<V>::constant(i == kBiases + s ? 1 : 0);
    }
    for (int j = 0; j < kBiases; ++j) dual_a[j].value = a[j];
    for (int s = 0; s < kStates; ++s) dual_prev[s].value = prev[s];
  }
};

}  // namespace flashrnn::cell

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/parameters.hpp"

/// What the stepwise kernels are given: those of a fused kernel, the step, and a workspace that carries what a fused
/// kernel keeps on chip. Letters as in parameters.hpp; F is the number of gates of a two-stage cell's first stage.
///
/// Forward is kLoad, then for each step s from 0 to T - 1 (kOperand, if the cell has two stages, and) kStep. Backward
/// is for each step from T - 1 to 0 kStep (and kOperand), then kFinish. All launches of a pass have the same grid.
namespace flashrnn::kernel {

enum class StepwiseStage : Int32 {
  kLoad,     ///< forward: brings the initial states into the workspace
  kOperand,  ///< forward: the operand of a second stage; backward: what comes back through it. Two-stage cells only
  kStep,     ///< one step of all rows
  kFinish,   ///< backward: the gradients of initial and reset states
};

/// Forward. Contents are undefined before kLoad.
template <class D, class Element>
struct StepwiseForwardWorkspace {
  Global<D, Element> h{};        ///< [2, B, N, P]: what R multiplies in even and in odd steps
  Global<D, float> states{};     ///< [S, B, N, P]: the states that enter the next step, a reset done
  Global<D, Element> operand{};  ///< [B, N, P]: what R multiplies in the second stage; null for cells of one stage
  Global<D, float> products{};   ///< [F, B, N, P]: R h of the first stage; null for cells of one stage

  template <class To, class Map>
  StepwiseForwardWorkspace<To, Element> convert(const Map& map) const {
    return {map(h), map(states), map(operand), map(products)};
  }
};

template <class D, class Element, class StateElement>
struct StepwiseForwardParameters {
  ForwardParameters<D, Element, StateElement> forward;  ///< barriers and exchange are null
  StepwiseForwardWorkspace<D, Element> workspace;
  Int64 step = 0;
  StepwiseStage stage = StepwiseStage::kLoad;

  template <class To, class Map>
  StepwiseForwardParameters<To, Element, StateElement> convert(const Map& map) const {
    return {forward.template convert<To>(map), workspace.template convert<To>(map), step, stage};
  }
};

/// Backward. Contents are undefined before the first kStep.
template <class D>
struct StepwiseBackwardWorkspace {
  Global<D, float> dstates{};  ///< [S, B, N, P]: gradients of the states before the step, but for what comes through R
  Global<D, float> dreset{};   ///< [S, B, N, P]: sums over resets so far; null where dreset_states is not wanted
  Global<D, float> da{};       ///< [Gb, B, N, P]: gradients that a second stage completes; null for cells of one stage

  template <class To, class Map>
  StepwiseBackwardWorkspace<To> convert(const Map& map) const {
    return {map(dstates), map(dreset), map(da)};
  }
};

template <class D, class Element, class StateElement>
struct StepwiseBackwardParameters {
  BackwardParameters<D, Element, StateElement> backward;  ///< barriers and exchange are null
  StepwiseBackwardWorkspace<D> workspace;
  Int64 step = 0;
  StepwiseStage stage = StepwiseStage::kStep;

  template <class To, class Map>
  StepwiseBackwardParameters<To, Element, StateElement> convert(const Map& map) const {
    return {backward.template convert<To>(map), workspace.template convert<To>(map), step, stage};
  }
};

/// Recompute: from a reserve of states alone and Wx, the same reserve with the gates kept. kOperand (if the cell has
/// two stages), then kStep; each goes over all tokens.
template <class D, class Element>
struct RecomputeParameters {
  Extents<D> extents;
  PackedWeights<D, Element> weights;
  Tensor<D, const Element> wx;
  Reserve<D, const Element> reserve;  ///< what forward left: `kept` is h alone
  Global<D, Element> kept{};          ///< out [M, N, V, P], with the gates
  /// Out, of cells of two stages: the last value of BackwardParameters::gradients [M, N, A, P] is the second stage's
  /// operand. Else null.
  Global<D, Element> gradients{};
  StepwiseStage stage = StepwiseStage::kStep;

  template <class To, class Map>
  RecomputeParameters<To, Element> convert(const Map& map) const {
    return {extents.template convert<To>(map),
            weights.template convert<To>(map),
            wx.template convert<To>(map),
            reserve.template convert<To>(map),
            map(kept),
            map(gradients),
            stage};
  }
};

/// PackWeights. The caller's R and b, dense; b is null where there is none.
template <class D, class Element>
struct PackParameters {
  Global<D, const Element> r{};  ///< [Gr, N, D, D]
  Global<D, const Element> b{};  ///< [Gb, N, D]
  /// Out; as PackedWeights has it, r_transposed may be null.
  Global<D, Element> packed_r{};
  Global<D, Element> packed_r_transposed{};
  Global<D, float> packed_bias{};
  Int32 heads = 0;
  Int32 head_dim = 0;
  Int32 padded_dim = 0;

  template <class To, class Map>
  PackParameters<To, Element> convert(const Map& map) const {
    return {map(r), map(b), map(packed_r), map(packed_r_transposed), map(packed_bias), heads, head_dim, padded_dim};
  }
};

}  // namespace flashrnn::kernel

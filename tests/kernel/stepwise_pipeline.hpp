// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/pack_weights_kernel.hpp"
#include "common/kernel/recompute_kernel.hpp"
#include "common/kernel/stepwise_backward_kernel.hpp"
#include "common/kernel/stepwise_forward_kernel.hpp"
#include "tests/kernel/support.hpp"

namespace flashrnn::kernel::test {

/// The launches that make a stepwise forward and backward.
struct StepwisePipeline {
  template <class D, class C>
  static bool forward(Scene<D, C>& scene, const verify::Case&) {
    return run_forward(scene, scene.forward_parameters());
  }

  template <class D, class C>
  static bool run_forward(Scene<D, C>& scene,
                          const ForwardParameters<D, typename C::Element, typename C::StateElement>& forward) {
    using K = StepwiseForward<D, C>;
    typename K::Parameters p;
    p.forward = forward;
    const Extents<D>& e = p.forward.extents;
    const std::int64_t plane = e.batch * e.heads * e.padded_dim;
    p.workspace.h = scene.template workspace<typename C::Element>("h", 2 * plane);
    p.workspace.states = scene.template workspace<float>("states between launches", K::kStates * plane);
    if (C::Kernel::kTwoStages) {
      p.workspace.operand = scene.template workspace<typename C::Element>("operand", plane);
      p.workspace.products = scene.template workspace<float>("products", K::kFirstStage * plane);
    }
    const std::int64_t blocks = K::blocks(e.batch, e.heads, e.padded_dim);
    if (!scene.template launch<K>("load", p, blocks)) return false;
    for (p.step = 0; p.step < e.steps; ++p.step) {
      p.stage = StepwiseStage::kOperand;
      if (C::Kernel::kTwoStages && !scene.template launch<K>("forward operand", p, blocks)) return false;
      p.stage = StepwiseStage::kStep;
      if (!scene.template launch<K>("forward step", p, blocks)) return false;
    }
    return true;
  }

  template <class D, class C>
  static bool backward(Scene<D, C>& scene, const verify::Case& test) {
    using K = StepwiseBackward<D, C>;
    typename K::Parameters p;
    p.backward = scene.backward_parameters(scene.reserve());
    if (test.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE && !recompute(scene, p.backward)) return false;
    const Extents<D>& e = p.backward.extents;
    const std::int64_t plane = e.batch * e.heads * e.padded_dim;
    p.workspace.dstates = scene.template workspace<float>("dstates between launches", K::kStates * plane);
    if (p.backward.dreset_states.data)
      p.workspace.dreset = scene.template workspace<float>("dreset", K::kStates * plane);
    if (C::Kernel::kTwoStages) p.workspace.da = scene.template workspace<float>("da", K::kSlots * plane);
    const std::int64_t blocks = K::blocks(e.batch, e.heads, e.padded_dim);
    for (p.step = test.time - 1; p.step >= 0; --p.step) {
      p.stage = StepwiseStage::kStep;
      if (!scene.template launch<K>("backward step", p, blocks)) return false;
      p.stage = StepwiseStage::kOperand;
      if (C::Kernel::kTwoStages && !scene.template launch<K>("backward operand", p, blocks)) return false;
    }
    p.stage = StepwiseStage::kFinish;
    return scene.template launch<K>("backward finish", p, blocks);
  }

  /// Brings the gates back into the reserve that `b` reads.
  template <class D, class C>
  static bool recompute(Scene<D, C>& scene, BackwardParameters<D, typename C::Element, typename C::StateElement>& b) {
    using K = Recompute<D, C>;
    typename K::Parameters p;
    p.extents = b.extents;
    p.weights = b.weights;
    p.wx = scene.wx();
    p.reserve = b.reserve;
    const int values = kept_values(C::Kernel::kSaved, false, (b.extents.flags & kForwardClip) != 0);
    const auto kept = scene.template workspace<typename C::Element>(
        "kept again", b.extents.tokens * b.extents.heads * values * b.extents.padded_dim);
    p.kept = kept;
    if (C::Kernel::kTwoStages) p.gradients = b.gradients;
    b.reserve.kept = kept;
    const std::int64_t blocks = K::blocks(b.extents.tokens, b.extents.heads, b.extents.padded_dim);
    p.stage = StepwiseStage::kOperand;
    if (C::Kernel::kTwoStages && !scene.template launch<K>("recompute operand", p, blocks)) return false;
    p.stage = StepwiseStage::kStep;
    return scene.template launch<K>("recompute", p, blocks);
  }
};

}  // namespace flashrnn::kernel::test

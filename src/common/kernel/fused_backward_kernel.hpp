// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_cells.hpp"
#include "common/kernel/fused_backward_exchange.hpp"

namespace flashrnn::kernel {

/// Backward over all steps with R transposed on chip, batch as the matrix tile's N: t runs downwards, and in each step
/// cells turn the gradients of their states into those of their pre-activations, which are multiplied with R transposed
/// and added up to the gradient of h of the step before. A group of blocks shares a head: each multiplies the gradients
/// of its own units (reduce-scatter). All options, B, N, D >= 1.
template <class D, class C>
struct FusedBackward {
  using N = FusedBackwardNumbers<D, C>;
  using Place = FusedBackwardPlace<D, C>;
  using Parameters = typename Place::Parameters;
  using Shared = typename Place::Shared;
  static constexpr int kThreads = N::kThreads;
  static_assert(N::kFast == N::kShape.fast, "The shape knows which form the kernel has.");

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    const Place at(dev, p);
    at.share_walks(dev);
    dev.block_barrier();
    const int steps = at.steps(dev);
    const int exchanges = (N::kTwoStages ? 1 : 0) + (at.has(kGradientCut) ? 0 : 1);

    Parts parts;
    parts.product.set_up(dev, at);
    parts.cells.set_up(dev, at);
    parts.inputs.set_up(dev, at);
    if constexpr (N::kFast) parts.writer.set_up(dev, at);
    if (at.has(kLengths) || at.has(kPacked)) fused_backward_clear_padding<D, C>(dev, at);
    parts.exchange.set_up(dev, at, steps * exchanges);
    parts.inputs.request_first(dev, steps - 1);
    parts.inputs.wait_first(dev);
    dev.block_barrier();
    if (!N::kFast || p.aligned != 0) {
      walk<true>(dev, at, parts, steps);
    } else {
      walk<false>(dev, at, parts, steps);
    }
    parts.cells.finish(dev, at);
    parts.exchange.finish(dev);
  }

 private:
  using Product = FusedBackwardProduct<D, C>;
  using Cells = FusedBackwardCells<D, C>;
  struct Parts {
    Cells cells;
    typename Cells::Inputs inputs;
    FusedBackwardWriter<D, C> writer;
    FusedBackwardExchange<D, C> exchange;
    Product product;
  };

  /// All steps, from the last one down. One text for each alignment: what the slower one needs is not in the other's
  /// way.
  template <bool kAligned>
  static FLASHRNN_DEVICE_FN void walk(D& dev, const Place& at, Parts& parts, int steps) {
    parts.inputs.load(dev, at, steps - 1);
    if constexpr (!kAligned) parts.inputs.load_unaligned(dev, at, steps - 1);
    if constexpr (N::kFast) {
      walk_fast<kAligned>(dev, at, parts, steps);
    } else {
      walk_plain(dev, at, parts, steps);
    }
  }

  /// The cells of the next step stand at the end of a step: so what they make of their own inputs alone is done while
  /// the block waits for the sums. (Those of step -1 are computed and forgotten.)
  template <bool kAligned>
  static FLASHRNN_DEVICE_FN void walk_fast(D& dev, const Place& at, Parts& parts, int steps) {
    const bool cut = at.has(kGradientCut);
    parts.cells.template step<kAligned>(dev, at, parts.inputs, steps - 1, (steps - 1) & 1);
    for (int step = steps - 1; step >= 0; --step) {
      const int buffer = step & 1;
      typename Product::Sums sums;
      float through[N::kGroups][2] = {};
      parts.inputs.wait(dev);
      dev.block_barrier();
      if (!cut) {
        const auto send = [&](int i) { parts.exchange.send_tile(dev, at, i, sums[i]); };
        parts.product.multiply(dev, at, buffer, 0, N::kFirstStageGates, sums, send);
        parts.exchange.send(dev, at, sums);
      }
      // While the sums are under way. In a block that is not for long.
      if constexpr (N::kBlock) parts.inputs.request(dev, step - N::kStages);
      parts.inputs.load(dev, at, step - 1);
      if constexpr (!N::kBlock) {
        parts.writer.template write<kAligned>(dev, at, buffer, step);
        parts.inputs.request(dev, step - N::kStages);
      }
      if constexpr (!kAligned) parts.inputs.load_unaligned(dev, at, step - 1);
      if (!cut) parts.exchange.receive(dev, at, sums, through);
      if constexpr (N::kBlock) parts.writer.template write<kAligned>(dev, at, buffer, step);
      parts.cells.finish_step(dev, at, step, through);
      parts.cells.template step<kAligned>(dev, at, parts.inputs, step - 1, buffer ^ 1);
    }
  }

  static FLASHRNN_DEVICE_FN void walk_plain(D& dev, const Place& at, Parts& parts, int steps) {
    const bool cut = at.has(kGradientCut);
    for (int step = steps - 1; step >= 0; --step) {
      const int buffer = step & 1;
      typename Product::Sums sums;
      float through[N::kGroups][2] = {};
      const auto send = [&](int i) { parts.exchange.send_tile(dev, at, i, sums[i]); };
      parts.cells.template step<true>(dev, at, parts.inputs, step, buffer);
      dev.block_barrier();
      if constexpr (N::kTwoStages) {
        parts.product.multiply(dev, at, buffer, N::kFirstStageGates, N::kGates, sums, send);
        parts.exchange.send(dev, at, sums);
        parts.exchange.receive(dev, at, sums, through);
        parts.cells.operand_step(dev, at, parts.inputs, step, buffer, through);
        dev.block_barrier();
      }
      if (!cut) {
        parts.product.multiply(dev, at, buffer, 0, N::kFirstStageGates, sums, send);
        parts.exchange.send(dev, at, sums);
        parts.exchange.receive(dev, at, sums, through);
      }
      parts.cells.finish_step(dev, at, step, through);
    }
  }
};

}  // namespace flashrnn::kernel

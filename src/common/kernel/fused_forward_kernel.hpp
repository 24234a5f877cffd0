// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/exchange_block.hpp"
#include "common/kernel/exchange_cluster.hpp"
#include "common/kernel/exchange_grid.hpp"
#include "common/kernel/fused_forward_cells.hpp"
#include "common/kernel/fused_forward_output.hpp"
#include "common/kernel/fused_forward_padding.hpp"
#include "common/kernel/fused_forward_ring.hpp"

namespace flashrnn::kernel {

template <class D, class C, Exchange>
struct ForwardExchange;
template <class D, class C>
struct ForwardExchange<D, C, Exchange::kBlock> {
  using Type = BlockExchange<D, C>;
};
template <class D, class C>
struct ForwardExchange<D, C, Exchange::kCluster> {
  using Type = ClusterExchange<D, C>;
};
template <class D, class C>
struct ForwardExchange<D, C, Exchange::kGrid> {
  using Type = GridExchange<D, C>;
};

/// All steps of the forward pass in one launch: R stays on chip. Grid, threads, shared memory and buffers between
/// blocks: fused_forward_shape.hpp. One step, with h double-buffered:
///
///   h of the step is there -> sums = b + Wx + R h by matrix tiles -> cells -> h of the next step is handed over
///
/// Meanwhile Wx of later steps comes in, and what the step before gave goes out.
template <class D, class C>
struct FusedForward {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Parameters = ForwardParameters<D, Element, typename C::StateElement>;
  using Shared = ForwardShared<D, C>;
  static constexpr int kThreads = L::kThreads;
  static_assert(sizeof(Shared) == fused_forward::block_shared_bytes(L::kShape),
                "The planner knows what a block takes.");
  static_assert(L::kLanes == D::kWarpSize, "The tile is one of this device.");

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    Shared& shared = dev.template shared<Shared>();
    const ForwardPlace<C> place(dev, p.extents);
    const int steps = steps_of_rows(dev, p.extents, place);

    WxRing<D, C> ring(dev, shared, p, place, steps);
    FLASHRNN_ROLL
    for (int t = 0; t < L::kStages - 1; ++t) {
      p.aligned != 0 ? ring.template request<true>(dev, t) : ring.template request<false>(dev, t);
    }
    fill_h(dev, shared, p, place);
    ForwardCells<D, C> cells(dev, p, place);
    RecurrentOperand<D, C> r(dev, shared, p.extents, p.weights.r, place);
    ForwardOutput<D, C> output(dev, p, place);
    typename ForwardExchange<D, C, C::kExchange>::Type exchange(dev, shared, p, place, steps);
    ring.wait(dev);
    exchange.start(dev);

    // Two loops: a branch in the one would stand in every step's way.
    if (p.aligned != 0) {
      walk<true>(dev, shared, p, place, steps, ring, cells, r, output, exchange);
    } else {
      walk<false>(dev, shared, p, place, steps, ring, cells, r, output, exchange);
    }
    cells.finish(dev, p);
    ForwardPadding<D, C>::clear(dev, p, place);
    exchange.leave(dev);
  }

 private:
  using Elements = device::Shared<D, Element>;

  template <bool kAligned, class ExchangeType>
  static FLASHRNN_DEVICE_FN void walk(D& dev, Shared& shared, const Parameters& p, const ForwardPlace<C>& place,
                                      int steps, WxRing<D, C>& ring, ForwardCells<D, C>& cells,
                                      RecurrentOperand<D, C>& r, ForwardOutput<D, C>& output, ExchangeType& exchange) {
    if constexpr (L::kWarpsAlone) {
      walk_alone<kAligned>(dev, shared, p, place, steps, ring, cells, r, output, exchange);
    } else {
      walk_together<kAligned>(dev, shared, p, place, steps, ring, cells, r, output, exchange);
    }
  }

  /// Of a block: everything passes barriers of the block.
  template <bool kAligned, class ExchangeType>
  static FLASHRNN_DEVICE_FN void walk_together(D& dev, Shared& shared, const Parameters& p,
                                               const ForwardPlace<C>& place, int steps, WxRing<D, C>& ring,
                                               ForwardCells<D, C>& cells, RecurrentOperand<D, C>& r,
                                               ForwardOutput<D, C>& output, ExchangeType& exchange) {
    constexpr int kBuffer = L::kHeads * L::kHElements;
    const Elements h = shared.h.data();
    const Elements mine = h + place.block_head * L::kHElements;
    const Elements staging = shared.staging.data();
    const Elements first_stage = shared.ring.data();
    Elements stage = first_stage;
    InputMatrices<D, C> inputs(dev, CellMatrices<D, C>::moved_unit(place));
    if (steps > 0) inputs.read(dev, stage);

    FLASHRNN_ROLL
    for (int t = 0; t < steps; ++t) {
      const int now = (t & 1) * kBuffer;
      const int next = kBuffer - now;
      ForwardSums<C> sums;
      r.prefetch(dev);
      cells.begin(dev, inputs, stage, sums);
      exchange.wait(dev, t);
      r.template multiply<0, L::kFirstTiles>(dev, mine + now, sums);
      ring.template request<kAligned>(dev, t + L::kStages - 1);
      if (t > 0) {
        output.template put<kAligned>(dev, h + now, staging + ((t - 1) & 1) * kStagingElements, t - 1);
      } else {
        output.put_first(dev, h);
      }
      ring.wait(dev);
      cells.template collect<0, L::kFirstGates>(dev, shared, sums, t);
      if constexpr (L::kFirstTiles < L::kTiles) {
        const Elements operand = shared.operand.data() + place.block_head * L::kHElements;
        cells.put_operand(dev, operand);
        r.prefetch(dev);
        dev.block_barrier();
        r.template multiply<L::kFirstTiles, L::kTiles>(dev, operand, sums);
        cells.template collect<L::kFirstGates, L::kGates>(dev, shared, sums, t);
      }
      cells.step(dev, p, t, staging + (t & 1) * kStagingElements);
      cells.put_h(dev, mine + next);
      exchange.hand_over(dev, t);
      stage = stage == first_stage + kLastStage ? first_stage : stage + WxRing<D, C>::kStageElements;
      if (t + 1 < steps) inputs.read(dev, stage);
    }
    if (steps > 0) {
      output.template put<kAligned>(dev, h + (steps & 1) * kBuffer, staging + ((steps - 1) & 1) * kStagingElements,
                                    steps - 1);
    }
  }

  /// In a cluster: each warp by itself, but for the arrival of h and the k warps of its units.
  template <bool kAligned, class ExchangeType>
  static FLASHRNN_DEVICE_FN void walk_alone(D& dev, Shared& shared, const Parameters& p, const ForwardPlace<C>& place,
                                            int steps, WxRing<D, C>& ring, ForwardCells<D, C>& cells,
                                            RecurrentOperand<D, C>& r, ForwardOutput<D, C>& output,
                                            ExchangeType& exchange) {
    const Elements h = shared.h.data();
    const Elements staging = shared.staging.data() + place.mover() * kStagingElements;
    const Elements first_stage = shared.ring.data() + place.mover() * (L::kStages * WxRing<D, C>::kStageElements);
    Elements stage = first_stage;
    InputMatrices<D, C> inputs(dev, 0);
    cells.stage_h(dev, staging);
    dev.warp_barrier(D::kFullMask);
    output.put_first(dev, staging);

    FLASHRNN_ROLL
    for (int t = 0; t < steps; ++t) {
      ForwardSums<C> sums;
      r.prefetch(dev);
      ring.wait(dev);
      dev.warp_barrier(D::kFullMask);
      inputs.read(dev, stage);
      cells.begin(dev, inputs, stage, sums);
      ring.template request<kAligned>(dev, t + L::kStages - 1);
      exchange.wait(dev, t);
      r.template multiply<0, L::kTiles>(dev, h + (t & 1) * L::kHElements, sums);
      cells.template collect<0, L::kGates>(dev, shared, sums, t);
      cells.step(dev, p, t, staging);
      cells.stage_h(dev, staging);
      dev.warp_barrier(D::kFullMask);
      exchange.hand_over(dev, t);
      output.template put<kAligned>(dev, staging, staging, t);
      stage = stage == first_stage + kLastStage ? first_stage : stage + WxRing<D, C>::kStageElements;
    }
  }
  static constexpr int kLastStage = (L::kStages - 1) * WxRing<D, C>::kStageElements;
  static constexpr int kStagingElements = L::kStagedValues * L::kMovedRows * L::kMovedRowElements;

  /// Of the block's longest row.
  static FLASHRNN_DEVICE_FN int steps_of_rows(D& dev, const Extents<D>& e, const ForwardPlace<C>& place) {
    if constexpr (!L::kRagged) {
      return static_cast<int>(e.steps);
    } else {
      Int64 most = 0;
      FLASHRNN_ROLL
      for (int row = 0; row < L::kRows; ++row) most = max_of(most, walk_of<D, C>(dev, e, place, row).length);
      return static_cast<int>(most);
    }
  }

  /// h as it enters the first step, of all units: every block of a group makes it for itself. Zeros beyond and in the
  /// other buffer.
  static FLASHRNN_DEVICE_FN void fill_h(D& dev, Shared& shared, const Parameters& p, const ForwardPlace<C>& place) {
    const Extents<D>& e = p.extents;
    constexpr int kOfHead = L::kRows * L::kHUnits;
    for (int i = place.thread; i < L::kHeads * kOfHead; i += L::kThreads) {
      const int row = i % kOfHead / L::kHUnits;
      const int unit = i % L::kHUnits;
      const int head = i / kOfHead;
      const Int64 b = place.first_row + row;
      float x = 0.0F;
      if (p.initial_states.data || has<C::kFlags>(e.flags, kResets)) {
        const RowWalk walk = walk_of<D, C>(dev, e, place, row);
        x = reset_before<C::kFlags>(dev, e, walk, b, 0)
                ? given_state<D>(dev, p.reset_states, e, 0, b, place.first_head + head, unit)
                : given_state<D>(dev, p.initial_states, e, 0, b, place.first_head + head, unit);
      }
      const int at = head * L::kHElements + L::h_at(row, unit);
      dev.store(shared.h.data() + at, dev.template from_float<Element>(x));
      dev.store(shared.h.data() + (L::kHeads * L::kHElements + at), zero_element<Element>());
      if constexpr (L::kFirstTiles < L::kTiles) dev.store(shared.operand.data() + at, zero_element<Element>());
    }
  }
};

}  // namespace flashrnn::kernel

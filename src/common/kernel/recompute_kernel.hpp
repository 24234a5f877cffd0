// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/stepwise_block.hpp"
#include "common/kernel/stepwise_parameters.hpp"

namespace flashrnn::kernel {

/// The gates of all steps again, from the states that entered them: one large product, its rows the tokens. A cell of
/// two stages takes two launches: the first leaves the second stage's operand.
template <class D, class C>
struct Recompute {
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Element = typename C::Element;
  using Parameters = RecomputeParameters<D, Element>;
  using Shape = BlockShape<C, Cell::kRecurrentGates>;
  static constexpr int kThreads = Shape::kThreads;

  static constexpr int kStates = Cell::kStates;
  static constexpr int kFirstStage = Kernel::first_stage_gates();
  static constexpr int kSecondStage = Cell::kRecurrentGates - kFirstStage;
  static constexpr int kGradients = Cell::kBiases + (Kernel::kTwoStages ? 1 : 0);
  using FirstProduct = Product<D, C, kFirstStage, Cell::kRecurrentGates>;
  using SecondProduct = Product<D, C, Kernel::kTwoStages ? kSecondStage : 1, Cell::kRecurrentGates>;

  struct Shared {
    union {
      typename FirstProduct::Shared first;
      typename SecondProduct::Shared second;
    };
  };

  static_assert(sizeof(Shared) == kStepwiseShared<C, Cell::kRecurrentGates>,
                "The planner knows the shared memory of a block.");

  static constexpr Int64 blocks(Int64 tokens, Int64 heads, Int64 padded_dim) {
    return stepwise_blocks<Shape>(tokens, heads, padded_dim);
  }

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    const Extents<D>& e = p.extents;
    const BlockPlace<Shape> block(dev, e.heads, e.padded_dim);
    Shared& shared = dev.template shared<Shared>();
    multiply<FirstProduct>(dev, shared.first, p, block, 0, p.reserve.kept, e.padded_dim);
    if constexpr (Kernel::kTwoStages) {
      if (p.stage == StepwiseStage::kOperand) {
        make_operand(dev, p, block, shared);
        return;
      }
      Sums first[kThreadCells<Shape>];  // in registers: the second product takes their place in shared memory
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) first[i] = first_sums(dev, shared, cell_of(dev, e, block, i));
      dev.block_barrier();
      const Global<D, const Element> operand = p.gradients + static_cast<Int64>(Cell::kBiases) * e.padded_dim;
      multiply<SecondProduct>(dev, shared.second, p, block, kFirstStage, operand,
                              static_cast<Int64>(kGradients) * e.padded_dim);
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) finish(dev, p, shared, cell_of(dev, e, block, i), first[i]);
    } else {
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        finish(dev, p, shared, cell, first_sums(dev, shared, cell));
      }
    }
  }

 private:
  using Block = BlockPlace<Shape>;

  static FLASHRNN_DEVICE_FN CellPlace cell_of(D& dev, const Extents<D>& e, const Block& block, int i) {
    return cell_place(dev, block, i, e.tokens, e.padded_dim);
  }

  // R times the rows [M, N, P] at `operand`, which lie `stride` apart.
  template <class P>
  static FLASHRNN_DEVICE_FN void multiply(D& dev, typename P::Shared& shared, const Parameters& p, const Block& block,
                                          int first_gate, Global<D, const Element> operand, Int64 stride) {
    const Extents<D>& e = p.extents;
    P::run(
        dev, shared, 1, e.padded_dim,
        [&](int gate, int unit) {
          return weight_row<D, Element>(p.weights.r, e, first_gate + gate, block.head, block.first_unit + unit);
        },
        0,
        [&](int row) {
          const Int64 token = block.first_row + row;
          return token < e.tokens ? operand + (token * e.heads + block.head) * stride : Global<D, const Element>{};
        },
        [](int) { return Int64{0}; });
  }

  // Where a token's Wx lies, if a row reaches the token.
  struct TokenPlace {
    bool reached;
    Int64 wx;
  };
  static FLASHRNN_DEVICE_FN TokenPlace token_place(D& dev, const Parameters& p, Int64 token) {
    const Extents<D>& e = p.extents;
    if (has<C::kFlags>(e.flags, kPacked)) {
      return {token < dev.load(e.cu_seqlens + e.batch), token * p.wx.stride_t};
    }
    // Divisions of 64 bits are slow.
    const bool small = e.tokens <= 0x7fffffff;
    const Int64 b = small ? static_cast<Uint32>(token) / static_cast<Uint32>(e.steps) : token / e.steps;
    const Int64 t = token - b * e.steps;
    const bool reached = !has<C::kFlags>(e.flags, kLengths) || t < dev.load(e.lengths + b);
    return {reached, b * p.wx.stride_b + t * p.wx.stride_t};
  }

  static FLASHRNN_DEVICE_FN void load_cell(D& dev, const Parameters& p, const CellPlace& cell, const TokenPlace& place,
                                           float (&a)[Cell::kBiases], float (&prev)[kStates]) {
    const Extents<D>& e = p.extents;
    load_inputs<D, C>(dev, a, p.weights, p.wx.data + place.wx, e, cell.head, cell.unit);
    const Int64 at = cell.row * e.heads + cell.head;
    prev[0] = dev.to_float(dev.load(p.reserve.kept + (at * e.padded_dim + cell.unit)));
    FLASHRNN_UNROLL
    for (int s = 1; s < kStates; ++s) {
      prev[s] = dev.load(p.reserve.states + ((at * (kStates - 1) + (s - 1)) * e.padded_dim + cell.unit));
    }
  }

  // R h of a cell's first-stage gates.
  struct Sums {
    float of[kFirstStage] = {};
  };
  static FLASHRNN_DEVICE_FN Sums first_sums(D& dev, Shared& shared, const CellPlace& cell) {
    Sums sums;
    if (!cell.inside) return sums;
    FLASHRNN_UNROLL
    for (int gate = 0; gate < kFirstStage; ++gate) {
      sums.of[gate] = FirstProduct::sum(dev, shared.first, cell.row_in_block, gate, cell.unit_in_block);
    }
    return sums;
  }

  static FLASHRNN_DEVICE_FN void make_operand(D& dev, const Parameters& p, const Block& block, Shared& shared) {
    const Extents<D>& e = p.extents;
    for (int i = 0; i < kThreadCells<Shape>; ++i) {
      const CellPlace cell = cell_of(dev, e, block, i);
      if (!cell.inside) continue;
      const TokenPlace place = token_place(dev, p, cell.row);
      float operand = 0.0F;
      if (place.reached && cell.unit < e.head_dim) {
        float a[Cell::kBiases];
        float prev[kStates];
        load_cell(dev, p, cell, place, a, prev);
        add_first(a, first_sums(dev, shared, cell));
        operand = Cell::template operand<typename C::Math>(a, prev);
      }
      const Int64 at = ((cell.row * e.heads + cell.head) * kGradients + Cell::kBiases) * e.padded_dim + cell.unit;
      dev.store(p.gradients + at, dev.template from_float<Element>(operand));
    }
  }

  static FLASHRNN_DEVICE_FN void add_first(float (&a)[Cell::kBiases], const Sums& first) {
    FLASHRNN_UNROLL
    for (int gate = 0; gate < kFirstStage; ++gate) a[Cell::recurrent_slot(gate)] += first.of[gate];
  }

  static FLASHRNN_DEVICE_FN void finish(D& dev, const Parameters& p, Shared& shared, const CellPlace& cell,
                                        const Sums& first) {
    if (!cell.inside) return;
    const Extents<D>& e = p.extents;
    const TokenPlace place = token_place(dev, p, cell.row);
    float prev[kStates] = {};
    float next[kStates] = {};
    float saved[Kernel::kSaved] = {};
    bool clamped = true;  // so the padding is 0
    if (place.reached && cell.unit < e.head_dim) {
      float a[Cell::kBiases];
      load_cell(dev, p, cell, place, a, prev);
      add_first(a, first);
      FLASHRNN_UNROLL
      for (int gate = 0; gate < kSecondStage; ++gate) {
        a[Cell::recurrent_slot(kFirstStage + gate)] +=
            SecondProduct::sum(dev, shared.second, cell.row_in_block, gate, cell.unit_in_block);
      }
      Kernel::template forward<typename C::Math>(a, prev, next, saved);
      clamped = next[0] > e.forward_clip || next[0] < -e.forward_clip;
    }
    const bool clips = has<C::kFlags>(e.flags, kForwardClip);
    const int values = kept_values(Kernel::kSaved, false, clips);
    const auto kept = p.kept + ((cell.row * e.heads + cell.head) * values * e.padded_dim + cell.unit);
    const auto store = [&](int value, float x) {
      dev.store(kept + static_cast<Int64>(value) * e.padded_dim, dev.template from_float<Element>(x));
    };
    store(0, prev[0]);
    FLASHRNN_UNROLL
    for (int v = 0; v < Kernel::kSaved; ++v) store(1 + v, saved[v]);
    if (clips) store(1 + Kernel::kSaved, clamped ? 0.0F : 1.0F);
  }
};

}  // namespace flashrnn::kernel

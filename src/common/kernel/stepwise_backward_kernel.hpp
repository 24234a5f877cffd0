// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/stepwise_block.hpp"
#include "common/kernel/stepwise_parameters.hpp"

namespace flashrnn::kernel {

/// One step of all rows, downwards, in one launch (two for a cell of two stages). A launch begins with what the step
/// after it sends through R, a product of R transposed with that step's gate gradients, which `gradients` holds.
template <class D, class C>
struct StepwiseBackward {
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Element = typename C::Element;
  using Parameters = StepwiseBackwardParameters<D, Element, typename C::StateElement>;
  using Shape = BlockShape<C, 1>;
  using UnitProduct = Product<D, C, 1, 1>;
  using Shared = typename UnitProduct::Shared;
  static_assert(sizeof(Shared) == kStepwiseShared<C, 1>, "The planner knows the shared memory of a block.");
  static constexpr int kThreads = Shape::kThreads;

  static constexpr int kStates = Cell::kStates;
  static constexpr int kSlots = Cell::kBiases;
  static constexpr int kFirstStage = Kernel::first_stage_gates();
  /// Values of a token in `gradients`.
  static constexpr int kGradients = kSlots + (Kernel::kTwoStages ? 1 : 0);

  static constexpr Int64 blocks(Int64 batch, Int64 heads, Int64 padded_dim) {
    return stepwise_blocks<Shape>(batch, heads, padded_dim);
  }

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    const BlockPlace<Shape> block(dev, p.backward.extents.heads, p.backward.extents.padded_dim);
    if constexpr (Kernel::kTwoStages) {
      if (p.stage == StepwiseStage::kOperand) {
        through_operand(dev, p, block);
        return;
      }
    }
    step(dev, p, block);
  }

 private:
  using Block = BlockPlace<Shape>;
  static constexpr bool kLoadsEarly = kThreadCells<Shape> <= 4;
  struct Inputs {
    float saved[Kernel::kSaved] = {};
    float prev[kStates] = {};
    float outside[kStates] = {};  // dstates of the token
    bool clamped = false;
  };

  static FLASHRNN_DEVICE_FN Int64 plane(const Extents<D>& e) { return e.batch * e.heads * e.padded_dim; }
  static FLASHRNN_DEVICE_FN Int64 index(const Extents<D>& e, const CellPlace& cell) {
    return padded_index(e.heads, e.padded_dim, cell.row, cell.head, cell.unit);
  }
  static FLASHRNN_DEVICE_FN Int64 time_of(const Extents<D>& e, const RowWalk& walk, Int64 step) {
    return walk.template time<C::kFlags>(e.flags, step);
  }
  static FLASHRNN_DEVICE_FN Int64 token_of(const Extents<D>& e, const RowWalk& walk, Int64 step) {
    return walk.first_token + time_of(e, walk, step);
  }
  static FLASHRNN_DEVICE_FN CellPlace cell_of(D& dev, const Extents<D>& e, const Block& block, int i) {
    return cell_place(dev, block, i, e.batch, e.padded_dim);
  }

  static constexpr bool is_second_stage(int slot) {
    FLASHRNN_UNROLL
    for (int gate = kFirstStage; gate < Cell::kRecurrentGates; ++gate) {
      if (Cell::recurrent_slot(gate) == slot) return true;
    }
    return false;
  }

  // The gradient of what Gates gates from First on multiply, from the gate gradients of `from_step`. False, and no
  // sums, when the step reaches no row of the block.
  template <int First, int Gates>
  static FLASHRNN_DEVICE_FN bool multiply(D& dev, Shared& shared, const Parameters& p, const Block& block,
                                          Int64 from_step) {
    const Extents<D>& e = p.backward.extents;
    bool reaches = false;
    for (int row = dev.lane(); row < Shape::kRows; row += D::kWarpSize) {
      reaches = reaches || row_walk<C::kFlags>(dev, e, block.first_row + row).reaches(from_step);
    }
    if (!dev.any(D::kFullMask, reaches)) return false;
    const Global<D, const Element> gradients = p.backward.gradients;
    UnitProduct::run(
        dev, shared, Gates, e.padded_dim,
        [&](int, int unit) {
          return weight_row<D, Element>(p.backward.weights.r_transposed, e, First, block.head, block.first_unit + unit);
        },
        static_cast<Int64>(e.heads) * e.padded_dim * e.padded_dim,
        [&](int row) {
          const RowWalk walk = row_walk<C::kFlags>(dev, e, block.first_row + row);
          if (!walk.reaches(from_step)) return Global<D, const Element>{};
          return gradients + (token_of(e, walk, from_step) * e.heads + block.head) * kGradients * e.padded_dim;
        },
        [&](int gate) { return static_cast<Int64>(Cell::recurrent_slot(First + gate)) * e.padded_dim; });
    return true;
  }

  // What comes back from the step after `step`: gradients of the states after `step`, but for those from outside.
  static FLASHRNN_DEVICE_FN void arrive(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk,
                                        Int64 step, float through_r, float (&d)[kStates]) {
    const Extents<D>& e = p.backward.extents;
    if (!walk.reaches(step + 1)) {
      FLASHRNN_UNROLL
      for (int s = 0; s < kStates; ++s) d[s] = load_state(dev, p.backward.dfinal_states, e, s, cell);
      return;
    }
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) d[s] = dev.load(p.workspace.dstates + (s * plane(e) + index(e, cell)));
    if (!has<C::kFlags>(e.flags, kGradientCut)) d[0] += through_r;
    if (has<C::kFlags>(e.flags, kGradientClip)) d[0] = clamp(d[0], e.gradient_clip);
    if (!is_reset<C::kFlags>(dev, e, walk, cell.row, time_of(e, walk, step + 1))) return;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      if (p.workspace.dreset) {
        const auto sum = p.workspace.dreset + (s * plane(e) + index(e, cell));
        dev.store(sum, dev.load(sum) + d[s]);
      }
      d[s] = 0.0F;
    }
  }

  static FLASHRNN_DEVICE_FN Global<D, const Element> kept_of(const Parameters& p, const CellPlace& cell, Int64 token) {
    const Extents<D>& e = p.backward.extents;
    const int values = kept_values(Kernel::kSaved, false, has<C::kFlags>(e.flags, kForwardClip));
    return p.backward.reserve.kept + ((token * e.heads + cell.head) * values * e.padded_dim + cell.unit);
  }

  static FLASHRNN_DEVICE_FN Inputs load_cell(D& dev, const Parameters& p, const CellPlace& cell) {
    const Extents<D>& e = p.backward.extents;
    Inputs in;
    if (!cell.inside || cell.unit >= e.head_dim || p.stage == StepwiseStage::kFinish) return in;
    const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
    if (!walk.reaches(p.step)) return in;
    const Int64 token = token_of(e, walk, p.step);
    const auto kept = kept_of(p, cell, token);
    in.prev[0] = dev.to_float(dev.load(kept));
    FLASHRNN_UNROLL
    for (int v = 0; v < Kernel::kSaved; ++v) {
      in.saved[v] = dev.to_float(dev.load(kept + static_cast<Int64>(1 + v) * e.padded_dim));
    }
    if (has<C::kFlags>(e.flags, kForwardClip)) {
      const float factor = dev.to_float(dev.load(kept + static_cast<Int64>(1 + Kernel::kSaved) * e.padded_dim));
      in.clamped = factor == 0.0F;
    }
    FLASHRNN_UNROLL
    for (int s = 1; s < kStates; ++s) {
      const Int64 at = ((token * e.heads + cell.head) * (kStates - 1) + (s - 1)) * e.padded_dim + cell.unit;
      in.prev[s] = dev.load(p.backward.reserve.states + at);
    }
    const Tensor<D, const Element>& outside = p.backward.dstates;
    const bool all = has<C::kFlags>(e.flags, kSequenceAll);
    if (!outside.data || p.stage != StepwiseStage::kStep) return in;
    const Int64 at = cell.row * outside.stride_b + (walk.first_time + time_of(e, walk, p.step)) * outside.stride_t +
                     static_cast<Int64>(cell.head) * e.head_dim + cell.unit;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      if (all || (s == 0 && has<C::kFlags>(e.flags, kSequenceH))) {
        in.outside[s] = dev.to_float(dev.load(outside.data + (s * outside.stride_s + at)));
      }
    }
    return in;
  }

  // Runs `finish` on every cell of the thread that lies inside, after `multiply`, which says whether there are sums.
  template <class Multiply, class Finish>
  static FLASHRNN_DEVICE_FN void each_cell(D& dev, const Parameters& p, const Block& block, const Multiply& multiply,
                                           const Finish& finish) {
    const Extents<D>& e = p.backward.extents;
    if constexpr (kLoadsEarly) {
      Inputs inputs[kThreadCells<Shape>];
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) inputs[i] = load_cell(dev, p, cell_of(dev, e, block, i));
      const bool sums = multiply();
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        if (cell.inside) finish(cell, inputs[i], sums);
      }
    } else {
      const bool sums = multiply();
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        const Inputs inputs = load_cell(dev, p, cell);
        if (cell.inside) finish(cell, inputs, sums);
      }
    }
  }

  static FLASHRNN_DEVICE_FN float sum_of(D& dev, Shared& shared, const CellPlace& cell, bool sums) {
    return sums ? UnitProduct::sum(dev, shared, cell.row_in_block, 0, cell.unit_in_block) : 0.0F;
  }
  static FLASHRNN_DEVICE_FN void store_gradient(D& dev, const Parameters& p, const CellPlace& cell, Int64 token,
                                                int value, float x) {
    const Extents<D>& e = p.backward.extents;
    const Int64 at = ((token * e.heads + cell.head) * kGradients + value) * e.padded_dim + cell.unit;
    dev.store(p.backward.gradients + at, dev.template from_float<Element>(x));
  }
  static FLASHRNN_DEVICE_FN void zero_gradients(D& dev, const Parameters& p, const CellPlace& cell, Int64 token) {
    FLASHRNN_UNROLL
    for (int value = 0; value < kGradients; ++value) store_gradient(dev, p, cell, token, value, 0.0F);
  }
  static FLASHRNN_DEVICE_FN void store_dwx(D& dev, const Parameters& p, const CellPlace& cell, Int64 time,
                                           const float (&da)[kSlots]) {
    const Tensor<D, Element>& out = p.backward.dwx;
    if (!out.data) return;
    const Extents<D>& e = p.backward.extents;
    const Int64 gate_stride = static_cast<Int64>(e.heads) * e.head_dim;
    const Int64 at =
        cell.row * out.stride_b + time * out.stride_t + static_cast<Int64>(cell.head) * e.head_dim + cell.unit;
    FLASHRNN_UNROLL
    for (int gate = 0; gate < Cell::kInputGates; ++gate) {
      dev.store(out.data + (at + gate * gate_stride), dev.template from_float<Element>(da[Cell::input_slot(gate)]));
    }
  }

  // Before the first step: nothing has come to the sums over resets, and positions behind a packed batch stay 0.
  static FLASHRNN_DEVICE_FN void start(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.backward.extents;
    if (p.workspace.dreset) {
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        if (!cell.inside) continue;
        FLASHRNN_UNROLL
        for (int s = 0; s < kStates; ++s) dev.store(p.workspace.dreset + (s * plane(e) + index(e, cell)), 0.0F);
      }
    }
    if (has<C::kFlags>(e.flags, kPacked)) {
      const Int64 values = static_cast<Int64>(e.heads) * kGradients * e.padded_dim;
      zero_tokens<Element>(dev, p.backward.gradients, dev.load(e.cu_seqlens + e.batch), e.tokens, values);
    }
  }

  static FLASHRNN_DEVICE_FN void step(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.backward.extents;
    Shared& shared = dev.template shared<Shared>();
    const bool finishes = p.stage == StepwiseStage::kFinish;
    if (!finishes && p.step + 1 == e.steps) start(dev, p, block);
    // What the next step sends through R.
    const auto multiply_next = [&] {
      if (has<C::kFlags>(e.flags, kGradientCut)) return false;
      return multiply<0, kFirstStage>(dev, shared, p, block, finishes ? 0 : p.step + 1);
    };
    each_cell(dev, p, block, multiply_next, [&](const CellPlace& cell, const Inputs& in, bool sums) {
      const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
      if (finishes) {
        if (cell.unit < e.head_dim) finish_cell(dev, p, cell, walk, sum_of(dev, shared, cell, sums));
      } else if (!walk.reaches(p.step)) {
        if (has<C::kFlags>(e.flags, kPacked)) return;
        zero_gradients(dev, p, cell, walk.first_token + p.step);
        const float zeros[kSlots] = {};
        if (cell.unit < e.head_dim) store_dwx(dev, p, cell, p.step, zeros);
      } else if (cell.unit >= e.head_dim) {
        zero_gradients(dev, p, cell, token_of(e, walk, p.step));
      } else {
        step_cell(dev, p, cell, walk, in, sum_of(dev, shared, cell, sums));
      }
    });
  }

  static FLASHRNN_DEVICE_FN void step_cell(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk,
                                           const Inputs& in, float through_r) {
    const Extents<D>& e = p.backward.extents;
    float d[kStates];
    arrive(dev, p, cell, walk, p.step, through_r, d);
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) d[s] += in.outside[s];
    if (in.clamped) d[0] = 0.0F;
    float da[kSlots];
    float dprev[kStates];
    Kernel::template backward<typename C::Math>(in.saved, in.prev, d, da, dprev);

    const Int64 token = token_of(e, walk, p.step);
    FLASHRNN_UNROLL
    for (int slot = 0; slot < kSlots; ++slot) {
      if (!Kernel::kTwoStages || is_second_stage(slot)) store_gradient(dev, p, cell, token, slot, da[slot]);
    }
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) dev.store(p.workspace.dstates + (s * plane(e) + index(e, cell)), dprev[s]);
    if constexpr (Kernel::kTwoStages) {
      FLASHRNN_UNROLL
      for (int slot = 0; slot < kSlots; ++slot) {
        dev.store(p.workspace.da + (slot * plane(e) + index(e, cell)), da[slot]);
      }
    } else {
      store_dwx(dev, p, cell, walk.first_time + time_of(e, walk, p.step), da);
    }
  }

  // The second stage's gates multiplied an operand: its gradient, and what it adds to those of kStep.
  static FLASHRNN_DEVICE_FN void through_operand(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.backward.extents;
    Shared& shared = dev.template shared<Shared>();
    const auto multiply_gates = [&] {
      return multiply<kFirstStage, Cell::kRecurrentGates - kFirstStage>(dev, shared, p, block, p.step);
    };
    each_cell(dev, p, block, multiply_gates, [&](const CellPlace& cell, const Inputs& in, bool sums) {
      const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
      if (!walk.reaches(p.step) || cell.unit >= e.head_dim) return;
      const float doperand = sum_of(dev, shared, cell, sums);
      float da[kSlots];
      float dprev[kStates];
      Kernel::template operand_backward<typename C::Math>(in.saved, in.prev, doperand, da, dprev);
      FLASHRNN_UNROLL
      for (int s = 0; s < kStates; ++s) {
        if (s == 0 && has<C::kFlags>(e.flags, kGradientCut)) continue;
        const auto sum = p.workspace.dstates + (s * plane(e) + index(e, cell));
        dev.store(sum, dev.load(sum) + dprev[s]);
      }
      const Int64 token = token_of(e, walk, p.step);
      FLASHRNN_UNROLL
      for (int slot = 0; slot < kSlots; ++slot) {
        da[slot] += dev.load(p.workspace.da + (slot * plane(e) + index(e, cell)));
        // Other blocks read those of the second stage now; the operand adds nothing to them.
        if (!is_second_stage(slot)) store_gradient(dev, p, cell, token, slot, da[slot]);
      }
      store_gradient(dev, p, cell, token, kSlots, Kernel::template saved_operand<typename C::Math>(in.saved, in.prev));
      store_dwx(dev, p, cell, walk.first_time + time_of(e, walk, p.step), da);
    });
  }

  static FLASHRNN_DEVICE_FN void finish_cell(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk,
                                             float through_r) {
    const Extents<D>& e = p.backward.extents;
    float d[kStates];
    arrive(dev, p, cell, walk, -1, through_r, d);
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      if (p.backward.dinitial_states.data) store_state(dev, p.backward.dinitial_states, e, s, cell, d[s]);
      if (p.workspace.dreset && p.backward.dreset_states.data) {
        store_state(dev, p.backward.dreset_states, e, s, cell,
                    dev.load(p.workspace.dreset + (s * plane(e) + index(e, cell))));
      }
    }
  }
};

}  // namespace flashrnn::kernel

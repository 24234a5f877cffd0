// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/stepwise_block.hpp"
#include "common/kernel/stepwise_parameters.hpp"

namespace flashrnn::kernel {

/// One step of all rows in one launch (two for a cell of two stages), for R that does not stay on chip. A cell belongs
/// to the same thread in every launch, which keeps its states in the workspace in place; h goes from launch to launch
/// in two buffers, rounded as R multiplies it.
template <class D, class C>
struct StepwiseForward {
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Element = typename C::Element;
  using Parameters = StepwiseForwardParameters<D, Element, typename C::StateElement>;
  using Shape = BlockShape<C, Cell::kRecurrentGates>;
  static constexpr int kThreads = Shape::kThreads;

  static constexpr int kStates = Cell::kStates;
  static constexpr int kFirstStage = Kernel::first_stage_gates();
  /// The gates of kStep: the second stage's where there is one.
  static constexpr int kStepFirst = Kernel::kTwoStages ? kFirstStage : 0;
  static constexpr int kStepGates = Cell::kRecurrentGates - kStepFirst;
  using StepProduct = Product<D, C, kStepGates, Cell::kRecurrentGates>;
  using OperandProduct = Product<D, C, kFirstStage, Cell::kRecurrentGates>;

  struct Shared {
    union {
      typename StepProduct::Shared step;
      typename OperandProduct::Shared operand;
    };
  };

  static_assert(sizeof(Shared) == kStepwiseShared<C, Cell::kRecurrentGates>,
                "The planner knows the shared memory of a block.");

  static constexpr Int64 blocks(Int64 batch, Int64 heads, Int64 padded_dim) {
    return stepwise_blocks<Shape>(batch, heads, padded_dim);
  }

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    const BlockPlace<Shape> block(dev, p.forward.extents.heads, p.forward.extents.padded_dim);
    if (p.stage == StepwiseStage::kLoad) {
      load(dev, p, block);
    } else if (p.stage == StepwiseStage::kStep) {
      step(dev, p, block);
    } else if constexpr (Kernel::kTwoStages) {
      make_operand(dev, p, block);
    }
  }

 private:
  // What a cell needs beside the product: loaded before it where registers allow, to hide the way to memory.
  static constexpr bool kLoadsEarly = kThreadCells<Shape> <= 4;
  struct Inputs {
    float a[Cell::kBiases] = {};
    float prev[kStates] = {};
  };
  using Block = BlockPlace<Shape>;

  static FLASHRNN_DEVICE_FN Int64 plane(const Extents<D>& e) { return e.batch * e.heads * e.padded_dim; }
  static FLASHRNN_DEVICE_FN Int64 index(const Extents<D>& e, const CellPlace& cell) {
    return padded_index(e.heads, e.padded_dim, cell.row, cell.head, cell.unit);
  }
  static FLASHRNN_DEVICE_FN CellPlace cell_of(D& dev, const Extents<D>& e, const Block& block, int i) {
    return cell_place(dev, block, i, e.batch, e.padded_dim);
  }

  // The states that enter the step at `time`, given those of before.
  static FLASHRNN_DEVICE_FN void enter(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk,
                                       Int64 step, float (&states)[kStates]) {
    const Extents<D>& e = p.forward.extents;
    if (!is_reset<C::kFlags>(dev, e, walk, cell.row, walk.template time<C::kFlags>(e.flags, step))) return;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) states[s] = load_state(dev, p.forward.reset_states, e, s, cell);
  }

  static FLASHRNN_DEVICE_FN void store_h(D& dev, const Parameters& p, const CellPlace& cell, Int64 step, float h) {
    const Extents<D>& e = p.forward.extents;
    dev.store(p.workspace.h + (step % 2 * plane(e) + index(e, cell)), dev.template from_float<Element>(h));
  }
  static FLASHRNN_DEVICE_FN void store_states(D& dev, const Parameters& p, const CellPlace& cell,
                                              const float (&states)[kStates]) {
    const Extents<D>& e = p.forward.extents;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) dev.store(p.workspace.states + (s * plane(e) + index(e, cell)), states[s]);
  }
  static FLASHRNN_DEVICE_FN void store_final(D& dev, const Parameters& p, const CellPlace& cell,
                                             const float (&states)[kStates]) {
    if (!p.forward.final_states.data) return;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) store_state(dev, p.forward.final_states, p.forward.extents, s, cell, states[s]);
  }

  static FLASHRNN_DEVICE_FN void load(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.forward.extents;
    for (int i = 0; i < kThreadCells<Shape>; ++i) {
      const CellPlace cell = cell_of(dev, e, block, i);
      if (!cell.inside) continue;
      float states[kStates] = {};
      if (cell.unit < e.head_dim) {
        const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
        FLASHRNN_UNROLL
        for (int s = 0; s < kStates; ++s) states[s] = load_state(dev, p.forward.initial_states, e, s, cell);
        if (walk.reaches(0)) {
          enter(dev, p, cell, walk, 0, states);
        } else {
          store_final(dev, p, cell, states);
        }
        store_states(dev, p, cell, states);
      }
      store_h(dev, p, cell, 0, states[0]);
    }
    if (has<C::kFlags>(e.flags, kTraining) && has<C::kFlags>(e.flags, kPacked)) {
      const Int64 values = static_cast<Int64>(e.heads) * kept_count(e) * e.padded_dim;
      zero_tokens<Element>(dev, p.forward.reserve.kept, dev.load(e.cu_seqlens + e.batch), e.tokens, values);
    }
  }

  static FLASHRNN_DEVICE_FN int kept_count(const Extents<D>& e) {
    return kept_values(Kernel::kSaved, has<C::kFlags>(e.flags, kRecompute), has<C::kFlags>(e.flags, kForwardClip));
  }

  // Whether the step reaches any row of the block; the same answer for all its threads.
  static FLASHRNN_DEVICE_FN bool reaches_block(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.forward.extents;
    if (!has<C::kFlags>(e.flags, kLengths) && !has<C::kFlags>(e.flags, kPacked)) return true;
    bool reaches = false;
    for (int row = dev.lane(); row < Shape::kRows; row += D::kWarpSize) {
      reaches = reaches || row_walk<C::kFlags>(dev, e, block.first_row + row).reaches(p.step);
    }
    return dev.any(D::kFullMask, reaches);
  }

  // R times what lies in [B, N, P] of the workspace, for Gates gates from `first_gate` on.
  template <class P>
  static FLASHRNN_DEVICE_FN void multiply(D& dev, typename P::Shared& shared, const Parameters& p, const Block& block,
                                          int first_gate, Global<D, const Element> operand) {
    const Extents<D>& e = p.forward.extents;
    P::run(
        dev, shared, 1, e.padded_dim,
        [&](int gate, int unit) {
          return weight_row<D, Element>(p.forward.weights.r, e, first_gate + gate, block.head, block.first_unit + unit);
        },
        0,
        [&](int row) {
          const Int64 b = block.first_row + row;
          return b < e.batch ? operand + padded_index(e.heads, e.padded_dim, b, block.head, 0)
                             : Global<D, const Element>{};
        },
        [](int) { return Int64{0}; });
  }

  static FLASHRNN_DEVICE_FN Inputs load_cell(D& dev, const Parameters& p, const CellPlace& cell) {
    const Extents<D>& e = p.forward.extents;
    Inputs inputs;
    if (!cell.inside || cell.unit >= e.head_dim) return inputs;
    const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
    if (!walk.reaches(p.step)) return inputs;
    const Int64 time = walk.first_time + walk.template time<C::kFlags>(e.flags, p.step);
    const Tensor<D, const Element>& wx = p.forward.wx;
    load_inputs<D, C>(dev, inputs.a, p.forward.weights, wx.data + (cell.row * wx.stride_b + time * wx.stride_t), e,
                      cell.head, cell.unit);
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      inputs.prev[s] = dev.load(p.workspace.states + (s * plane(e) + index(e, cell)));
    }
    return inputs;
  }

  // Runs `finish` on every cell of the thread that lies inside, after `multiply`.
  template <class Multiply, class Finish>
  static FLASHRNN_DEVICE_FN void each_cell(D& dev, const Parameters& p, const Block& block, const Multiply& multiply,
                                           const Finish& finish) {
    const Extents<D>& e = p.forward.extents;
    if constexpr (kLoadsEarly) {
      Inputs inputs[kThreadCells<Shape>];
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) inputs[i] = load_cell(dev, p, cell_of(dev, e, block, i));
      multiply();
      FLASHRNN_UNROLL
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        if (cell.inside) finish(cell, inputs[i]);
      }
    } else {
      multiply();
      for (int i = 0; i < kThreadCells<Shape>; ++i) {
        const CellPlace cell = cell_of(dev, e, block, i);
        Inputs inputs = load_cell(dev, p, cell);
        if (cell.inside) finish(cell, inputs);
      }
    }
  }

  static FLASHRNN_DEVICE_FN void make_operand(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.forward.extents;
    auto& shared = dev.template shared<Shared>().operand;
    const bool reaches = reaches_block(dev, p, block);
    const auto multiply_h = [&] {
      if (reaches) multiply<OperandProduct>(dev, shared, p, block, 0, p.workspace.h + p.step % 2 * plane(e));
    };
    each_cell(dev, p, block, multiply_h, [&](const CellPlace& cell, Inputs& inputs) {
      float operand = 0.0F;
      if (cell.unit < e.head_dim && row_walk<C::kFlags>(dev, e, cell.row).reaches(p.step)) {
        FLASHRNN_UNROLL
        for (int gate = 0; gate < kFirstStage; ++gate) {
          const float sum = OperandProduct::sum(dev, shared, cell.row_in_block, gate, cell.unit_in_block);
          dev.store(p.workspace.products + (gate * plane(e) + index(e, cell)), sum);
          inputs.a[Cell::recurrent_slot(gate)] += sum;
        }
        operand = Cell::template operand<typename C::Math>(inputs.a, inputs.prev);
      }
      dev.store(p.workspace.operand + index(e, cell), dev.template from_float<Element>(operand));
    });
  }

  static FLASHRNN_DEVICE_FN void step(D& dev, const Parameters& p, const Block& block) {
    const Extents<D>& e = p.forward.extents;
    auto& shared = dev.template shared<Shared>().step;
    const bool reaches = reaches_block(dev, p, block);
    const auto multiply_operand = [&] {
      if (!reaches) return;
      if constexpr (Kernel::kTwoStages) {
        multiply<StepProduct>(dev, shared, p, block, kStepFirst, p.workspace.operand);
      } else {
        multiply<StepProduct>(dev, shared, p, block, kStepFirst, p.workspace.h + p.step % 2 * plane(e));
      }
    };
    each_cell(dev, p, block, multiply_operand, [&](const CellPlace& cell, Inputs& inputs) {
      const RowWalk walk = row_walk<C::kFlags>(dev, e, cell.row);
      if (!walk.reaches(p.step)) {
        pass_end(dev, p, cell, walk);
      } else if (cell.unit >= e.head_dim) {
        store_h(dev, p, cell, p.step + 1, 0.0F);
        zero_kept(dev, p, cell, walk.first_token + walk.template time<C::kFlags>(e.flags, p.step));
      } else {
        if constexpr (Kernel::kTwoStages) {
          FLASHRNN_UNROLL
          for (int gate = 0; gate < kFirstStage; ++gate) {
            inputs.a[Cell::recurrent_slot(gate)] += dev.load(p.workspace.products + (gate * plane(e) + index(e, cell)));
          }
        }
        FLASHRNN_UNROLL
        for (int gate = 0; gate < kStepGates; ++gate) {
          inputs.a[Cell::recurrent_slot(kStepFirst + gate)] +=
              StepProduct::sum(dev, shared, cell.row_in_block, gate, cell.unit_in_block);
        }
        finish_step(dev, p, cell, walk, inputs);
      }
    });
  }

  // A row past its end: states hold, outputs are 0.
  static FLASHRNN_DEVICE_FN void pass_end(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk) {
    const Extents<D>& e = p.forward.extents;
    store_h(dev, p, cell, p.step + 1, 0.0F);
    if (has<C::kFlags>(e.flags, kPacked)) return;
    zero_kept(dev, p, cell, walk.first_token + p.step);
    if (cell.unit < e.head_dim) store_sequence(dev, p, cell, p.step, {});
  }

  static FLASHRNN_DEVICE_FN void zero_kept(D& dev, const Parameters& p, const CellPlace& cell, Int64 token) {
    const Extents<D>& e = p.forward.extents;
    if (!has<C::kFlags>(e.flags, kTraining)) return;
    FLASHRNN_UNROLL
    for (int v = 0; v < kept_count(e); ++v) store_kept(dev, p, cell, token, v, 0.0F);
  }
  static FLASHRNN_DEVICE_FN void store_kept(D& dev, const Parameters& p, const CellPlace& cell, Int64 token, int value,
                                            float x) {
    const Extents<D>& e = p.forward.extents;
    const Int64 at = ((token * e.heads + cell.head) * kept_count(e) + value) * e.padded_dim + cell.unit;
    dev.store(p.forward.reserve.kept + at, dev.template from_float<Element>(x));
  }

  struct Sequence {
    float states[kStates] = {};
  };
  static FLASHRNN_DEVICE_FN void store_sequence(D& dev, const Parameters& p, const CellPlace& cell, Int64 time,
                                                const Sequence& sequence) {
    const Extents<D>& e = p.forward.extents;
    const Tensor<D, Element>& out = p.forward.states;
    const bool all = has<C::kFlags>(e.flags, kSequenceAll);
    if (!all && !has<C::kFlags>(e.flags, kSequenceH)) return;
    const Int64 at =
        cell.row * out.stride_b + time * out.stride_t + static_cast<Int64>(cell.head) * e.head_dim + cell.unit;
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      if (s == 0 || all) {
        dev.store(out.data + (s * out.stride_s + at), dev.template from_float<Element>(sequence.states[s]));
      }
    }
  }

  static FLASHRNN_DEVICE_FN void finish_step(D& dev, const Parameters& p, const CellPlace& cell, const RowWalk& walk,
                                             const Inputs& inputs) {
    const Extents<D>& e = p.forward.extents;
    Sequence next;
    float saved[Kernel::kSaved];
    Kernel::template forward<typename C::Math>(inputs.a, inputs.prev, next.states, saved);
    const float h = next.states[0];
    if (has<C::kFlags>(e.flags, kForwardClip)) next.states[0] = clamp(h, e.forward_clip);

    const Int64 time = walk.template time<C::kFlags>(e.flags, p.step);
    store_sequence(dev, p, cell, walk.first_time + time, next);
    if (has<C::kFlags>(e.flags, kTraining)) {
      const Int64 token = walk.first_token + time;
      store_kept(dev, p, cell, token, 0, inputs.prev[0]);
      if (!has<C::kFlags>(e.flags, kRecompute)) {
        FLASHRNN_UNROLL
        for (int v = 0; v < Kernel::kSaved; ++v) store_kept(dev, p, cell, token, 1 + v, saved[v]);
        if (has<C::kFlags>(e.flags, kForwardClip)) {
          const bool clamped = h > e.forward_clip || h < -e.forward_clip;
          store_kept(dev, p, cell, token, 1 + Kernel::kSaved, clamped ? 0.0F : 1.0F);
        }
      }
      FLASHRNN_UNROLL
      for (int s = 1; s < kStates; ++s) {
        const Int64 at = ((token * e.heads + cell.head) * (kStates - 1) + (s - 1)) * e.padded_dim + cell.unit;
        dev.store(p.forward.reserve.states + at, inputs.prev[s]);
      }
    }

    if (walk.reaches(p.step + 1)) {
      enter(dev, p, cell, walk, p.step + 1, next.states);
      store_states(dev, p, cell, next.states);
      store_h(dev, p, cell, p.step + 1, next.states[0]);
    } else {
      store_final(dev, p, cell, next.states);
      store_h(dev, p, cell, p.step + 1, 0.0F);
    }
  }
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_inputs.hpp"
#include "common/kernel/fused_backward_outputs.hpp"
#include "common/kernel/fused_backward_ring.hpp"

namespace flashrnn::kernel {

template <class D, class C, bool kFast>
struct FusedBackwardInputsOf {
  using Type = FusedBackwardDirectInputs<D, C>;
};
template <class D, class C>
struct FusedBackwardInputsOf<D, C, true> {
  using Type = FusedBackwardRing<D, C>;
};

/// The cells of a warp: the gradients of their states, and a step of them.
template <class D, class C>
class FusedBackwardCells {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;
  using T = typename N::MatrixTile;
  using Cell = typename N::Kernel;
  using Math = typename C::Math;
  using Element = typename N::Element;
  using StateElement = typename N::StateElement;
  using Product = FusedBackwardProduct<D, C>;
  static constexpr int kGroups = N::kGroups;
  static constexpr int kStates = N::kStates;
  static constexpr int kSlots = N::kSlots;
  /// Every cell takes part in every step. Rows past the batch do so with zeros, in columns of the product that are
  /// theirs alone and that nobody reads.
  static constexpr bool kAlways =
      N::kFast && !N::kRagged && (N::kFlags & kResets) == 0 && Place::kExact && C::kHeadDim == Place::kPadded;

 public:
  using Inputs = typename FusedBackwardInputsOf<D, C, N::kFast>::Type;

  /// The gradients of the final states.
  FLASHRNN_DEVICE_FN void set_up(D& dev, const Place& at) {
    const auto& tensor = at.p.dfinal_states;
    each(dev, at, [&](int i, int e, int r, int unit) {
      const bool inside = unit < at.head_dim();
      length_[i][e] = inside ? at.length(dev, r) : 0;
      FLASHRNN_UNROLL
      for (int s = 0; s < kStates; ++s) {
        d_[i][e][s] = 0.0F;
        reset_[i][e][s] = 0.0F;
        if (inside && at.row + r < at.p.extents.batch && static_cast<bool>(tensor.data)) {
          d_[i][e][s] = dev.to_float(dev.load(tensor.data + at.at_state(tensor, s, r, unit)));
        }
      }
    });
    if constexpr (N::kFast) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kGroups; ++i) {
        const auto group = N::group(at.warp, i);
        const int unit = group.tile * 16 + group.part * 8 + at.lane / 4;
        const int place = (group.row_tile * N::kEntries * N::kUnits + swizzled(unit)) * 8 + at.lane % 4 * 2;
        gates_[i] = in_register(group.valid ? place : 0);
      }
    }
  }

  /// A step of all cells up to the product: gradients of the pre-activations into shared memory, d_ becomes what does
  /// not go through R. Step -1 changes nothing but the buffer.
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void step(D& dev, const Place& at, const Inputs& inputs, int step, int buffer) {
    each(dev, at, [&](int i, int e, int r, int unit) {
      const bool active = step >= 0 && (kAlways || step < length_[i][e]);
      float da[kSlots] = {};
      if (N::kFast || active) {
        FusedBackwardCellInputs<N> in;
        inputs.template get<kAligned>(dev, at, step, i, e, r, unit, in);
        float dnext[kStates];
        float dprevious[kStates];
        FLASHRNN_UNROLL
        for (int s = 0; s < kStates; ++s) {
          dnext[s] = s < N::kSequenceStates ? d_[i][e][s] + in.outside[s] : d_[i][e][s];
        }
        if (at.has(kForwardClip)) dnext[0] = in.clipped ? 0.0F : dnext[0];
        Cell::template backward<Math>(in.saved, in.previous, dnext, da, dprevious);
        if (at.has(kResets)) is_reset_[i][e] = active && reset_at(dev, at, r, step);
        FLASHRNN_UNROLL
        for (int s = 0; s < kStates; ++s) d_[i][e][s] = active ? dprevious[s] : d_[i][e][s];
        FLASHRNN_UNROLL
        for (int a = 0; a < kSlots; ++a) da[a] = kAlways || active ? da[a] : 0.0F;
      } else {
        is_reset_[i][e] = false;
      }
      FLASHRNN_UNROLL
      for (int a = 0; a < kSlots; ++a) da_[i][e][a] = da[a];
    });
    if constexpr (N::kTwoStages) {
      put(dev, at, buffer, N::kFirstStageGates, N::kGates);
    } else {
      put(dev, at, buffer, 0, N::kEntries);
      if constexpr (!N::kFast) put_out(dev, at, inputs, step);
    }
  }

  /// Two stages: from the gradient of the second stage's operand.
  FLASHRNN_DEVICE_FN void operand_step(D& dev, const Place& at, const Inputs& inputs, int step, int buffer,
                                       const float (&doperand)[kGroups][2]) {
    if constexpr (N::kTwoStages) {
      each(dev, at, [&](int i, int e, int r, int unit) {
        if (step >= length_[i][e]) return;
        FusedBackwardCellInputs<N> in;
        inputs.template get<true>(dev, at, step, i, e, r, unit, in);
        float da[kSlots];
        float dprevious[kStates];
        Cell::template operand_backward<Math>(in.saved, in.previous, doperand[i][e], da, dprevious);
        for (int a = 0; a < kSlots; ++a) da_[i][e][a] += da[a];
        if (at.has(kGradientCut)) return;
        for (int s = 0; s < kStates; ++s) d_[i][e][s] += dprevious[s];
      });
      put(dev, at, buffer, 0, N::kFirstStageGates);
      put_out(dev, at, inputs, step);
    }
  }

  /// What came through R (nothing with a cut), the clip and resets.
  FLASHRNN_DEVICE_FN void finish_step(D& dev, const Place& at, int step, const float (&through)[kGroups][2]) {
    each(dev, at, [&](int i, int e, int, int) {
      const bool active = kAlways || step < length_[i][e];
      float dh = d_[i][e][0];
      if (!at.has(kGradientCut)) dh = dh + through[i][e];
      if (at.has(kGradientClip)) {
        const float most = at.p.extents.gradient_clip;
        dh = dh < -most ? -most : (dh > most ? most : dh);
      }
      d_[i][e][0] = active ? dh : d_[i][e][0];
      if (at.has(kResets)) {
        FLASHRNN_UNROLL
        for (int s = 0; s < kStates; ++s) {
          if (is_reset_[i][e]) reset_[i][e][s] += d_[i][e][s];
          d_[i][e][s] = is_reset_[i][e] ? 0.0F : d_[i][e][s];
        }
      }
    });
  }

  /// The gradients of initial and reset states.
  FLASHRNN_DEVICE_FN void finish(D& dev, const Place& at) {
    each(dev, at, [&](int i, int e, int r, int unit) {
      if (unit >= at.head_dim() || at.row + r >= at.p.extents.batch) return;
      FLASHRNN_UNROLL
      for (int s = 0; s < kStates; ++s) {
        const auto& initial = at.p.dinitial_states;
        if (static_cast<bool>(initial.data)) {
          dev.store(initial.data + at.at_state(initial, s, r, unit),
                    dev.template from_float<StateElement>(d_[i][e][s]));
        }
        const auto& reset = at.p.dreset_states;
        if (static_cast<bool>(reset.data)) {
          dev.store(reset.data + at.at_state(reset, s, r, unit),
                    dev.template from_float<StateElement>(reset_[i][e][s]));
        }
      }
    });
  }

 private:
  /// visit(group, cell of the lane's two, row of the group, unit of the head)
  template <class Visit>
  static FLASHRNN_DEVICE_FN void each(D&, const Place& at, const Visit& visit) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kGroups; ++i) {
      const auto group = N::group(at.warp, i);
      if (!group.valid) continue;
      FLASHRNN_UNROLL
      for (int e = 0; e < 2; ++e) {
        const device::Coordinate c = T::c(at.lane, group.part * 2 + e);
        visit(i, e, group.row_tile * N::kN + c.column, at.first_unit + group.tile * N::kM + c.row);
      }
    }
  }

  /// Entries `first` to `end` - 1 of the gate gradients, to be multiplied.
  FLASHRNN_DEVICE_FN void put(D& dev, const Place& at, int buffer, int first, int end) {
    constexpr int kBufferElements = N::kRowTiles * Product::kRowTileElements;
    const auto gates = at.shared.gates.data() + buffer * kBufferElements;
    if constexpr (N::kFast) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kGroups; ++i) {
        if (!N::group(at.warp, i).valid) continue;
        FLASHRNN_UNROLL
        for (int entry = 0; entry < N::kEntries; ++entry) {
          const int slot = N::slot_of_entry(entry);
          const Uint32 pair = dev.template pack_pair<Element>(da_[i][0][slot], da_[i][1][slot]);
          // swizzled(entry x units + unit): the entry changes one bit of the unit's place, if anything.
          const int place = gates_[i] ^ (entry * (N::kUnits / 16) % 2 * 32);
          dev.store((gates + (entry * N::kUnits * 8 + place)).template cast<Uint32>(), pair);
        }
      }
    } else {
      each(dev, at, [&](int i, int e, int r, int unit) {
        const int row_tile = r / N::kN;
        for (int entry = first; entry < end; ++entry) {
          const int k = entry * N::kUnits + unit - at.first_unit;
          const float value = da_[i][e][N::slot_of_entry(entry)];
          dev.store(gates + (row_tile * Product::kRowTileElements + k * N::kN + r - row_tile * N::kN),
                    dev.template from_float<Element>(value));
        }
      });
    }
  }

  /// The same to global memory, one by one.
  FLASHRNN_DEVICE_FN void put_out(D& dev, const Place& at, const Inputs& inputs, int step) {
    each(dev, at, [&](int i, int e, int r, int unit) {
      const RowWalk walk = at.walk(dev, r);
      if (!walk.reaches(step) || !at.stored(unit)) return;
      const Int64 time = walk.template time<N::kFlags>(at.p.extents.flags, step);
      const bool wanted = static_cast<bool>(at.p.gradients);
      auto gradients = at.p.gradients;
      if (wanted) gradients += at.at_token(walk.first_token + time, N::kGradientValues) + unit;
      for (int slot = 0; wanted && slot < kSlots; ++slot) {
        dev.store(gradients + static_cast<Int64>(slot) * at.padded_dim(),
                  dev.template from_float<Element>(da_[i][e][slot]));
      }
      const bool inside = unit < at.head_dim();
      if constexpr (N::kTwoStages) {
        float operand = 0.0F;
        if (inside) {
          FusedBackwardCellInputs<N> in;
          inputs.template get<true>(dev, at, step, i, e, r, unit, in);
          operand = Cell::template saved_operand<Math>(in.saved, in.previous);
        }
        dev.store(gradients + static_cast<Int64>(kSlots) * at.padded_dim(), dev.template from_float<Element>(operand));
      }
      if (!inside || !static_cast<bool>(at.p.dwx.data)) return;
      for (int input = 0; input < N::kInputs; ++input) {
        dev.store(at.p.dwx.data + (at.at(at.p.dwx, r, walk.first_time + time, input) + unit),
                  dev.template from_float<Element>(da_[i][e][Cell_::input_slot(input)]));
      }
    });
  }

  FLASHRNN_DEVICE_FN static bool reset_at(D& dev, const Place& at, int r, int step) {
    const RowWalk walk = at.walk(dev, r);
    const Int64 time = walk.first_time + walk.template time<N::kFlags>(at.p.extents.flags, step);
    const Int64 from = at.has(kPacked) ? 0 : (at.row + r) * at.p.extents.resets_stride_b;
    return dev.load(at.p.extents.resets + (from + time)) != 0;
  }

  using Cell_ = typename C::Cell;
  float d_[kGroups][2][kStates];      // gradients of the states that leave the step to come
  float reset_[kGroups][2][kStates];  // sums over resets
  float da_[kGroups][2][kSlots];
  bool is_reset_[kGroups][2];
  int length_[kGroups][2];  // 0 for units of the padding
  int gates_[kGroups];      // fast: where a lane's pair lies among the first entry's
};

}  // namespace flashrnn::kernel

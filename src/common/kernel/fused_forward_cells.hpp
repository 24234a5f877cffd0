// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_matrices.hpp"
#include "common/kernel/fused_forward_product.hpp"
#include "common/kernel/fused_forward_states.hpp"

namespace flashrnn::kernel {

/// The cells that a lane owns: bias and states in registers, from step to step in fp32. Cell o of a lane is cell
/// o k_warps + k_warp of those whose sums its warp has, counted row tile by row tile, then unit tile by unit tile.
template <class D, class C>
class ForwardCells {
  using L = ForwardLayout<C>;
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Math = typename C::Math;
  using Element = typename C::Element;
  using Places = typename L::Places;
  using Matrices = CellMatrices<D, C>;
  using Parameters = ForwardParameters<D, Element, typename C::StateElement>;
  using SharedElements = device::Shared<D, Element>;

 public:
  FLASHRNN_DEVICE_FN ForwardCells(D& dev, const Parameters& p, const ForwardPlace<C>& place)
      : place_(place), resets_(dev, p, place) {
    const Extents<D>& e = p.extents;
    if constexpr (Matrices::kUsed) {
      matrix_staged_ = kept_in_register(dev, Matrices::lane_staged(place));
      matrix_h_ = kept_in_register(dev, Matrices::lane_h(place));
    }
    if constexpr (L::kKWarps > 1) {
      partial_ = kept_in_register(
          dev, (place.block_head * L::kUnitWarps + place.unit_warp) * kPartialOfWarps + place.lane * kVector);
    }
    const Int64 unit_stride = static_cast<Int64>(e.heads) * (L::kStates - 1) * e.padded_dim;
    token_step_ = has<C::kFlags>(e.flags, kReverse) ? -unit_stride : unit_stride;
    FLASHRNN_UNROLL
    for (int o = 0; o < L::kOwned; ++o) {
      const int q = index(o) < L::kWarpCells ? index(o) : L::kWarpCells - 1;
      const int j = q % L::kCells;
      row_[o] = q / (L::kCells * L::kUnitTiles) * C::MatrixTile::kN + Places::row(place.lane, j);
      unit_[o] = q / L::kCells % L::kUnitTiles * L::kTileUnits + Places::unit(place.lane, j);
      const int unit = place.head_unit() + unit_[o];
      const RowWalk walk = walk_of<D, C>(dev, e, place, row_[o]);
      const Int64 b = place.first_row + row_[o];
      const bool there = b < e.batch && place.head() < e.heads && unit < e.padded_dim;
      until_[o] = there ? static_cast<Int32>(walk.length) : 0;
      inside_[o] = unit < e.head_dim;
      if (bias_of(o) == o) {
        FLASHRNN_UNROLL
        for (int slot = 0; slot < L::kSlots; ++slot) {
          bias_[o][slot] = place.head() < e.heads && unit < e.padded_dim
                               ? dev.load(p.weights.bias +
                                          ((static_cast<Int64>(slot) * e.heads + place.head()) * e.padded_dim + unit))
                               : 0.0F;
        }
      }
      FLASHRNN_UNROLL
      for (int s = 0; s < L::kStates; ++s) {
        state_[o][s] = given_state<D>(dev, p.initial_states, e, s, b, place.head(), unit);
      }
      resets_.follow(o, row_[o]);
      if constexpr (kKeepsStates) {
        kept_[o] = p.reserve.states;
        if (until_[o] > 0 && has<C::kFlags>(e.flags, kTraining)) {
          const Int64 token = walk.first_token + walk.template time<C::kFlags>(e.flags, 0);
          kept_[o] += (token * e.heads + place.head()) * (L::kStates - 1) * e.padded_dim + unit;
        }
      }
    }
    reset(dev, p, 0);
  }

  /// Bias and Wx of a step, from the ring or from registers, into the pre-activations, and into the sums too if nobody
  /// else adds to them.
  FLASHRNN_DEVICE_FN void begin(D& dev, const InputMatrices<D, C>& inputs, SharedElements stage, ForwardSums<C>& sums) {
    FLASHRNN_UNROLL
    for (int o = 0; o < L::kOwned; ++o) {
      FLASHRNN_UNROLL
      for (int slot = 0; slot < L::kSlots; ++slot) a_[o][slot] = bias_[bias_of(o)][slot];
      FLASHRNN_UNROLL
      for (int gate = 0; gate < L::kInputGates; ++gate) {
        float x = 0.0F;
        if constexpr (InputMatrices<D, C>::kUsed) {
          x = inputs.value(dev, o, gate);
        } else {
          x = dev.to_float(dev.load(stage + (gate * L::kMovedRows * L::kMovedRowElements + moved_at(o))));
        }
        a_[o][Cell::input_slot(gate)] += x;
      }
    }
    FLASHRNN_UNROLL
    for (int q = 0; q < L::kWarpCells; ++q) {
      FLASHRNN_UNROLL
      for (int gate = 0; gate < L::kGates; ++gate) {
        sum(sums, q, gate) = L::kKWarps == 1 && carries(gate) ? a_[q / L::kKWarps][Cell::recurrent_slot(gate)] : 0.0F;
      }
      FLASHRNN_UNROLL
      for (int gate = L::kGates; gate < L::kTiles * L::kTileGates; ++gate) sum(sums, q, gate) = 0.0F;
    }
  }

  /// The sums of gates kFrom to kTo - 1 are complete: they become pre-activations. With several k warps, each gives
  /// away what it does not own.
  template <int kFrom, int kTo>
  FLASHRNN_DEVICE_FN void collect(D& dev, ForwardShared<D, C>& shared, ForwardSums<C>& sums, int t) {
    if constexpr (L::kKWarps == 1) {
      FLASHRNN_UNROLL
      for (int q = 0; q < L::kWarpCells; ++q) {
        FLASHRNN_UNROLL
        for (int gate = kFrom; gate < kTo; ++gate) complete(q, gate, sum(sums, q, gate));
      }
    } else {
      const auto mine = shared.partial.data() + ((t & 1) * kPartialOfStep + partial_);
      if constexpr (L::kKWarps == 2 && L::kAllOwned) {
        const bool first = place_.k_warp == 0;
        const auto to = mine + (first ? partial_at(1, 0, 0, 0) : 0);
        FLASHRNN_UNROLL
        for (int o = 0; o < L::kOwned; ++o) {
          FLASHRNN_UNROLL
          for (int gate = kFrom; gate < kTo; gate += kVector) {
            device::Vec<float, kVector> part;
            FLASHRNN_UNROLL
            for (int i = 0; i < kVector; ++i) {
              const float even = sum(sums, 2 * o, gate + i);
              const float odd = sum(sums, 2 * o + 1, gate + i);
              part[i] = first ? odd : even;
            }
            dev.store(to + partial_at(0, 0, o, gate), part);
          }
        }
      } else {
        FLASHRNN_UNROLL
        for (int w = 0; w < L::kKWarps; ++w) {
          if (w == place_.k_warp) continue;
          const int sender = place_.k_warp < w ? place_.k_warp : place_.k_warp - 1;
          FLASHRNN_UNROLL
          for (int o = 0; o < L::kOwned; ++o) {
            const int q = o * L::kKWarps + w;
            if (q >= L::kWarpCells) continue;
            FLASHRNN_UNROLL
            for (int gate = kFrom; gate < kTo; gate += kVector) {
              device::Vec<float, kVector> part;
              FLASHRNN_UNROLL
              for (int i = 0; i < kVector; ++i) part[i] = sum(sums, q, gate + i);
              dev.store(mine + partial_at(w, sender, o, gate), part);
            }
          }
        }
      }
      meet(dev);
      FLASHRNN_UNROLL
      for (int o = 0; o < L::kOwned; ++o) {
        FLASHRNN_UNROLL
        for (int gate = kFrom; gate < kTo; gate += kVector) {
          float total[kVector] = {};
          FLASHRNN_UNROLL
          for (int i = 0; i < kVector; ++i) {
            FLASHRNN_UNROLL
            for (int w = 0; w < L::kKWarps; ++w) {
              const int q = o * L::kKWarps + w < L::kWarpCells ? o * L::kKWarps + w : 0;
              if (w == 0 || w == place_.k_warp) total[i] = sum(sums, q, gate + i);
            }
          }
          if (owns(o)) {
            FLASHRNN_UNROLL
            for (int s = 0; s < L::kKWarps - 1; ++s) {
              const auto part = dev.template load_vec<kVector>(mine + partial_at(place_.k_warp, s, o, gate));
              FLASHRNN_UNROLL
              for (int i = 0; i < kVector; ++i) total[i] += part[i];
            }
          }
          FLASHRNN_UNROLL
          for (int i = 0; i < kVector; ++i) complete(o, gate + i, total[i]);
        }
      }
    }
  }

  /// What the second stage multiplies, rounded, into h's layout.
  FLASHRNN_DEVICE_FN void put_operand(D& dev, SharedElements to) {
    FLASHRNN_UNROLL
    for (int o = 0; o < L::kOwned; ++o) {
      if (!owns(o)) continue;
      const float q = Kernel::kTwoStages ? operand(o) : 0.0F;
      dev.store(to + L::h_at(row_[o], place_.head_unit() + unit_[o]), dev.template from_float<Element>(q));
    }
  }

  /// Step t of every cell, and what goes out of it into `staging`.
  FLASHRNN_DEVICE_FN void step(D& dev, const Parameters& p, int t, SharedElements staging) {
    const Extents<D>& e = p.extents;
    const bool clips = has<C::kFlags>(e.flags, kForwardClip);
    float saved[L::kOwned][L::kSaved + 1];
    FLASHRNN_UNROLL
    for (int o = 0; o < L::kOwned; ++o) {
      if constexpr (kKeepsStates) keep_states(dev, e, o, t);
      float next[L::kStates];
      float kept[L::kSaved];
      Kernel::template forward<Math>(a_[o], state_[o], next, kept);
      FLASHRNN_UNROLL
      for (int i = 0; i < L::kSaved; ++i) saved[o][i] = inside(o) ? kept[i] : 0.0F;
      saved[o][L::kSaved] = inside(o) ? 1.0F : 0.0F;
      if (clips) {
        const float clip = e.forward_clip;
        const float h = next[0];
        next[0] = h > clip ? clip : h < -clip ? -clip : h;
        if (h > clip || h < -clip) saved[o][L::kSaved] = 0.0F;
      }
      const bool moves = inside(o) && (!L::kRagged || t < until_[o]);
      FLASHRNN_UNROLL
      for (int s = 0; s < L::kStates; ++s) state_[o][s] = moves ? next[s] : state_[o][s];
    }
    if constexpr (L::kStagedSequence > 0) {
      constexpr int kFirst = L::kStagesH ? 0 : 1;
      if (has<C::kFlags>(e.flags, kSequenceAll) || (L::kStagesH && has<C::kFlags>(e.flags, kSequenceH))) {
        Matrices::template stage<L::kStagedSequence>(dev, *this, staging + L::kFirstSequence * kValueElements,
                                                     [&](int o, int v) { return state_[o][kFirst + v]; });
      }
    }
    if constexpr (L::kStagedKept > 0) {
      if (has<C::kFlags>(e.flags, kTraining) && !has<C::kFlags>(e.flags, kRecompute)) {
        Matrices::template stage<L::kStagedKept>(dev, *this, staging + L::kFirstKept * kValueElements,
                                                 [&](int o, int v) { return saved[o][v]; });
      }
    }
    reset(dev, p, t + 1);
  }

  /// h as the next step multiplies it.
  FLASHRNN_DEVICE_FN void put_h(D& dev, SharedElements to) {
    Matrices::put_h(dev, place_, *this, to, [&](int o) { return state_[o][0]; });
  }
  FLASHRNN_DEVICE_FN void stage_h(D& dev, SharedElements staging) {
    Matrices::template stage<1>(dev, *this, staging, [&](int o, int) { return state_[o][0]; });
  }

  FLASHRNN_DEVICE_FN void finish(D& dev, const Parameters& p) {
    if (!p.final_states.data) return;
    const Extents<D>& e = p.extents;
    FLASHRNN_UNROLL
    for (int o = 0; o < L::kOwned; ++o) {
      const Int64 b = place_.first_row + row_[o];
      const int unit = place_.head_unit() + unit_[o];
      if (!owns(o) || b >= e.batch || place_.head() >= e.heads || unit >= e.head_dim) continue;
      FLASHRNN_UNROLL
      for (int s = 0; s < L::kStates; ++s) {
        const auto to = p.final_states.data + (s * p.final_states.stride_s + b * p.final_states.stride_b +
                                               static_cast<Int64>(place_.head()) * e.head_dim + unit);
        dev.store(to, dev.template from_float<typename C::StateElement>(state_[o][s]));
      }
    }
  }

  // For CellMatrices.
  FLASHRNN_DEVICE_FN bool owns(int o) const { return L::kAllOwned || index(o) < L::kWarpCells; }
  FLASHRNN_DEVICE_FN int row(int o) const { return row_[o]; }
  FLASHRNN_DEVICE_FN int unit(int o) const { return unit_[o]; }
  FLASHRNN_DEVICE_FN int matrix_staged() const { return matrix_staged_; }
  FLASHRNN_DEVICE_FN int matrix_h() const { return matrix_h_; }
  /// Of cell o, among what moves together.
  FLASHRNN_DEVICE_FN int moved_at(int o) const {
    return (L::kSplitsRows ? row_[o] / 2 : row_[o]) * L::kMovedRowElements + Matrices::moved_unit(place_) + unit_[o];
  }

 private:
  static constexpr bool kKeepsStates = L::kStates > 1 && L::may(kTraining);
  static constexpr int kValueElements = L::kMovedRows * L::kMovedRowElements;
  static constexpr int kVector = Kernel::kTwoStages ? 1 : L::kGates % 4 == 0 ? 4 : L::kGates % 2 == 0 ? 2 : 1;

  FLASHRNN_DEVICE_FN int index(int o) const {
    if constexpr (L::kKWarps == 1) {
      return o;
    } else {
      return o * L::kKWarps + place_.k_warp;
    }
  }
  /// Cells of one unit share their bias where the compiler can know it.
  static FLASHRNN_DEVICE_FN constexpr int bias_of(int o) {
    if constexpr (L::kKWarps == 1) {
      return o / L::kCells % L::kUnitTiles * L::kCells + Places::first_of_unit(o % L::kCells);
    } else {
      return o;
    }
  }
  FLASHRNN_DEVICE_FN bool inside(int o) const { return L::kWhole || inside_[o]; }

  /// Whether the gate is the first of its slot: its sum starts with bias and Wx.
  static FLASHRNN_DEVICE_FN constexpr bool carries(int gate) {
    for (int g = 0; g < gate; ++g) {
      if (Cell::recurrent_slot(g) == Cell::recurrent_slot(gate)) return false;
    }
    return true;
  }
  static FLASHRNN_DEVICE_FN float& sum(ForwardSums<C>& sums, int q, int gate) {
    return sums[q / (L::kCells * L::kUnitTiles)][q / L::kCells % L::kUnitTiles][gate / L::kTileGates]
               [Places::element(q % L::kCells, gate % L::kTileGates)];
  }
  FLASHRNN_DEVICE_FN void complete(int o, int gate, float total) {
    float& a = a_[o][Cell::recurrent_slot(gate)];
    a = carries(gate) && L::kKWarps == 1 ? total : a + total;
  }

  static constexpr int kPartialOfWarps = L::kKWarps * (L::kKWarps - 1) * L::kOwned * L::kGates * L::kLanes;
  static constexpr int kPartialOfStep = L::kHeads * L::kUnitWarps * kPartialOfWarps;
  /// Lanes side by side.
  FLASHRNN_DEVICE_FN int partial_at(int receiver, int sender, int o, int gate) const {
    return (((receiver * (L::kKWarps - 1) + sender) * L::kOwned + o) * L::kGates + gate) * L::kLanes;
  }
  /// The k warps of a unit tile wait for each other.
  FLASHRNN_DEVICE_FN void meet(D& dev) {
    if constexpr (D::kHasNamedBarriers && L::kHeads * L::kUnitWarps <= 15) {
      dev.named_barrier_sync(1 + place_.block_head * L::kUnitWarps + place_.unit_warp, L::kKWarps * L::kLanes);
    } else {
      dev.block_barrier();
    }
  }

  FLASHRNN_DEVICE_FN float operand(int o) const {
    if constexpr (Kernel::kTwoStages) {
      return Cell::template operand<Math>(a_[o], state_[o]);
    } else {
      return 0.0F;
    }
  }

  FLASHRNN_DEVICE_FN void keep_states(D& dev, const Extents<D>& e, int o, int t) {
    if (!has<C::kFlags>(e.flags, kTraining)) return;
    if (owns(o) && t < until_[o]) {
      FLASHRNN_UNROLL
      for (int s = 1; s < L::kStates; ++s) dev.store(kept_[o] + (s - 1) * e.padded_dim, state_[o][s]);
    }
    kept_[o] += token_step_;
  }

  /// Where row by row the mask says so, states are replaced before step t.
  FLASHRNN_DEVICE_FN void reset(D& dev, const Parameters& p, int t) {
    if constexpr (L::may(kResets)) {
      if (!has<C::kFlags>(p.extents.flags, kResets)) return;
      resets_.look(dev, p, place_, t);
      FLASHRNN_UNROLL
      for (int o = 0; o < L::kOwned; ++o) {
        if (!resets_.set(o, t)) continue;
        FLASHRNN_UNROLL
        for (int s = 0; s < L::kStates; ++s) {
          state_[o][s] = given_state<D>(dev, p.reset_states, p.extents, s, place_.first_row + row_[o], place_.head(),
                                        place_.head_unit() + unit_[o]);
        }
      }
    }
  }

  const ForwardPlace<C>& place_;
  int matrix_staged_ = 0;
  int matrix_h_ = 0;
  int partial_ = 0;  ///< where a lane's sums for other k warps lie
  RowResets<D, C> resets_;
  float bias_[L::kOwned][L::kSlots];
  float state_[L::kOwned][L::kStates];
  float a_[L::kOwned][L::kSlots];
  int row_[L::kOwned];   ///< of the block
  int unit_[L::kOwned];  ///< of the warp
  Int32 until_[L::kOwned];
  bool inside_[L::kOwned];
  Global<D, float> kept_[L::kOwned];
  Int64 token_step_ = 0;
};

}  // namespace flashrnn::kernel

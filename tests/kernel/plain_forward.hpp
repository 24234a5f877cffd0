// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/config.hpp"
#include "common/kernel/rows.hpp"

namespace flashrnn::kernel::test {

/// Forward by one thread, step by step as the contract says it: what tests of backward kernels have before them.
template <class D, class C>
struct PlainForward {
  using Cell = typename C::Cell;
  using E = typename C::Element;
  using SE = typename C::StateElement;
  using Parameters = ForwardParameters<D, E, SE>;
  struct Shared {
    device::SharedArray<D, float, 4> unused;
  };
  static constexpr int kThreads = D::kWarpSize;
  static constexpr int kMostUnits = 256;
  static constexpr int kStates = Cell::kStates;
  static constexpr int kSlots = Cell::kBiases;

  static void run(D& dev, const Parameters& p) {
    if (dev.thread() != 0) return;
    for (Int64 b = 0; b < p.extents.batch; ++b) {
      for (int n = 0; n < p.extents.heads; ++n) PlainForward(dev, p, b, n).walk();
    }
    if (has(p, kTraining)) PlainForward(dev, p, 0, 0).clear_padding();
  }

 private:
  PlainForward(D& device, const Parameters& parameters, Int64 row, int head)
      : dev(device), p(parameters), b(row), n(head), dim(p.extents.head_dim), padded(p.extents.padded_dim) {}
  static bool has(const Parameters& p, Flag flag) { return (p.extents.flags & flag) != 0; }

  template <class T>
  Int64 at(const Tensor<D, T>& t, Int64 time, Int64 gate) const {
    return (has(p, kPacked) ? 0 : b * t.stride_b) + time * t.stride_t + (gate * p.extents.heads + n) * dim;
  }
  template <class T>
  Int64 at_state(const Tensor<D, T>& t, int s) const {
    return s * t.stride_s + b * t.stride_b + static_cast<Int64>(n) * dim;
  }
  void load_states(const Tensor<D, const SE>& from) {
    for (int s = 0; s < kStates; ++s) {
      for (int d = 0; d < dim; ++d)
        state[s][d] = from.data ? dev.to_float(dev.load(from.data + (at_state(from, s) + d))) : 0.0F;
    }
  }
  float product(int gate, int d, const float* operand) const {
    const auto r = p.weights.r + ((static_cast<Int64>(gate) * p.extents.heads + n) * padded + d) * padded;
    float sum = 0.0F;
    for (int k = 0; k < dim; ++k) sum += dev.to_float(dev.load(r + k)) * operand[k];
    return sum;
  }
  int kept_values() const { return kernel::kept_values(C::Kernel::kSaved, has(p, kRecompute), has(p, kForwardClip)); }

  void walk() {
    const RowWalk row = row_walk<kRuntimeFlags>(dev, p.extents, b);
    load_states(p.initial_states);
    for (Int64 step = 0; step < row.length; ++step) {
      const Int64 time = row.template time<kRuntimeFlags>(p.extents.flags, step);
      const Int64 reset = row.first_time + time + (has(p, kPacked) ? 0 : b * p.extents.resets_stride_b);
      if (has(p, kResets) && dev.load(p.extents.resets + reset) != 0) load_states(p.reset_states);
      one_step(row.first_time + time, row.first_token + time);
    }
    for (int s = 0; s < kStates && p.final_states.data; ++s) {
      for (int d = 0; d < dim; ++d) {
        dev.store(p.final_states.data + (at_state(p.final_states, s) + d), dev.template from_float<SE>(state[s][d]));
      }
    }
    const Int64 end = has(p, kPacked) ? 0 : p.extents.steps;
    for (Int64 time = row.length; time < end; ++time) {
      for (int s = 0; s < kStates; ++s) put_state(s, time, true);
    }
  }

  void one_step(Int64 time, Int64 token) {
    float h[kMostUnits];
    float operand[kMostUnits];
    float a[kMostUnits][kSlots];
    for (int d = 0; d < dim; ++d) h[d] = dev.to_float(dev.template from_float<E>(state[0][d]));
    for (int d = 0; d < dim; ++d) {
      for (int slot = 0; slot < kSlots; ++slot)
        a[d][slot] = dev.load(p.weights.bias + ((static_cast<Int64>(slot) * p.extents.heads + n) * padded + d));
      for (int g = 0; g < Cell::kInputGates; ++g)
        a[d][Cell::input_slot(g)] += dev.to_float(dev.load(p.wx.data + (at(p.wx, time, g) + d)));
      for (int g = 0; g < C::Kernel::first_stage_gates(); ++g) a[d][Cell::recurrent_slot(g)] += product(g, d, h);
    }
    if constexpr (C::Kernel::kTwoStages) {
      for (int d = 0; d < dim; ++d) {
        const float previous[kStates] = {state[0][d]};
        operand[d] = dev.to_float(dev.template from_float<E>(Cell::template operand<typename C::Math>(a[d], previous)));
      }
      for (int d = 0; d < dim; ++d) {
        for (int g = C::Kernel::first_stage_gates(); g < Cell::kRecurrentGates; ++g)
          a[d][Cell::recurrent_slot(g)] += product(g, d, operand);
      }
    }
    for (int d = 0; d < dim; ++d) {
      float previous[kStates];
      float next[kStates];
      float saved[C::Kernel::kSaved];
      for (int s = 0; s < kStates; ++s) previous[s] = state[s][d];
      C::Kernel::template forward<typename C::Math>(a[d], previous, next, saved);
      const float clip = p.extents.forward_clip;
      const bool clipped = has(p, kForwardClip) && (next[0] > clip || next[0] < -clip);
      if (has(p, kTraining)) {
        const auto kept = p.reserve.kept + ((token * p.extents.heads + n) * kept_values() * padded + d);
        dev.store(kept, dev.template from_float<E>(h[d]));
        for (int v = 0; v < C::Kernel::kSaved; ++v)
          dev.store(kept + Int64{1 + v} * padded, dev.template from_float<E>(saved[v]));
        if (has(p, kForwardClip))
          dev.store(kept + Int64{1 + C::Kernel::kSaved} * padded, dev.template from_float<E>(clipped ? 0.0F : 1.0F));
        for (int s = 1; s < kStates; ++s) {
          dev.store(p.reserve.states + (((token * p.extents.heads + n) * (kStates - 1) + s - 1) * padded + d),
                    previous[s]);
        }
      }
      if (clipped) next[0] = next[0] > clip ? clip : -clip;
      for (int s = 0; s < kStates; ++s) state[s][d] = next[s];
    }
    if (has(p, kTraining)) clear_units(token);
    for (int s = 0; s < kStates; ++s) put_state(s, time, false);
  }

  void put_state(int s, Int64 time, bool zero) {
    if (!(has(p, kSequenceAll) || (has(p, kSequenceH) && s == 0)) || !p.states.data) return;
    for (int d = 0; d < dim; ++d) {
      dev.store(p.states.data + (s * p.states.stride_s + at(p.states, time, 0) + d),
                dev.template from_float<E>(zero ? 0.0F : state[s][d]));
    }
  }
  // The padding of a token's units.
  void clear_units(Int64 token) {
    for (int d = dim; d < padded; ++d) {
      for (int v = 0; v < kept_values(); ++v) {
        dev.store(p.reserve.kept + (((token * p.extents.heads + n) * kept_values() + v) * padded + d),
                  dev.template from_float<E>(0.0F));
      }
      for (int s = 0; s + 1 < kStates; ++s)
        dev.store(p.reserve.states + (((token * p.extents.heads + n) * (kStates - 1) + s) * padded + d), 0.0F);
    }
  }
  // Positions that no row reaches hold zeros in `kept`.
  void clear_padding() {
    const Int64 count = p.extents.heads * static_cast<Int64>(kept_values()) * padded;
    for (Int64 row = 0; row < p.extents.batch; ++row) {
      const RowWalk walk = row_walk<kRuntimeFlags>(dev, p.extents, row);
      const Int64 end = has(p, kPacked) ? 0 : p.extents.steps;
      for (Int64 time = walk.length; time < end; ++time) {
        for (Int64 i = 0; i < count; ++i)
          dev.store(p.reserve.kept + ((walk.first_token + time) * count + i), dev.template from_float<E>(0.0F));
      }
    }
    if (!has(p, kPacked)) return;
    for (Int64 token = dev.load(p.extents.cu_seqlens + p.extents.batch); token < p.extents.tokens; ++token) {
      for (Int64 i = 0; i < count; ++i)
        dev.store(p.reserve.kept + (token * count + i), dev.template from_float<E>(0.0F));
    }
  }

  D& dev;
  const Parameters& p;
  Int64 b;
  int n;
  int dim;
  int padded;
  float state[kStates][kMostUnits];
};

}  // namespace flashrnn::kernel::test

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_place.hpp"

namespace flashrnn::kernel {

/// What one cell's backward reads from memory at a step.
template <class N>
struct FusedBackwardCellInputs {
  float saved[N::kSaved];
  float previous[N::kStates];
  float outside[N::kStates];  ///< dstates of the token
  bool clipped;               ///< the gradient of h stops here
};

/// Straight from memory, element by element, whatever tile and type.
template <class D, class C>
class FusedBackwardDirectInputs {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;

 public:
  FLASHRNN_DEVICE_FN void set_up(D&, const Place&) {}
  FLASHRNN_DEVICE_FN void request_first(D&, int) {}
  FLASHRNN_DEVICE_FN void wait_first(D&) {}
  FLASHRNN_DEVICE_FN void request(D&, int) {}
  FLASHRNN_DEVICE_FN void wait(D&) {}
  FLASHRNN_DEVICE_FN void load(D&, const Place&, int) {}
  FLASHRNN_DEVICE_FN void load_unaligned(D&, const Place&, int) {}

  /// Of a cell whose row reaches `step`.
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void get(D& dev, const Place& at, int step, int, int, int r, int unit,
                              FusedBackwardCellInputs<N>& in) const {
    const RowWalk walk = at.walk(dev, r);
    const Int64 time = walk.template time<N::kFlags>(at.p.extents.flags, step);
    const Int64 token = walk.first_token + time;
    const auto kept = at.p.reserve.kept + (at.at_token(token, at.kept()) + unit);
    in.previous[0] = N::kReadsH ? dev.to_float(dev.load(kept)) : 0.0F;
    for (int v = 0; v < N::kSaved; ++v) {
      in.saved[v] = dev.to_float(dev.load(kept + static_cast<Int64>(1 + v) * at.padded_dim()));
    }
    in.clipped = false;
    if (at.has(kForwardClip)) {
      in.clipped = dev.to_float(dev.load(kept + static_cast<Int64>(1 + N::kSaved) * at.padded_dim())) == 0.0F;
    }
    for (int s = 1; s < N::kStates; ++s) {
      in.previous[s] = dev.load(at.p.reserve.states + (at.at_token(token, N::kStates - 1) +
                                                       static_cast<Int64>(s - 1) * at.padded_dim() + unit));
    }
    outside(dev, at, walk.first_time + time, r, unit, in.outside);
  }

  static FLASHRNN_DEVICE_FN void outside(D& dev, const Place& at, Int64 time, int r, int unit,
                                         float (&gradient)[N::kStates]) {
    const bool all = at.has(kSequenceAll);
    const bool any = (all || at.has(kSequenceH)) && static_cast<bool>(at.p.dstates.data);
    const Int64 from = at.at(at.p.dstates, r, time, 0) + unit;
    for (int s = 0; s < N::kStates; ++s) {
      gradient[s] = 0.0F;
      if (any && (all || s == 0))
        gradient[s] = dev.to_float(dev.load(at.p.dstates.data + (from + s * at.p.dstates.stride_s)));
    }
  }
};

}  // namespace flashrnn::kernel

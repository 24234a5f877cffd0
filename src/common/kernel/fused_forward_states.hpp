// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

/// Initial and reset states, and when rows are reset.
namespace flashrnn::kernel {

/// State s of [S, B, N, D]; 0 where the tensor is null or has no such element.
template <class D, class T>
FLASHRNN_DEVICE_FN float given_state(D& dev, const Tensor<D, const T>& states, const Extents<D>& e, int s, Int64 b,
                                     int head, int unit) {
  if (!states.data || b >= e.batch || head >= e.heads || unit >= e.head_dim) return 0.0F;
  return dev.to_float(dev.load(
      states.data + (s * states.stride_s + b * states.stride_b + static_cast<Int64>(head) * e.head_dim + unit)));
}

/// Whether row `b` is reset before `step`.
template <Uint32 Compiled, class D>
FLASHRNN_DEVICE_FN bool reset_before(D& dev, const Extents<D>& e, const RowWalk& walk, Int64 b, Int64 step) {
  if (!has<Compiled>(e.flags, kResets) || !walk.reaches(step)) return false;
  const Int64 time = walk.first_time + walk.template time<Compiled>(e.flags, step);
  return dev.load(e.resets + (b * e.resets_stride_b + time)) != 0;
}

/// The masks of a lane's rows: a warp reads as many steps of each row at once as it has lanes.
template <class D, class C>
class RowResets {
  using L = ForwardLayout<C>;
  using Mask = typename D::LaneMask;

 public:
  template <class Parameters>
  FLASHRNN_DEVICE_FN RowResets(D&, const Parameters&, const ForwardPlace<C>&) {}

  FLASHRNN_DEVICE_FN void follow(int o, int block_row) {
    if constexpr (L::may(kResets)) row_[o] = block_row;
  }
  /// Before `set(o, t)`, in the order of t, by whole warps.
  template <class Parameters>
  FLASHRNN_DEVICE_FN void look(D& dev, const Parameters& p, const ForwardPlace<C>& place, int t) {
    if (t % D::kWarpSize != 0) return;
    FLASHRNN_ROLL
    for (int row = 0; row < L::kRows; ++row) {
      const RowWalk walk = walk_of<D, C>(dev, p.extents, place, row);
      const bool reset =
          reset_before<C::kFlags>(dev, p.extents, walk, place.first_row + row, static_cast<Int64>(t) + place.lane);
      const Mask steps = dev.ballot(D::kFullMask, reset);
      FLASHRNN_UNROLL
      for (int o = 0; o < L::kOwned; ++o) {
        if (row_[o] == row) steps_[o] = steps;
      }
    }
  }
  FLASHRNN_DEVICE_FN bool set(int o, int t) const { return (steps_[o] >> (t % D::kWarpSize) & 1) != 0; }

 private:
  int row_[L::kOwned];
  Mask steps_[L::kOwned];
};

}  // namespace flashrnn::kernel

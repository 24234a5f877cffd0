// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// One block has all of a head: what its warps write, all of them read after the block's barrier.
///
/// Every exchange has: `start` when h of the first step is in place everywhere; `wait` until all of h of step t is in
/// h[t % 2]; `hand_over` at the end of step t, when the block has written its part for step t + 1 (warps alone: when
/// the warp has staged it); `leave` before the blocks end.
template <class D, class C>
class BlockExchange {
 public:
  template <class Parameters>
  FLASHRNN_DEVICE_FN BlockExchange(D&, ForwardShared<D, C>&, const Parameters&, const ForwardPlace<C>&, int) {}
  FLASHRNN_DEVICE_FN void start(D& dev) { dev.block_barrier(); }
  FLASHRNN_DEVICE_FN void wait(D&, int) {}
  FLASHRNN_DEVICE_FN void hand_over(D& dev, int) { dev.block_barrier(); }
  FLASHRNN_DEVICE_FN void leave(D&) {}
};

}  // namespace flashrnn::kernel

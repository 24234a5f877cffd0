// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/device.hpp"

namespace flashrnn::device {

/// A barrier of all blocks of a grid whose blocks are all resident at once (a cooperative launch). `counter` is one
/// word of global memory, 0 when the kernel starts, used by nothing else; each generation adds block_count() to it, and
/// wrapping past 2^32 does no harm. Every thread of every block keeps its own GridBarrier and makes every call.
///
/// What any thread wrote before its block arrived is seen by all threads after their wait: the block barrier hands it
/// to thread 0, whose release and acquire carry it across.
template <class D>
class GridBarrier {
 public:
  FLASHRNN_DEVICE_FN explicit GridBarrier(Global<D, Uint32> counter) : counter_(counter) {}

  /// After this the block may work on what the others do not need.
  FLASHRNN_DEVICE_FN void arrive(D& dev) {
    dev.block_barrier();
    if (dev.thread() == 0) dev.add_release(counter_, 1U);
    target_ += static_cast<Uint32>(dev.block_count());
  }
  FLASHRNN_DEVICE_FN void wait(D& dev) {
    if (dev.thread() == 0) {
      while (static_cast<Int32>(dev.load_acquire(counter_) - target_) < 0) dev.pause();
    }
    dev.block_barrier();
  }
  FLASHRNN_DEVICE_FN void sync(D& dev) {
    arrive(dev);
    wait(dev);
  }

 private:
  Global<D, Uint32> counter_;
  Uint32 target_ = 0;
};

}  // namespace flashrnn::device

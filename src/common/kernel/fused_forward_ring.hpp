// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// Wx on its way into shared memory: `stages` steps of [input gate][row][unit], by pieces of 16 bytes. A thread has the
/// same pieces in every step. Where there is no asynchronous copy, a piece waits in registers from one request to the
/// next. Zeros for rows past their end and units past D.
template <class D, class C>
class WxRing {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Piece = device::Vec<Element, L::kPiece>;

 public:
  static constexpr int kStageElements = L::kInputGates * L::kMovedRows * L::kMovedRowElements;
  static constexpr int kStages = L::kStages;

  template <class Parameters>
  FLASHRNN_DEVICE_FN WxRing(D& dev, ForwardShared<D, C>& shared, const Parameters& p, const ForwardPlace<C>& place,
                            int steps)
      : steps_(steps), thread_(place.mover_thread()), head_dim_(p.extents.head_dim), aligned_(p.aligned != 0) {
    const Extents<D>& e = p.extents;
    unit_ = L::kWarpsAlone ? place.head_unit() : place.rank * L::kBlockUnits;
    stage_ = base_ = shared.ring.data() + place.mover() * (kStages * kStageElements);
    step_ = has<C::kFlags>(e.flags, kReverse) ? -p.wx.stride_t : p.wx.stride_t;
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      const int index = thread_ + i * L::kMoverThreads;
      const MovedPiece<C> at(place, index, at_least_one(L::kInputGates));
      Int64 b = place.first_row + at.block_row;
      if constexpr (!kGuarded) b = b < e.batch ? b : e.batch - 1;  // somebody else's, and nobody looks
      const RowWalk walk = row_walk<C::kFlags>(dev, e, b);
      const int head = at.head < e.heads ? at.head : e.heads - 1;
      const bool live = walk.length > 0 && at.head_unit < head_dim_ && index < kPieces;
      until_[i] = live ? static_cast<Int32>(walk.length) : 0;
      from_[i] = p.wx.data;
      if (live) {
        from_[i] += b * p.wx.stride_b + (walk.first_time + walk.template time<C::kFlags>(e.flags, 0)) * p.wx.stride_t +
                    (static_cast<Int64>(at.value) * e.heads + head) * head_dim_ + at.head_unit;
      }
      to_[i] = kept_in_register(dev, (at.value * L::kMovedRows + at.row) * L::kMovedRowElements + at.unit);
    }
  }

  /// Asks for step t, in the order of t. Called by all threads that move together.
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void request(D& dev, int t) {
    if constexpr (L::kInputGates > 0) {
      if constexpr (D::kHasAsyncCopy) {
        if (t < steps_) {
          if constexpr (kAligned) {
            copy(dev, t);
          } else {
            fetch(dev, t);
          }
        }
        dev.copy_async_commit();
      } else {
        settle(dev);
        if (t < steps_) fetch(dev, t);
      }
      stage_ = stage_ == base_ + (kStages - 1) * kStageElements ? base_ : stage_ + kStageElements;
    }
  }
  /// Step t + 1 is there after request(t + stages - 1), this, and a barrier of those that move together.
  FLASHRNN_DEVICE_FN void wait(D& dev) {
    if constexpr (L::kInputGates > 0) {
      if constexpr (D::kHasAsyncCopy) {
        dev.template copy_async_wait<kStages - 2>();
      } else if constexpr (kStages == 2) {
        settle(dev);
      }
    }
  }

 private:
  static constexpr int kPieces = L::kInputGates * L::kMovedRows * L::kRowPieces;
  static constexpr int kMine = at_least_one(ceil_of(kPieces, L::kMoverThreads));
  /// Whether some piece may have no input at some step.
  static constexpr bool kGuarded = L::kRagged || !L::kWhole;
  static constexpr int kHeadUnits = L::kWarpsAlone ? L::kWarpUnits : L::kBlockUnits;

  FLASHRNN_DEVICE_FN bool mine(int i) const {
    return kPieces % L::kMoverThreads == 0 || thread_ + i * L::kMoverThreads < kPieces;
  }
  FLASHRNN_DEVICE_FN bool live(int i, int t) const { return !kGuarded || t < until_[i]; }

  FLASHRNN_DEVICE_FN void copy(D& dev, int t) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      if (!mine(i)) continue;
      if constexpr (kGuarded) {
        dev.template copy_async<16>(stage_ + to_[i], from_[i], live(i, t) ? 16 : 0);
      } else {
        dev.template copy_async<16>(stage_ + to_[i], from_[i]);
      }
      from_[i] += step_;
    }
  }
  FLASHRNN_DEVICE_FN void fetch(D& dev, int t) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      if (!mine(i)) continue;
      Piece piece;
      if (live(i, t) && aligned_) {
        piece = dev.template load_vec<L::kPiece>(from_[i]);
      } else {
        const int units =
            head_dim_ - (unit_ + (thread_ + i * L::kMoverThreads) % L::kRowPieces * L::kPiece % kHeadUnits);
        FLASHRNN_UNROLL
        for (int k = 0; k < L::kPiece; ++k) {
          piece[k] = live(i, t) && k < units ? dev.load(from_[i] + k) : zero_element<Element>();
        }
      }
      from_[i] += step_;
      if constexpr (D::kHasAsyncCopy) {
        dev.store(stage_ + to_[i], piece);
      } else {
        fetched_[i] = piece;
      }
    }
    if constexpr (!D::kHasAsyncCopy) {
      waiting_ = stage_;
      pending_ = true;
    }
  }
  /// What waits in registers goes to shared memory.
  FLASHRNN_DEVICE_FN void settle(D& dev) {
    if (!pending_) return;
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      if (mine(i)) dev.store(waiting_ + to_[i], fetched_[i]);
    }
    pending_ = false;
  }

  Global<D, const Element> from_[kMine];
  int to_[kMine];
  Int32 until_[kMine];
  Piece fetched_[kMine];
  device::Shared<D, Element> base_;
  device::Shared<D, Element> stage_;    ///< the one that is asked for next
  device::Shared<D, Element> waiting_;  ///< that of `fetched_`
  Int64 step_;
  int unit_;
  int steps_;
  int thread_;
  int head_dim_;
  bool aligned_;
  bool pending_ = false;
};

}  // namespace flashrnn::kernel

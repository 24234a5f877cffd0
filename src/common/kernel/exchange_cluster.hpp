// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// The blocks of a cluster: every warp sends its part of h to all of them, its own block too, by asynchronous stores.
/// Two buffers, each with an mbarrier that counts the bytes of one step.
template <class D, class C>
class ClusterExchange {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Mbarrier = typename D::Mbarrier;
  static_assert(D::kHasClusters, "The device has clusters.");

 public:
  template <class Parameters>
  FLASHRNN_DEVICE_FN ClusterExchange(D& dev, ForwardShared<D, C>& shared, const Parameters&,
                                     const ForwardPlace<C>& place, int steps)
      : arrived_(shared.arrived.data().template cast<Mbarrier>()),
        thread_(place.thread),
        lane_(place.lane),
        steps_(steps) {
    staged_ = shared.staging.data() + place.mover() * (L::kStagedValues * L::kMovedRows * L::kMovedRowElements);
    piece_ = lane_ % kPieces;
    // Rows side by side, as they lie in h.
    const int row = piece_ % L::kMovedRows;
    const int unit = piece_ / L::kMovedRows * L::kPiece;
    from_ = staged_ + (row * L::kMovedRowElements + unit);
    const auto to = shared.h.data() + L::h_at(place.moved_row(row), place.head_unit() + unit);
    FLASHRNN_UNROLL
    for (int i = 0; i < kRounds; ++i) {
      const int peer = lane_ / kPieces + i * kPeersAtOnce;
      sends_[i] = lane_ / kPieces < kPeersAtOnce && peer < L::kGroupBlocks;
      const int rank = peer < L::kGroupBlocks ? peer : 0;
      to_[i] = dev.peer(to, rank);
      signal_[i] = dev.peer(arrived_, rank);
    }
  }

  FLASHRNN_DEVICE_FN void start(D& dev) {
    if (thread_ == 0) {
      for (int i = 0; i < 2; ++i) dev.mbarrier_init(arrived_ + i, 1);
      dev.mbarrier_init_fence();
      dev.mbarrier_arrive(arrived_);  // h of the first step is there
      for (int i = 0; i < 2; ++i) dev.mbarrier_arrive_expect(arrived_ + i, kStepBytes);
    }
    device::cluster_barrier(dev);
  }

  /// A phase ends when it was expected and all its bytes have come, so the next one may be expected after it.
  FLASHRNN_DEVICE_FN void wait(D& dev, int t) {
    const int buffer = t & 1;
    device::mbarrier_wait(dev, arrived_ + buffer, static_cast<Uint32>(t >> 1 & 1));
    if (t > 0 && thread_ == 0 && t + 2 < steps_) dev.mbarrier_arrive_expect(arrived_ + buffer, kStepBytes);
  }

  /// A peer writes into a buffer again only when it has all of the h after it, so when every warp here has read it.
  FLASHRNN_DEVICE_FN void hand_over(D& dev, int t) {
    if (t + 1 >= steps_) return;
    const auto piece = dev.template load_vec<L::kPiece>(from_);
    const int buffer = (t + 1) & 1;
    FLASHRNN_UNROLL
    for (int i = 0; i < kRounds; ++i) {
      if (sends_[i]) dev.store_async(to_[i] + buffer * L::kHElements, piece, signal_[i] + buffer);
    }
  }
  FLASHRNN_DEVICE_FN void leave(D& dev) { device::cluster_barrier(dev); }

 private:
  static constexpr int kPieces = L::kMovedRows * L::kWarpUnits / L::kPiece;
  static_assert(kPieces <= L::kLanes, "A lane sends one piece of h to a peer.");
  static constexpr int kPeersAtOnce = L::kLanes / kPieces;
  static constexpr int kRounds = ceil_of(L::kGroupBlocks, kPeersAtOnce);
  static constexpr int kStepBytes = L::kRows * L::kGroupUnits * static_cast<int>(sizeof(Element));

  device::Shared<D, Mbarrier> arrived_;
  device::Shared<D, Element> staged_;
  device::Shared<D, Element> from_;
  typename D::template Peer<Element> to_[kRounds];
  typename D::template Peer<Mbarrier> signal_[kRounds];
  bool sends_[kRounds];
  int piece_;
  int thread_;
  int lane_;
  int steps_;
};

}  // namespace flashrnn::kernel

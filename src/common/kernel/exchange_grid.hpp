// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// The blocks of a group, all resident at once, hand h over through global memory: two buffers for each group, and a
/// word for each block, which says what it has published: 1 when it has started, t + 2 when h of step t + 1 is there. A
/// warp waits for the blocks whose part it fetches, a lane for each.
///
/// A block overwrites a buffer two steps later, when it has h of the step between from all others; they published that
/// after they had read the buffer.
template <class D, class C>
class GridExchange {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;

 public:
  template <class Parameters>
  FLASHRNN_DEVICE_FN GridExchange(D&, ForwardShared<D, C>& shared, const Parameters& p, const ForwardPlace<C>& place,
                                  int steps)
      : h_(shared.h.data()),
        exchange_(p.exchange + static_cast<Int64>(place.group) * 2 * L::kHElements),
        published_(p.barriers + place.group * fused_forward::words_of_group(L::kShape)),
        rank_(place.rank),
        thread_(place.thread),
        lane_(place.lane),
        first_(place.warp * kBlocksOfWarp),
        steps_(steps) {}

  /// A block may write final states into the very tensor that another reads its initial ones from.
  FLASHRNN_DEVICE_FN void start(D& dev) {
    publish(dev, 1U);
    await(dev, 1U);
    dev.block_barrier();
  }
  FLASHRNN_DEVICE_FN void wait(D& dev, int t) {
    if (t == 0) return;
    await(dev, static_cast<Uint32>(t) + 1U);
    const int buffer = (t & 1) * L::kHElements;
    if constexpr (D::kHasAsyncCopy) {  // no registers, and past the first-level cache
      FLASHRNN_UNROLL
      for (int i = 0; i < kFetches; ++i) {
        const Global<D, const Element> from = exchange_ + (buffer + piece_at(i));
        if (fetches(i)) dev.template copy_async<16>(h_ + (buffer + piece_at(i)), from);
      }
      dev.copy_async_commit();
      dev.template copy_async_wait<0>();  // Wx that was asked for in steps before has come, too
    } else {
      device::Vec<Element, L::kPiece> pieces[kFetches];
      FLASHRNN_UNROLL
      for (int i = 0; i < kFetches; ++i) {
        if (fetches(i)) pieces[i] = dev.template load_vec<L::kPiece>(exchange_ + (buffer + piece_at(i)));
      }
      FLASHRNN_UNROLL
      for (int i = 0; i < kFetches; ++i) {
        if (fetches(i)) dev.store(h_ + (buffer + piece_at(i)), pieces[i]);
      }
    }
    dev.block_barrier();
  }
  FLASHRNN_DEVICE_FN void hand_over(D& dev, int t) {
    dev.block_barrier();
    if (t + 1 >= steps_) return;
    const int own = ((t + 1) & 1) * L::kHElements + rank_ * kPieces * L::kPiece;
    for (int i = thread_; i < kPieces; i += L::kThreads) {
      dev.store(exchange_ + (own + i * L::kPiece), dev.template load_vec<L::kPiece>(h_ + (own + i * L::kPiece)));
    }
    publish(dev, static_cast<Uint32>(t) + 2U);
  }
  FLASHRNN_DEVICE_FN void leave(D&) {}

 private:
  static constexpr int kPieces = L::kRows * L::kBlockUnits / L::kPiece;  // of a block
  static constexpr int kWarps = L::kThreads / L::kLanes;
  static constexpr int kBlocksOfWarp = ceil_of(L::kGroupBlocks, kWarps);  // those that a warp fetches from
  static constexpr int kFetches = ceil_of(kBlocksOfWarp * kPieces, L::kLanes);
  static_assert(L::kHeads == 1, "A group has one head.");

  FLASHRNN_DEVICE_FN int piece_at(int i) const { return (first_ * kPieces + lane_ + i * L::kLanes) * L::kPiece; }
  FLASHRNN_DEVICE_FN bool fetches(int i) const {
    const int piece = lane_ + i * L::kLanes;
    const int block = first_ + piece / kPieces;
    return piece < kBlocksOfWarp * kPieces && block < L::kGroupBlocks && block != rank_;
  }
  FLASHRNN_DEVICE_FN void publish(D& dev, Uint32 what) {
    dev.block_barrier();
    if (thread_ == 0) dev.store_release(published_ + rank_, what);
  }
  FLASHRNN_DEVICE_FN void await(D& dev, Uint32 what) {
    for (int i = lane_; i < kBlocksOfWarp; i += L::kLanes) {
      if (first_ + i >= L::kGroupBlocks) break;
      while (dev.load_acquire(published_ + (first_ + i)) < what) dev.pause();
    }
    dev.warp_barrier(D::kFullMask);
  }

  device::Shared<D, Element> h_;
  Global<D, Element> exchange_;
  Global<D, Uint32> published_;
  int rank_;
  int thread_;
  int lane_;
  int first_;
  int steps_;
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// What goes to global memory in every step, by pieces of 16 bytes: the sequence of states and what the reserve keeps
/// in Element. A thread has the same pieces in every step. Rows past their end are left out: see ForwardPadding.
template <class D, class C>
class ForwardOutput {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Piece = device::Vec<Element, L::kPiece>;
  using Parameters = ForwardParameters<D, Element, typename C::StateElement>;
  using Source = device::Shared<D, Element>;

 public:
  FLASHRNN_DEVICE_FN ForwardOutput(D& dev, const Parameters& p, const ForwardPlace<C>& place)
      : head_dim_(p.extents.head_dim) {
    const Extents<D>& e = p.extents;
    const bool reverse = has<C::kFlags>(e.flags, kReverse);
    all_ = has<C::kFlags>(e.flags, kSequenceAll);
    sequence_ = all_ || has<C::kFlags>(e.flags, kSequenceH);
    training_ = has<C::kFlags>(e.flags, kTraining);
    gates_ = training_ && !has<C::kFlags>(e.flags, kRecompute);
    const bool clip = has<C::kFlags>(e.flags, kForwardClip);
    const int values = kept_values(L::kSaved, !gates_, clip);
    const Int64 token_stride = static_cast<Int64>(e.heads) * values * e.padded_dim;
    sequence_step_ = reverse ? -p.states.stride_t : p.states.stride_t;
    kept_step_ = reverse ? -token_stride : token_stride;
    unit_ = L::kWarpsAlone ? place.head_unit() : place.rank * L::kBlockUnits;
    thread_ = place.mover_thread();

    const auto sequence_target = [&](const MovedPiece<C>& at, int state, Int32& until) {
      const RowWalk walk = walk_of<D, C>(dev, e, place, at.block_row);
      const bool there = at.head < e.heads && at.head_unit < e.head_dim && sequence_ && (state == 0 || all_);
      until = there ? static_cast<Int32>(walk.length) : 0;
      auto target = p.states.data;
      if (until > 0) {
        target += state * p.states.stride_s + (place.first_row + at.block_row) * p.states.stride_b +
                  (walk.first_time + walk.template time<C::kFlags>(e.flags, 0)) * p.states.stride_t +
                  static_cast<Int64>(at.head) * e.head_dim + at.head_unit;
      }
      return target - sequence_step_;
    };
    const auto kept_target = [&](const MovedPiece<C>& at, int value, bool wanted, Int32& until) {
      const RowWalk walk = walk_of<D, C>(dev, e, place, at.block_row);
      until = wanted && at.head < e.heads && at.head_unit < e.padded_dim ? static_cast<Int32>(walk.length) : 0;
      auto target = p.reserve.kept;
      if (until > 0) {
        const Int64 token = walk.first_token + walk.template time<C::kFlags>(e.flags, 0);
        target += ((token * e.heads + at.head) * values + value) * e.padded_dim + at.head_unit;
      }
      return target - kept_step_;
    };

    FLASHRNN_UNROLL
    for (int i = 0; i < kMineH; ++i) {
      const MovedPiece<C> at(place, index<kPiecesH>(i), 1);
      if constexpr (kDirectH) {
        h_target_[i] = sequence_target(at, 0, h_until_[i]);
        if (!mine<kPiecesH>(i)) h_until_[i] = 0;
      }
      if constexpr (L::may(kTraining)) {
        entering_target_[i] = kept_target(at, 0, training_ && mine<kPiecesH>(i), entering_until_[i]);
      }
      const int head = L::kWarpsAlone ? 0 : at.unit / L::kBlockUnits;
      h_at_[i] = L::kWarpsAlone ? at.row * L::kMovedRowElements + at.unit
                                : head * L::kHElements + L::h_at(at.block_row, at.head_unit);
    }
    if constexpr (L::kStagedSequence > 0) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kMineSequence; ++i) {
        const MovedPiece<C> at(place, index<kPiecesSequence>(i), L::kStagedSequence);
        const int state = at.value + (L::kStagesH ? 0 : 1);
        sequence_target_[i] = sequence_target(at, state, sequence_until_[i]);
        if (!mine<kPiecesSequence>(i)) sequence_until_[i] = 0;
        sequence_at_[i] = staged_at(at, L::kFirstSequence);
      }
    }
    if constexpr (L::kStagedKept > 0) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kMineKept; ++i) {
        const MovedPiece<C> at(place, index<kPiecesKept>(i), L::kStagedKept);
        const bool wanted = gates_ && mine<kPiecesKept>(i) && (at.value < L::kSaved || clip);
        kept_target_[i] = kept_target(at, at.value + 1, wanted, kept_until_[i]);
        kept_at_[i] = staged_at(at, L::kFirstKept);
      }
    }
  }

  /// What is there before the first step. `h`: what the next step multiplies, of the block in h's layout, of a warp
  /// staged.
  FLASHRNN_DEVICE_FN void put_first(D& dev, Source h) {
    if constexpr (L::may(kTraining)) {
      if (!training_) return;
      Piece pieces[kMineH];
      take(dev, pieces, h, h_at_);
      put_entering(dev, pieces, -1);
    }
  }
  /// What step t left. Every load comes before the first store, which so does not wait for each of them.
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void put(D& dev, Source h, Source staging, int t) {
    Piece h_pieces[kMineH];
    Piece sequence_pieces[kMineSequence];
    Piece kept_pieces[kMineKept];
    const bool puts_sequence = L::kStagedSequence > 0 && (all_ || (L::kStagesH && sequence_));
    const bool puts_kept = L::kStagedKept > 0 && gates_;
    if ((kDirectH && sequence_) || (L::may(kTraining) && training_)) take(dev, h_pieces, h, h_at_);
    if (puts_sequence) take(dev, sequence_pieces, staging, sequence_at_);
    if (puts_kept) take(dev, kept_pieces, staging, kept_at_);
    if constexpr (kDirectH) {
      if (sequence_) {
        FLASHRNN_UNROLL
        for (int i = 0; i < kMineH; ++i) {
          h_target_[i] += sequence_step_;
          if (t < h_until_[i]) put_sequence<kAligned>(dev, h_target_[i], h_pieces[i], i);
        }
      }
    }
    if constexpr (L::may(kTraining)) {
      if (training_) put_entering(dev, h_pieces, t);
    }
    if (puts_sequence) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kMineSequence; ++i) {
        sequence_target_[i] += sequence_step_;
        if (t < sequence_until_[i]) put_sequence<kAligned>(dev, sequence_target_[i], sequence_pieces[i], i);
      }
    }
    if (puts_kept) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kMineKept; ++i) {
        kept_target_[i] += kept_step_;
        if (t < kept_until_[i]) dev.store(kept_target_[i], kept_pieces[i]);
      }
    }
  }

 private:
  static constexpr bool kDirectH = !L::kStagesH && (L::may(kSequenceH) || L::may(kSequenceAll));
  static constexpr int kPiecesH = L::kMovedRows * L::kRowPieces;
  static constexpr int kPiecesSequence = kPiecesH * at_least_one(L::kStagedSequence);
  static constexpr int kPiecesKept = kPiecesH * at_least_one(L::kStagedKept);
  static constexpr int kMineH = ceil_of(kPiecesH, L::kMoverThreads);
  static constexpr int kMineSequence = ceil_of(kPiecesSequence, L::kMoverThreads);
  static constexpr int kMineKept = ceil_of(kPiecesKept, L::kMoverThreads);
  static constexpr int kHeadUnits = L::kWarpsAlone ? L::kWarpUnits : L::kBlockUnits;

  static FLASHRNN_DEVICE_FN int staged_at(const MovedPiece<C>& at, int first) {
    return ((first + at.value) * L::kMovedRows + at.row) * L::kMovedRowElements + at.unit;
  }
  template <int kPieces>
  FLASHRNN_DEVICE_FN bool mine(int i) const {
    return kPieces % L::kMoverThreads == 0 || thread_ + i * L::kMoverThreads < kPieces;
  }
  /// Of a thread's piece i; one of the existing where it has none.
  template <int kPieces>
  FLASHRNN_DEVICE_FN int index(int i) const {
    return mine<kPieces>(i) ? thread_ + i * L::kMoverThreads : 0;
  }
  /// All threads take, also for pieces that they do not have: a branch costs more than a load.
  template <int kMine>
  FLASHRNN_DEVICE_FN void take(D& dev, Piece (&pieces)[kMine], Source from, const int (&at)[kMine]) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) pieces[i] = dev.template load_vec<L::kPiece>(from + at[i]);
  }
  FLASHRNN_DEVICE_FN void put_entering(D& dev, const Piece (&pieces)[kMineH], int t) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kMineH; ++i) {
      entering_target_[i] += kept_step_;
      if (t + 1 < entering_until_[i]) dev.store(entering_target_[i], pieces[i]);
    }
  }
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void put_sequence(D& dev, Global<D, Element> to, const Piece& piece, int i) {
    if constexpr (kAligned) {
      dev.store(to, piece);
      return;
    }
    const int unit = (thread_ + i * L::kMoverThreads) % L::kRowPieces * L::kPiece % kHeadUnits;
    FLASHRNN_UNROLL
    for (int k = 0; k < L::kPiece; ++k) {
      if (unit_ + unit + k < head_dim_) dev.store(to + k, piece[k]);
    }
  }

  // Where the step before wrote: a pointer that a store still needs cannot be moved on without waiting for it.
  Global<D, Element> h_target_[kMineH];
  Global<D, Element> entering_target_[kMineH];
  Global<D, Element> sequence_target_[kMineSequence];
  Global<D, Element> kept_target_[kMineKept];
  Int32 h_until_[kMineH];
  Int32 entering_until_[kMineH];
  Int32 sequence_until_[kMineSequence];
  Int32 kept_until_[kMineKept];
  int h_at_[kMineH];
  int sequence_at_[kMineSequence];
  int kept_at_[kMineKept];
  Int64 sequence_step_;
  Int64 kept_step_;
  int head_dim_;
  int unit_;
  int thread_;
  bool all_;
  bool sequence_;
  bool training_;
  bool gates_;
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

/// Zeros at positions that no row reaches: in the sequence, and in what the reserve keeps in Element. By whole blocks,
/// each for its own heads, units and rows; of a packed batch the first row group clears the room behind the last token.
template <class D, class C>
class ForwardPadding {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Parameters = ForwardParameters<D, Element, typename C::StateElement>;

 public:
  static FLASHRNN_DEVICE_FN void clear(D& dev, const Parameters& p, const ForwardPlace<C>& place) {
    const Extents<D>& e = p.extents;
    if constexpr (L::may(kPacked) && L::may(kTraining)) {
      if (has<C::kFlags>(e.flags, kPacked) && place.first_row == 0) {
        const Int64 end = dev.load(e.cu_seqlens + e.batch);
        clear_kept(dev, p, place, end, e.tokens);
      }
    }
    if constexpr (L::may(kLengths)) {
      if (!has<C::kFlags>(e.flags, kLengths) || has<C::kFlags>(e.flags, kPacked)) return;
      FLASHRNN_ROLL
      for (int row = 0; row < L::kRows; ++row) {
        const Int64 b = place.first_row + row;
        if (b >= e.batch) break;
        const RowWalk walk = walk_of<D, C>(dev, e, place, row);
        clear_sequence(dev, p, place, b, walk.length);
        clear_kept(dev, p, place, walk.first_token + walk.length, walk.first_token + e.steps);
      }
    }
  }

 private:
  static constexpr int kPieces = L::kHeads * L::kBlockUnits / L::kPiece;

  /// A position of the block's units: i counts tokens, then pieces.
  struct Position {
    Int64 token;
    int head;
    int unit;
    FLASHRNN_DEVICE_FN Position(const ForwardPlace<C>& place, Int64 i) {
      const int piece = static_cast<int>(i % kPieces) * L::kPiece;
      token = i / kPieces;
      head = place.first_head + piece / L::kBlockUnits;
      unit = place.rank * L::kBlockUnits + piece % L::kBlockUnits;
    }
  };

  static FLASHRNN_DEVICE_FN void clear_kept(D& dev, const Parameters& p, const ForwardPlace<C>& place, Int64 first,
                                            Int64 end) {
    const Extents<D>& e = p.extents;
    if (!has<C::kFlags>(e.flags, kTraining)) return;
    const int values =
        kept_values(L::kSaved, has<C::kFlags>(e.flags, kRecompute), has<C::kFlags>(e.flags, kForwardClip));
    device::Vec<Element, L::kPiece> zeros;
    for (int k = 0; k < L::kPiece; ++k) zeros[k] = zero_element<Element>();
    FLASHRNN_ROLL
    for (Int64 i = place.thread; i < (end - first) * kPieces; i += L::kThreads) {
      const Position at(place, i);
      if (at.head >= e.heads || at.unit >= e.padded_dim) continue;
      const auto to = p.reserve.kept + (((first + at.token) * e.heads + at.head) * values * e.padded_dim + at.unit);
      for (int v = 0; v < values; ++v) dev.store(to + static_cast<Int64>(v) * e.padded_dim, zeros);
    }
  }

  static FLASHRNN_DEVICE_FN void clear_sequence(D& dev, const Parameters& p, const ForwardPlace<C>& place, Int64 b,
                                                Int64 length) {
    const Extents<D>& e = p.extents;
    const int states = has<C::kFlags>(e.flags, kSequenceAll) ? L::kStates : has<C::kFlags>(e.flags, kSequenceH) ? 1 : 0;
    FLASHRNN_ROLL
    for (Int64 i = place.thread; i < (e.steps - length) * kPieces; i += L::kThreads) {
      const Position at(place, i);
      if (at.head >= e.heads) continue;
      for (int s = 0; s < states; ++s) {
        const auto to =
            p.states.data + (s * p.states.stride_s + b * p.states.stride_b + (length + at.token) * p.states.stride_t +
                             static_cast<Int64>(at.head) * e.head_dim + at.unit);
        for (int k = 0; k < L::kPiece; ++k) {
          if (at.unit + k < e.head_dim) dev.store(to + k, zero_element<Element>());
        }
      }
    }
  }
};

}  // namespace flashrnn::kernel

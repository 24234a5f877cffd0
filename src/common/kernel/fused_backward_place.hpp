// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_numbers.hpp"
#include "common/kernel/rows.hpp"

namespace flashrnn::kernel {

template <class D, bool Has>
struct MbarrierOf {
  using Type = device::Uint64;
};
template <class D>
struct MbarrierOf<D, true> {
  using Type = typename D::Mbarrier;
};

/// A block's shared memory.
template <class D, class N>
struct FusedBackwardShared {
  using Element = typename N::Element;
  // First, at a multiple of 128 bytes: what other blocks send must not straddle lines.
  device::SharedArray<D, float, static_cast<int>(N::kShape.inbox_bytes / 4), 16> inbox;
  /// Fast: [2][row tiles][entries x units][8 rows], units swizzled. Else: [2][row tiles][entries x units][rows].
  device::SharedArray<D, Element, static_cast<int>(N::kShape.gates_bytes / sizeof(Element)), 16> gates;
  device::SharedArray<D, Element, static_cast<int>(N::kShape.ring_bytes / sizeof(Element)), 16> ring;
  device::SharedArray<D, Uint32, static_cast<int>(N::kShape.r_bytes / 4), 16> r;
  device::SharedArray<D, typename MbarrierOf<D, D::kHasMbarriers>::Type, 2, 16> arrived;
  device::SharedArray<D, Int64, N::kRows> length;  ///< of RowWalk
  device::SharedArray<D, Int64, N::kRows> first_token;
  device::SharedArray<D, Int64, N::kRows> first_time;
};

/// Where a thread stands: which head, rows and units its block has, and what follows for addresses.
template <class D, class C>
struct FusedBackwardPlace {
  using N = FusedBackwardNumbers<D, C>;
  using Shared = FusedBackwardShared<D, N>;
  using Parameters = BackwardParameters<D, typename N::Element, typename N::StateElement>;
  static_assert(sizeof(Shared) == static_cast<unsigned long>(N::kShape.shared_bytes),
                "The planner's figure of shared memory is the struct's size.");

  const Parameters& p;
  Shared& shared;
  int thread;
  int warp;
  int lane;
  int group;
  int rank;  ///< of the block in its group
  int head;
  Int64 row;       ///< first of the group
  int first_unit;  ///< of the block

  FLASHRNN_DEVICE_FN FusedBackwardPlace(D& dev, const Parameters& parameters)
      : p(parameters), shared(dev.template shared<Shared>()), thread(dev.thread()), warp(dev.warp()), lane(dev.lane()) {
    group = dev.block() / N::kGroupBlocks;
    rank = dev.block() % N::kGroupBlocks;
    const int row_group = group / p.extents.heads;
    head = group - row_group * p.extents.heads;
    row = static_cast<Int64>(row_group) * N::kRows;
    first_unit = rank * N::kUnits;
  }

  static constexpr int kPadded = (C::kHeadDim + kDimPadding - 1) / kDimPadding * kDimPadding;
  /// Every unit of the group's blocks is one of the padded head: nothing has to be asked.
  static constexpr bool kExact = C::kHeadDim > 0 && N::kGroupBlocks* N::kUnits == kPadded;

  [[nodiscard]] FLASHRNN_DEVICE_FN bool has(Flag flag) const { return kernel::has<N::kFlags>(p.extents.flags, flag); }
  [[nodiscard]] FLASHRNN_DEVICE_FN int head_dim() const { return C::kHeadDim > 0 ? C::kHeadDim : p.extents.head_dim; }
  [[nodiscard]] FLASHRNN_DEVICE_FN int padded_dim() const { return C::kHeadDim > 0 ? kPadded : p.extents.padded_dim; }
  [[nodiscard]] FLASHRNN_DEVICE_FN int kept() const { return kept_values(N::kSaved, false, has(kForwardClip)); }
  /// Whether the library's own buffers have unit `unit` of the head.
  [[nodiscard]] FLASHRNN_DEVICE_FN bool stored(int unit) const { return kExact || unit < padded_dim(); }

  /// The walks of the group's rows into shared memory; the block meets afterwards.
  FLASHRNN_DEVICE_FN void share_walks(D& dev) const {
    for (int r = thread; r < N::kRows; r += N::kThreads) {
      const RowWalk walk = row_walk<N::kFlags>(dev, p.extents, row + r);
      dev.store(shared.length.data() + r, walk.length);
      dev.store(shared.first_token.data() + r, walk.first_token);
      dev.store(shared.first_time.data() + r, walk.first_time);
    }
  }
  [[nodiscard]] FLASHRNN_DEVICE_FN RowWalk walk(D& dev, int r) const {
    return {dev.load(shared.length.data() + r), dev.load(shared.first_token.data() + r),
            dev.load(shared.first_time.data() + r)};
  }
  [[nodiscard]] FLASHRNN_DEVICE_FN int length(D& dev, int r) const {
    return static_cast<int>(dev.load(shared.length.data() + r));
  }
  /// Steps of the group: of its longest row.
  [[nodiscard]] FLASHRNN_DEVICE_FN int steps(D& dev) const {
    if constexpr (!N::kRagged) {
      return static_cast<int>(p.extents.steps);
    } else {
      int most = 0;
      for (int r = 0; r < N::kRows; ++r) {
        const int steps = length(dev, r);
        most = steps > most ? steps : most;
      }
      return most;
    }
  }

  // Offsets of (row, time) of the caller's tensors and of a token of the library's, of the head's first unit.
  template <class Element>
  [[nodiscard]] FLASHRNN_DEVICE_FN Int64 at(const Tensor<D, Element>& tensor, int r, Int64 time, int gate) const {
    const Int64 from = has(kPacked) ? 0 : (row + r) * tensor.stride_b;
    return from + time * tensor.stride_t + (static_cast<Int64>(gate) * p.extents.heads + head) * head_dim();
  }
  [[nodiscard]] FLASHRNN_DEVICE_FN Int64 at_token(Int64 token, int values) const {
    return (token * p.extents.heads + head) * values * padded_dim();
  }
  /// Of unit `unit` of row `r` in a tensor [S, B, N, D].
  template <class Element>
  [[nodiscard]] FLASHRNN_DEVICE_FN Int64 at_state(const Tensor<D, Element>& tensor, int state, int r, int unit) const {
    return state * tensor.stride_s + (row + r) * tensor.stride_b + static_cast<Int64>(head) * head_dim() + unit;
  }
};

}  // namespace flashrnn::kernel

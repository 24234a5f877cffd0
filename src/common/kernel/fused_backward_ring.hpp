// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_inputs.hpp"

namespace flashrnn::kernel {

/// Inputs of the fast form: a ring in shared memory, filled by asynchronous copies some steps ahead. A stage is
/// [rows] [record], and a record is what one row of the batch brings: [values][units] in the order h (if it is read),
/// saved values, clip factor, dstates, and behind them the fp32 states, [states - 1][units]. So neighbouring threads
/// copy neighbours in memory, and they arrive as lines. A record is an odd number of 16-byte pieces: the eight rows
/// that ldmatrix reads lie in different banks, and with its transposition a lane gets what belongs to the sums that it
/// holds. Where dstates are not aligned they are loaded one by one.
template <class D, class C>
class FusedBackwardRing {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;
  using Element = typename N::Element;
  using Pieces = Global<D, const Element>;
  static constexpr int kRows = N::kRows;
  static constexpr int kUnits = N::kUnits;
  static constexpr int kThreads = N::kThreads;
  static constexpr int kStates = N::kStates;
  static constexpr int kValues = static_cast<int>(N::kShape.ring_values);
  static constexpr int kDstates = N::kSequenceStates;
  static constexpr int kKept = kValues - kDstates;
  static constexpr int kFirstKept = N::kReadsH ? 0 : 1;
  // Pieces of 16 bytes.
  static constexpr int kValuePieces = kUnits / 8;
  static constexpr int kKeptEnd = kKept * kValuePieces;
  static constexpr int kDstatesEnd = kValues * kValuePieces;
  static constexpr int kPieces = kDstatesEnd + (kStates - 1) * kUnits / 4;
  static constexpr int kRowElements =
      (kUnits * (2 * kValues + 4 * (kStates - 1)) + static_cast<int>(kRingRowBytes)) / 2;
  static constexpr int kStageElements = kRows * kRowElements;
  static_assert(kRowElements == (kPieces + 1) * 8 && kPieces % 2 == 0, "A record is an odd number of pieces.");
  // A row's pieces are dealt to its threads.
  static constexpr int kRowThreads = kThreads / kRows;
  static_assert(kThreads % kRows == 0, "A thread copies for one row.");
  static constexpr int kMine = (kPieces + kRowThreads - 1) / kRowThreads;
  static constexpr int kTail = kValues % 4;  // values of a last ldmatrix that is not full

 public:
  FLASHRNN_DEVICE_FN void set_up(D& dev, const Place& at) {
    const auto ring = at.shared.ring.data();
    for (int i = at.thread * 8; i < N::kStages * kStageElements; i += kThreads * 8) {
      dev.store(ring + i, device::Vec<Element, 8>{});
    }
    dev.block_barrier();
    set_up_copies(dev, at, ring);
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      const auto group = N::group(at.warp, i);
      const int eighth = group.valid ? group.tile * 2 + group.part : 0;
      const int row = group.valid ? group.row_tile * 8 : 0;
      const auto record = ring + (row + at.lane % 8) * kRowElements;
      const int matrix = at.lane / 8;
      values_at_[i] = in_register(record + (matrix * kUnits + eighth * 8));
      tail_at_[i] = values_at_[i];
      if constexpr (kTail == 3) {  // the fourth matrix, which nobody wants, is one that there is
        tail_at_[i] = in_register(record + ((kValues - 3 + (matrix < 3 ? matrix : 2)) * kUnits + eighth * 8));
      }
      const auto states = ring + ((row + at.lane % 4 * 2) * kRowElements + kValues * kUnits);
      states_at_[i] = in_register(states.template cast<float>() + (eighth * 8 + at.lane / 4));
    }
  }

  /// Asks for the first stages.
  FLASHRNN_DEVICE_FN void request_first(D& dev, int last) {
    for (int i = 0; i < N::kStages; ++i) request(dev, last - i);
  }
  /// Waits for the first of them, which the block sees after a barrier.
  FLASHRNN_DEVICE_FN void wait_first(D& dev) { dev.template copy_async_wait<N::kStages - 1>(); }
  FLASHRNN_DEVICE_FN void request(D& dev, int step) {
    const bool reached = step >= 0 && step < length_;
    const bool moves = !N::kRagged || reached;  // else a row that is not reached is never, or has ended
    const int stage = stage_of(step) * kStageElements;
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      if (reached && has(i)) dev.template copy_async<16>(to_ + (stage + i * kRowThreads * 8), from_[i]);
      if (moves) from_[i] += step_of(i);
    }
    dev.copy_async_commit();
  }
  /// Before the barrier that shows the stage of the next step.
  FLASHRNN_DEVICE_FN void wait(D& dev) { dev.template copy_async_wait<N::kStages - 2>(); }

  /// Brings a stage into registers. Step -1 is any stage, which nobody uses.
  FLASHRNN_DEVICE_FN void load(D& dev, const Place& at, int step) {
    const int stage = stage_of(step) * kStageElements;
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      if (!N::group(at.warp, i).valid) continue;
      FLASHRNN_UNROLL
      for (int v = 0; v + 4 <= kValues; v += 4) {
        take(dev.template ldmatrix<4, true>(values_at_[i] + (stage + v * kUnits)), i, v);
      }
      constexpr int kLast = kValues - kTail;
      if constexpr (kTail == 3) take(dev.template ldmatrix<4, true>(tail_at_[i] + stage), i, kLast);
      if constexpr (kTail == 2)
        take(dev.template ldmatrix<2, true>(values_at_[i] + (stage + kLast * kUnits)), i, kLast);
      if constexpr (kTail == 1)
        take(dev.template ldmatrix<1, true>(values_at_[i] + (stage + kLast * kUnits)), i, kLast);
      const auto states = states_at_[i] + stage / 2;
      FLASHRNN_UNROLL
      for (int s = 0; s + 1 < kStates; ++s) {
        FLASHRNN_UNROLL
        for (int e = 0; e < 2; ++e) previous_[i][s][e] = dev.load(states + (s * kUnits + e * kRowElements / 2));
      }
    }
  }
  /// What the ring does not hold.
  FLASHRNN_DEVICE_FN void load_unaligned(D& dev, const Place& at, int step) {
    if (step < 0) return;
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      if (N::group(at.warp, i).valid) load_outside(dev, at, step, i);
    }
  }

  template <bool kAligned>
  FLASHRNN_DEVICE_FN void get(D& dev, const Place& at, int, int i, int e, int, int,
                              FusedBackwardCellInputs<N>& in) const {
    int v = 0;
    in.previous[0] = N::kReadsH ? value(dev, i, v++, e) : 0.0F;
    FLASHRNN_UNROLL
    for (int s = 0; s < N::kSaved; ++s) in.saved[s] = value(dev, i, v++, e);
    in.clipped = false;
    if constexpr (kKept - (1 - kFirstKept) - N::kSaved > 0) {
      if (at.has(kForwardClip)) in.clipped = value(dev, i, v, e) == 0.0F;
    }
    FLASHRNN_UNROLL
    for (int s = 1; s < kStates; ++s) in.previous[s] = previous_[i][s - 1][e];
    FLASHRNN_UNROLL
    for (int s = 0; s < kStates; ++s) {
      in.outside[s] = 0.0F;
      if (s < kDstates) in.outside[s] = kAligned ? value(dev, i, kKept + s, e) : outside_[i][s < kDstates ? s : 0][e];
    }
  }

 private:
  static FLASHRNN_DEVICE_FN int stage_of(int step) {
    return static_cast<int>(static_cast<Uint32>(step) % static_cast<Uint32>(N::kStages));
  }
  FLASHRNN_DEVICE_FN float value(D& dev, int i, int v, int e) const {
    return dev.to_float(Element{static_cast<device::Uint16>(values_[i][v] >> (16 * e))});
  }
  template <int kCount>
  FLASHRNN_DEVICE_FN void take(const device::Vec<Uint32, kCount>& words, int i, int v) {
    FLASHRNN_UNROLL
    for (int x = 0; x < kCount; ++x) {
      if (v + x < kValues) values_[i][v + x < kValues ? v + x : 0] = words[x];
    }
  }
  FLASHRNN_DEVICE_FN void load_outside(D& dev, const Place& at, int step, int i) {
    const auto group = N::group(at.warp, i);
    const int unit = at.first_unit + group.tile * 16 + group.part * 8 + at.lane / 4;
    FLASHRNN_UNROLL
    for (int e = 0; e < 2; ++e) {
      const int r = group.row_tile * 8 + at.lane % 4 * 2 + e;
      const RowWalk walk = at.walk(dev, r);
      if (!walk.reaches(step) || unit >= at.head_dim()) continue;
      float gradient[kStates];
      const Int64 time = walk.first_time + walk.template time<N::kFlags>(at.p.extents.flags, step);
      FusedBackwardDirectInputs<D, C>::outside(dev, at, time, r, unit, gradient);
      FLASHRNN_UNROLL
      for (int s = 0; s < kDstates; ++s) outside_[i][s][e] = gradient[s];
    }
  }

  /// How far piece i of a thread goes in a step. Threads differ where two kinds meet.
  [[nodiscard]] FLASHRNN_DEVICE_FN Int64 step_of(int i) const {
    const int first = i * kRowThreads;
    const int end = first + kRowThreads;
    if (end <= kKeptEnd) return kept_step_;
    if (first >= kKeptEnd && end <= kDstatesEnd) return dstate_step_;
    if (first >= kDstatesEnd) return state_step_;
    return step_[i];
  }
  /// Every thread has its piece i, and it is of the reserve.
  [[nodiscard]] FLASHRNN_DEVICE_FN bool has(int i) const {
    const int first = i * kRowThreads;
    const int end = first + kRowThreads;
    const bool reserve = end <= kKeptEnd || (first >= kDstatesEnd && end <= kPieces);
    return (Place::kExact && N::kFlags != kRuntimeFlags && reserve) || has_[i];
  }
  template <class Pointer>
  static FLASHRNN_DEVICE_FN Pieces as_elements(Pointer floats) {
    if constexpr (requires { floats.template cast<const Element>(); }) {
      return Pieces(floats.template cast<const Element>());
    } else {
      return __builtin_bit_cast(Pieces, floats);
    }
  }

  // Where a thread's pieces come from and go to. The first step that is processed here is the row's last.
  FLASHRNN_DEVICE_FN void set_up_copies(D& dev, const Place& at, const device::Shared<D, Element>& ring) {
    const int r = at.thread / kRowThreads;
    const RowWalk walk = at.walk(dev, r);
    length_ = static_cast<int>(walk.length);
    const Int64 time = walk.template time<N::kFlags>(at.p.extents.flags, walk.length - 1);
    const Int64 token = walk.first_token + time;
    const Int64 sign = at.has(kReverse) ? 1 : -1;
    const int padded = at.padded_dim();
    const int kept = at.kept();
    kept_step_ = sign * at.p.extents.heads * kept * padded;
    state_step_ = sign * at.p.extents.heads * (kStates - 1) * padded * 2;
    dstate_step_ = sign * at.p.dstates.stride_t;
    int given = at.has(kSequenceAll) ? kStates : at.has(kSequenceH) ? 1 : 0;
    if (!static_cast<bool>(at.p.dstates.data) || at.p.aligned == 0) given = 0;

    const int first = at.thread % kRowThreads;
    to_ = in_register(ring + (r * kRowElements + first * 8));
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      const int piece = first + i * kRowThreads;
      const int unit = at.first_unit + piece % kValuePieces * 8;
      has_[i] = false;
      from_[i] = at.p.reserve.kept;
      step_[i] = 0;
      if (piece < kKeptEnd) {
        const int value = kFirstKept + piece / kValuePieces;
        has_[i] = value < kept && at.stored(unit);
        from_[i] = at.p.reserve.kept + (at.at_token(token, kept) + static_cast<Int64>(value) * padded + unit);
        step_[i] = kept_step_;
      } else if (piece < kDstatesEnd) {
        const int state = (piece - kKeptEnd) / kValuePieces;
        has_[i] = state < given && unit < at.head_dim();
        from_[i] = at.p.dstates.data +
                   (at.at(at.p.dstates, r, walk.first_time + time, 0) + state * at.p.dstates.stride_s + unit);
        step_[i] = dstate_step_;
      } else if (piece < kPieces) {
        const int state = (piece - kDstatesEnd) / (2 * kValuePieces);
        const int quarter = at.first_unit + (piece - kDstatesEnd) % (2 * kValuePieces) * 4;
        has_[i] = at.stored(quarter);
        from_[i] = as_elements(at.p.reserve.states +
                               (at.at_token(token, kStates - 1) + static_cast<Int64>(state) * padded + quarter));
        step_[i] = state_step_;
      }
    }
  }

  int length_;
  Int64 kept_step_;
  Int64 state_step_;
  Int64 dstate_step_;
  Int64 step_[kMine];
  Pieces from_[kMine];
  bool has_[kMine];
  device::Shared<D, Element> to_;
  device::Shared<D, Element> values_at_[N::kGroups];
  device::Shared<D, Element> tail_at_[N::kGroups];
  device::Shared<D, float> states_at_[N::kGroups];
  Uint32 values_[N::kGroups][kValues > 0 ? kValues : 1];
  float previous_[N::kGroups][kStates > 1 ? kStates - 1 : 1][2];
  float outside_[N::kGroups][kDstates > 0 ? kDstates : 1][2];
};

}  // namespace flashrnn::kernel

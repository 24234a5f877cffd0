// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_product.hpp"

namespace flashrnn::kernel {

/// From the gate gradients of a step in shared memory to `gradients` and dwx, 16 bytes a lane: the fast form.
template <class D, class C>
class FusedBackwardWriter {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;
  using Element = typename N::Element;
  using Eight = device::Vec<Element, 8>;
  static constexpr int kUnits = N::kUnits;
  static constexpr int kRowUnits = N::kEntries * kUnits;
  // One access takes 32 units of 8 rows: lane 4 r + q has units 8 q to 8 q + 7 of row r.
  static constexpr int kRowAccesses = (kRowUnits + 31) / 32;
  static constexpr int kAccesses = N::kRowTiles * kRowAccesses;
  static constexpr int kMine = (kAccesses + N::kWarps - 1) / N::kWarps;
  static_assert(!N::kFast || N::input_slots_differ(), "An input gate has a slot of its own.");

 public:
  FLASHRNN_DEVICE_FN void set_up(D& dev, const Place& at) {
    const Int64 sign = at.has(kReverse) ? 1 : -1;
    gradient_step_ = sign * at.p.extents.heads * N::kGradientValues * at.padded_dim();
    dwx_step_ = sign * at.p.dwx.stride_t;
    wants_dwx_ = static_cast<bool>(at.p.dwx.data);
    wants_gradients_ = static_cast<bool>(at.p.gradients);
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      const int access = at.warp + i * N::kWarps;
      const int row_tile = access / kRowAccesses;
      const int first = (access - row_tile * kRowAccesses) * 32;
      // Row 2 q + e of matrix m is unit 8 q + 2 m + e: so a lane gets eight neighbours.
      int k = first + at.lane % 8 / 2 * 8 + at.lane / 8 * 2 + at.lane % 2;
      if (k >= kRowUnits) k = first + at.lane % 8;
      rows_[i] = in_register(at.shared.gates.data() + (row_tile * kRowUnits + swizzled(k)) * 8);

      const int mine = first + at.lane % 4 * 8;
      const int entry = mine / kUnits;
      const int unit = at.first_unit + mine % kUnits;
      const int r = row_tile * 8 + at.lane / 4;
      int slot = 0;
      int input = -1;
      FLASHRNN_UNROLL
      for (int e = 0; e < N::kEntries; ++e) {
        if (e == entry) slot = N::slot_of_entry(e);
        if (e == entry) input = N::input_of_slot(N::slot_of_entry(e));
      }
      const bool mine_is = access < kAccesses && mine < kRowUnits;
      RowWalk walk;
      if (access < kAccesses) walk = at.walk(dev, r);
      length_[i] = mine_is && at.stored(unit) ? static_cast<int>(walk.length) : 0;
      const Int64 time = walk.template time<N::kFlags>(at.p.extents.flags, walk.length - 1);
      gradient_[i] = at.p.gradients;
      if (wants_gradients_) {
        gradient_[i] += at.at_token(walk.first_token + time, N::kGradientValues) +
                        static_cast<Int64>(slot) * at.padded_dim() + unit;
      }
      has_dwx_[i] = input >= 0 && unit < at.head_dim() && wants_dwx_;
      units_[i] = at.head_dim() - unit;
      dwx_[i] = at.p.dwx.data;
      if (has_dwx_[i]) dwx_[i] += at.at(at.p.dwx, r, walk.first_time + time, input) + unit;
    }
  }

  /// kAligned: what Parameters::aligned says.
  template <bool kAligned>
  FLASHRNN_DEVICE_FN void write(D& dev, const Place& at, int buffer, int step) {
    Eight eight[kMine];
    FLASHRNN_UNROLL
    for (int i = 0; i < kMine; ++i) {
      if (!has(at.warp, i)) continue;
      const auto words = dev.template ldmatrix<4, true>(rows_[i] + buffer * (N::kRowTiles * kRowUnits * 8));
      eight[i] = __builtin_bit_cast(Eight, words);
      const bool reached = step < length_[i];
      if (reached && wants_gradients_) dev.store(gradient_[i], eight[i]);
      if (kAligned && reached && has_dwx(i)) dev.store(dwx_[i], eight[i]);
      if (!N::kRagged || reached) gradient_[i] += gradient_step_;
      if (kAligned && (!N::kRagged || reached)) dwx_[i] += dwx_step_;
    }
    if constexpr (!kAligned) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kMine; ++i) {
        if (!has(at.warp, i) || step >= length_[i] || !has_dwx(i)) continue;
        for (int x = 0; x < 8; ++x) {
          if (x < units_[i]) dev.store(dwx_[i] + x, eight[i][x]);
        }
        dwx_[i] += dwx_step_;
      }
    }
  }

 private:
  static FLASHRNN_DEVICE_FN bool has(int warp, int i) {
    return (i + 1) * N::kWarps <= kAccesses || warp + i * N::kWarps < kAccesses;
  }
  /// Every entry's slot has an input gate, and every unit is one of the caller's.
  static constexpr bool kWholeDwx = N::every_entry_has_input() && Place::kExact && C::kHeadDim == Place::kPadded;
  [[nodiscard]] FLASHRNN_DEVICE_FN bool has_dwx(int i) const { return kWholeDwx ? wants_dwx_ : has_dwx_[i]; }

  Int64 gradient_step_;
  Int64 dwx_step_;
  bool wants_dwx_;
  bool wants_gradients_;
  device::Shared<D, Element> rows_[kMine];
  Global<D, Element> gradient_[kMine];
  Global<D, Element> dwx_[kMine];
  int length_[kMine];
  int units_[kMine];
  bool has_dwx_[kMine];
};

/// Zeros into `gradients` of a token, of the block's units; by one warp.
template <class D, class C>
FLASHRNN_DEVICE_FN void fused_backward_clear_token(D& dev, const FusedBackwardPlace<D, C>& at, Int64 token) {
  using N = FusedBackwardNumbers<D, C>;
  using Element = typename N::Element;
  if (!static_cast<bool>(at.p.gradients)) return;
  constexpr int kPerStore = 16 / static_cast<int>(sizeof(Element));
  const auto gradients = at.p.gradients + at.at_token(token, N::kGradientValues);
  for (int i = at.lane * kPerStore; i < N::kGradientValues * N::kUnits; i += N::kLanes * kPerStore) {
    const int unit = at.first_unit + i % N::kUnits;
    if (!at.stored(unit)) continue;
    dev.store(gradients + (i / N::kUnits * at.padded_dim() + unit), device::Vec<Element, kPerStore>{});
  }
}

/// Zeros into `gradients` and dwx at the positions that no row of the group reaches, of the block's units. Tokens
/// behind all packed rows are the first group's.
template <class D, class C>
FLASHRNN_DEVICE_FN void fused_backward_clear_padding(D& dev, const FusedBackwardPlace<D, C>& at) {
  using N = FusedBackwardNumbers<D, C>;
  using Element = typename N::Element;
  if (at.has(kPacked)) {
    if (at.row != 0) return;
    const Int64 end = dev.load(at.p.extents.cu_seqlens + at.p.extents.batch);
    for (Int64 token = end + at.warp; token < at.p.extents.tokens; token += N::kWarps) {
      fused_backward_clear_token<D, C>(dev, at, token);
    }
    return;
  }
  const Int64 rows = at.p.extents.batch - at.row;
  for (int r = 0; r < N::kRows && r < rows; ++r) {
    const RowWalk walk = at.walk(dev, r);
    for (Int64 time = walk.length + at.warp; time < at.p.extents.steps; time += N::kWarps) {
      fused_backward_clear_token<D, C>(dev, at, walk.first_token + time);
      if (!static_cast<bool>(at.p.dwx.data)) continue;
      for (int i = at.lane; i < N::kInputs * N::kUnits; i += N::kLanes) {
        const int unit = at.first_unit + i % N::kUnits;
        if (unit >= at.head_dim()) continue;
        dev.store(at.p.dwx.data + (at.at(at.p.dwx, r, walk.first_time + time, i / N::kUnits) + unit),
                  dev.template from_float<Element>(0.0F));
      }
    }
  }
}

}  // namespace flashrnn::kernel

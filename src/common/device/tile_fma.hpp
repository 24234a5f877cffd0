// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile.hpp"

/// The tile for what has no matrix instruction, true fp32 among it: every lane multiplies its own rows of A by its own
/// columns of B. No data crosses lanes, so the tile needs no warp-wide operation; each element's sum is one chain of
/// fma in the order of k.
namespace flashrnn::device {

/// Lanes stand in LaneRows rows; each holds Rows x Columns of C.
template <class InputType, int Lanes, int LaneRows, int Rows, int Columns, int Depth>
struct FmaTile {
  using Input = InputType;
  static_assert(Lanes % LaneRows == 0, "The lanes fill a rectangle.");
  static constexpr int kLaneColumns = Lanes / LaneRows;
  static constexpr int kLanes = Lanes;
  static constexpr int kM = LaneRows * Rows;
  static constexpr int kN = kLaneColumns * Columns;
  static constexpr int kK = Depth;
  static constexpr int kA = Rows * Depth;
  static constexpr int kB = Depth * Columns;
  static constexpr int kC = Rows * Columns;
  static constexpr bool kLaneLocal = true;

  static FLASHRNN_DEVICE_FN constexpr Coordinate a(int lane, int i) {
    return {lane / kLaneColumns * Rows + i / Depth, i % Depth};
  }
  static FLASHRNN_DEVICE_FN constexpr Coordinate b(int lane, int i) {
    return {i % Depth, lane % kLaneColumns * Columns + i / Depth};
  }
  static FLASHRNN_DEVICE_FN constexpr Coordinate c(int lane, int i) {
    return {lane / kLaneColumns * Rows + i / Columns, lane % kLaneColumns * Columns + i % Columns};
  }
};

/// True for tiles whose product a lane computes alone (FmaTile). Such tiles run on every device.
template <class T>
concept LaneLocalTile = MatrixTile<T> && requires {
  requires T::kLaneLocal;
};

/// The product of such a tile, for devices to make their `mma` of.
template <LaneLocalTile T, class D>
FLASHRNN_DEVICE_FN void lane_local_mma(D& dev, Accumulator<T>& c, const OperandA<T>& a, const OperandB<T>& b) {
  constexpr int kColumns = T::kB / T::kK;
  for (int k = 0; k < T::kK; ++k) {
    for (int i = 0; i < T::kC; ++i) {
      const float x = dev.to_float(a.element(i / kColumns * T::kK + k));
      const float y = dev.to_float(b.element(i % kColumns * T::kK + k));
      c[i] = dev.fma(x, y, c[i]);
    }
  }
}

}  // namespace flashrnn::device

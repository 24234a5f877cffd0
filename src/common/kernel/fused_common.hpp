// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/device.hpp"
#include "common/kernel/parameters.hpp"
#include "common/kernel/tile.hpp"

/// Loops that stay loops: set-up, whose unrolled loads would need more registers than the steps do.
#ifndef FLASHRNN_ROLL
#if defined(__CUDACC__) || defined(__HIP__)
#define FLASHRNN_ROLL _Pragma("unroll 1")
#else
#define FLASHRNN_ROLL
#endif
#endif

/// What the fused kernels share: how the cells of a lane lie in its accumulators, and fragments of R.
namespace flashrnn::kernel {

/// x, such that the compiler keeps it in a register from step to step and does not work it out again in each. Of what a
/// lane computes once; by whole warps.
template <class D>
FLASHRNN_DEVICE_FN int kept_in_register(D& dev, int x) {
  return dev.shuffle(D::kFullMask, x, dev.lane());
}

constexpr int at_least_one(int n) { return n > 0 ? n : 1; }
constexpr int ceil_of(int a, int b) { return (a + b - 1) / b; }

/// The cells of one unit tile and row tile that a lane has all gates of. With two gates in a tile, the upper half of
/// its rows is one gate and the lower half the next.
template <class MatrixTile, int kGatesOfTile>
struct CellPlaces {
  static constexpr int kCells = MatrixTile::kC / kGatesOfTile;
  static constexpr int kUnits = MatrixTile::kM / kGatesOfTile;

  /// Which element of a lane's accumulator is gate `part` of the tile, of cell j.
  static FLASHRNN_DEVICE_FN constexpr int element(int j, int part) { return find(0, j, part); }
  static FLASHRNN_DEVICE_FN constexpr int unit(int lane, int j) { return MatrixTile::c(lane, element(j, 0)).row; }
  static FLASHRNN_DEVICE_FN constexpr int row(int lane, int j) { return MatrixTile::c(lane, element(j, 0)).column; }
  /// The first cell of the same unit: every lane's cells lie the same way.
  static constexpr int first_of_unit(int j) {
    for (int i = 0; i < j; ++i) {
      if (unit(0, i) == unit(0, j)) return i;
    }
    return j;
  }

 private:
  static FLASHRNN_DEVICE_FN constexpr int find(int lane, int j, int part) {
    if (kGatesOfTile == 1) return j;
    int seen = 0;
    for (int i = 0; i < MatrixTile::kC; ++i) {
      const device::Coordinate at = MatrixTile::c(lane, i);
      if (at.row >= kUnits || seen++ != j) continue;
      if (part == 0) return i;
      for (int other = 0; other < MatrixTile::kC; ++other) {
        const device::Coordinate below = MatrixTile::c(lane, other);
        if (below.row == at.row + kUnits && below.column == at.column) return other;
      }
    }
    return -1;
  }
  static constexpr bool same_for_all_lanes() {
    for (int lane = 0; lane < MatrixTile::kLanes; ++lane) {
      for (int j = 0; j < kCells; ++j) {
        for (int part = 0; part < kGatesOfTile; ++part) {
          if (find(lane, j, part) < 0 || find(lane, j, part) != find(0, j, part)) return false;
        }
      }
    }
    return true;
  }
  static_assert(same_for_all_lanes(), "Every lane has both halves of its cells, in the same elements.");
};

/// Whether elements i and i + 1 of A, i even, are neighbours in a row for every lane: then one load brings both.
template <class MatrixTile>
constexpr bool a_comes_in_pairs() {
  if (sizeof(typename MatrixTile::Input) != 2 || MatrixTile::kA % 2 != 0) return false;
  for (int lane = 0; lane < MatrixTile::kLanes; ++lane) {
    for (int i = 0; i < MatrixTile::kA; i += 2) {
      const device::Coordinate first = MatrixTile::a(lane, i);
      const device::Coordinate second = MatrixTile::a(lane, i + 1);
      if (first.row != second.row || first.column + 1 != second.column || first.column % 2 != 0) return false;
    }
  }
  return true;
}

template <class T>
FLASHRNN_DEVICE_FN T zero_element() {
  if constexpr (device::kSame<T, float>) {
    return 0.0F;
  } else {
    return T{0};
  }
}

/// As the operand's input: Stored itself, or rounded for a tile whose inputs are of another type (tf32).
template <class Input, class Stored>
FLASHRNN_DEVICE_FN Input operand_input(Stored x) {
  if constexpr (device::kSame<Input, Stored>) {
    return x;
  } else {
    return device::from_float<Input>(device::to_float(x));
  }
}

/// Some rows of a matrix of [gates, units, P] with `gate_stride` between gates, as operand A: gates of `units`, the
/// columns from k on. Zeros for gates past kGates, and for units and columns past `padded` unless there are none of
/// those.
template <class MatrixTile, int kGates, int kGatesOfTile, bool kAllInside, class D, class Element>
FLASHRNN_DEVICE_FN void load_gate_rows(D& dev, device::OperandA<MatrixTile>& a, Global<D, const Element> matrix,
                                       Int64 gate_stride, int first_gate, int first_unit, int first_column,
                                       int padded) {
  constexpr int kUnits = MatrixTile::kM / kGatesOfTile;
  constexpr int kStep = a_comes_in_pairs<MatrixTile>() && device::kSame<typename MatrixTile::Input, Element> ? 2 : 1;
  const int lane = dev.lane();
  FLASHRNN_UNROLL
  for (int i = 0; i < MatrixTile::kA; i += kStep) {
    const device::Coordinate at = MatrixTile::a(lane, i);
    const int unit = first_unit + at.row % kUnits;
    const int column = first_column + at.column;
    const int gate = first_gate + at.row / kUnits;
    const bool inside =
        (kAllInside || (unit < padded && column < padded)) && (kGates % kGatesOfTile == 0 || gate < kGates);
    const auto from = matrix + (gate_stride * gate + static_cast<Int64>(unit) * padded + column);
    if constexpr (kStep == 2) {
      Uint32 pair = 0;
      if (inside) {
        const auto two = dev.template load_vec<2>(from);
        pair = two[0].bits | static_cast<Uint32>(two[1].bits) << 16;
      }
      a.reg[i / 2] = pair;
    } else {
      a.set_element(i, operand_input<typename MatrixTile::Input>(inside ? dev.load(from) : zero_element<Element>()));
    }
  }
}

}  // namespace flashrnn::kernel

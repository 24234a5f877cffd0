// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

/// Cells between registers and shared memory. The accumulators of mma.sync hold units along lanes and rows of the batch
/// in pairs, which is what ldmatrix and stmatrix make of [row][unit] by transposing; elsewhere elements move one by
/// one.
namespace flashrnn::kernel {

/// Wx of a lane's cells, as the ring has it, in pairs of rows.
template <class D, class C>
class InputMatrices {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  static constexpr int kOfGate = L::kTileUnits / 8;
  static constexpr int kMatrices = L::kInputGates * kOfGate;

 public:
  static constexpr bool kUsed = L::kMmaSync && L::kKWarps == 1 && L::kInputGates > 0 && D::kHasLdmatrix;

  /// `unit`: the warp's first one, among those that move together.
  FLASHRNN_DEVICE_FN InputMatrices(D& dev, int unit) : unit_(unit) {
    if constexpr (kUsed) first_ = kept_in_register(dev, lane_source(dev.lane(), 0));
  }
  FLASHRNN_DEVICE_FN void read(D& dev, device::Shared<D, Element> stage) {
    if constexpr (kUsed) {
      FLASHRNN_UNROLL
      for (int m = 0; m < kMatrices; m += 4) {
        const auto from = stage + (m == 0 ? first_ : lane_source(dev.lane(), m));
        FLASHRNN_UNROLL
        for (int row = 0; row < L::kRowTiles; ++row) {
          FLASHRNN_UNROLL
          for (int u = 0; u < L::kUnitTiles; ++u) {
            const auto at = from + (row * 8 * L::kMovedRowElements + u * L::kTileUnits);
            if (kMatrices - m >= 3) {
              take<4>(dev.template ldmatrix<4, true>(at), row, u, m);
            } else if (kMatrices - m == 2) {
              take<2>(dev.template ldmatrix<2, true>(at), row, u, m);
            } else {
              take<1>(dev.template ldmatrix<1, true>(at), row, u, m);
            }
          }
        }
      }
    }
  }
  FLASHRNN_DEVICE_FN float value(D& dev, int o, int gate) const {
    const int j = o % L::kCells;
    const Uint32 pair = x_[o / (L::kCells * L::kUnitTiles)][o / L::kCells % L::kUnitTiles][gate * kOfGate + j / 2];
    return dev.to_float(Element{static_cast<device::Uint16>(j % 2 == 0 ? pair : pair >> 16)});
  }

 private:
  template <int kCount>
  FLASHRNN_DEVICE_FN void take(const device::Vec<Uint32, kCount>& pairs, int row, int u, int m) {
    FLASHRNN_UNROLL
    for (int i = 0; i < kCount; ++i) {
      if (m + i < kMatrices) x_[row][u][m + i < kMatrices ? m + i : 0] = pairs[i];
    }
  }
  FLASHRNN_DEVICE_FN int lane_source(int lane, int m) const {
    const int mine = m + lane / 8 < kMatrices ? m + lane / 8 : kMatrices - 1;
    return (mine / kOfGate * L::kMovedRows + lane % 8) * L::kMovedRowElements + unit_ + mine % kOfGate * 8;
  }

  int unit_;
  int first_ = 0;
  Uint32 x_[L::kRowTiles][L::kUnitTiles][at_least_one(kMatrices)];
};

/// From registers to shared memory. `Cells` says where its cells are: owns(o), row(o), unit(o), moved_at(o), and what
/// it has kept of the functions lane_staged and lane_h: matrix_staged(), matrix_h().
template <class D, class C>
struct CellMatrices {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using Target = device::Shared<D, Element>;
  static constexpr int kOfTile = L::kTileUnits / 8 > 0 ? L::kTileUnits / 8 : 1;

  static constexpr bool used() {
    if constexpr (L::kMmaSync && L::kKWarps == 1) {
      return D::kHasStmatrix;
    } else {
      return false;
    }
  }
  static constexpr bool kUsed = used();

  /// The warp's first unit among those that move together.
  static FLASHRNN_DEVICE_FN int moved_unit(const ForwardPlace<C>& place) {
    return L::kWarpsAlone ? 0 : place.block_head * L::kBlockUnits + place.warp_unit();
  }

  /// Where a lane's matrix of the first four lies: staged, and in h. (With more than one matrix in a tile they come in
  /// pairs.)
  static FLASHRNN_DEVICE_FN int lane_staged(const ForwardPlace<C>& place) {
    const int mine = place.lane / 8;
    return mine / kOfTile * (L::kMovedRows * L::kMovedRowElements) + place.lane % 8 * L::kMovedRowElements +
           moved_unit(place) + mine % kOfTile * 8;
  }
  static FLASHRNN_DEVICE_FN int lane_h(const ForwardPlace<C>& place) {
    return L::h_at(place.lane % 8, place.head_unit() + place.lane / 8 % kOfTile * 8);
  }

  /// get(o, v), v < kCount, to [v][row][unit] of what moves together.
  template <int kCount, class Cells, class Get>
  static FLASHRNN_DEVICE_FN void stage(D& dev, const Cells& cells, Target to, const Get& get) {
    constexpr int kValue = L::kMovedRows * L::kMovedRowElements;
    if constexpr (kUsed) {
      const Target first = to + cells.matrix_staged();
      const auto lane_target = [&](int m) { return first + (m / kOfTile * kValue + m % kOfTile * 8); };
      matrices<kCount * kOfTile>(
          dev, lane_target, 8 * L::kMovedRowElements, L::kTileUnits,
          [&](int tile, int m, int half) { return get(tile * L::kCells + m % kOfTile * 2 + half, m / kOfTile); });
    } else {
      FLASHRNN_UNROLL
      for (int o = 0; o < L::kOwned; ++o) {
        if (!cells.owns(o)) continue;
        const auto at = to + cells.moved_at(o);
        FLASHRNN_UNROLL
        for (int v = 0; v < kCount; ++v) dev.store(at + v * kValue, dev.template from_float<Element>(get(o, v)));
      }
    }
  }

  /// get(o) to h's layout; `to` is h of the warp's head.
  template <class Cells, class Get>
  static FLASHRNN_DEVICE_FN void put_h(D& dev, const ForwardPlace<C>& place, const Cells& cells, Target to,
                                       const Get& get) {
    if constexpr (kUsed) {
      const auto lane_target = [&](int) { return to + cells.matrix_h(); };
      matrices<kOfTile>(dev, lane_target, L::h_at(8, 0), L::h_at(0, L::kTileUnits),
                        [&](int tile, int m, int half) { return get(tile * L::kCells + m * 2 + half); });
    } else {
      FLASHRNN_UNROLL
      for (int o = 0; o < L::kOwned; ++o) {
        if (!cells.owns(o)) continue;
        dev.store(to + L::h_at(cells.row(o), place.head_unit() + cells.unit(o)),
                  dev.template from_float<Element>(get(o)));
      }
    }
  }

 private:
  /// `kCount` matrices for every row tile and unit tile, four at once while there are: value(row tile kUnitTiles + unit
  /// tile, matrix, row of the pair).
  template <int kCount, int kFirst = 0, class LaneTarget, class Value>
  static FLASHRNN_DEVICE_FN void matrices(D& dev, const LaneTarget& lane_target, int row_tile_step, int unit_tile_step,
                                          const Value& value) {
    if constexpr (kFirst < kCount) {
      constexpr int kSome = kCount - kFirst >= 4 ? 4 : kCount - kFirst >= 2 ? 2 : 1;
      const auto target = lane_target(kFirst);
      FLASHRNN_UNROLL
      for (int tile = 0; tile < L::kRowTiles * L::kUnitTiles; ++tile) {
        put<kSome>(dev, target + (tile / L::kUnitTiles * row_tile_step + tile % L::kUnitTiles * unit_tile_step), tile,
                   kFirst, value);
      }
      matrices<kCount, kFirst + kSome>(dev, lane_target, row_tile_step, unit_tile_step, value);
    }
  }
  template <int kSome, class Value>
  static FLASHRNN_DEVICE_FN void put(D& dev, Target at, int tile, int m, const Value& value) {
    device::Vec<Uint32, kSome> pairs;
    FLASHRNN_UNROLL
    for (int i = 0; i < kSome; ++i) {
      pairs[i] = dev.template pack_pair<Element>(value(tile, m + i, 0), value(tile, m + i, 1));
    }
    dev.template stmatrix<kSome, true>(at, pairs);
  }
};

}  // namespace flashrnn::kernel

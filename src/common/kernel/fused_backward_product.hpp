// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_io.hpp"
#include "common/kernel/fused_backward_place.hpp"

namespace flashrnn::kernel {

/// Where the gradient of an entry's unit k (entry x units + unit) lies among the units of its row tile, in the fast
/// form. Eight neighbours of k are eight rows of ldmatrix, and so are {8 q + c, 8 q + c + 1 : q < 4} for those who want
/// eight neighbours in one lane: neither set meets a bank twice.
FLASHRNN_DEVICE_FN constexpr int swizzled(int k) { return k ^ (2 * (k >> 3 & 3)); }

/// What a warp multiplies: some tiles of R transposed, [units of the head, gates of the block's units], with the gate
/// gradients of the block.
template <class D, class C>
class FusedBackwardProduct {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;
  using T = typename N::MatrixTile;
  using Element = typename N::Element;
  using A = device::OperandA<T>;
  using B = device::OperandB<T>;

 public:
  using Sums = device::Accumulator<T>[N::kWarpTiles][N::kRowTiles];

  /// The tile of the product that is a warp's i-th. Warps side by side have neighbouring tiles; every block of a group
  /// begins with its own, so that they do not all send to the same block at the same time.
  static FLASHRNN_DEVICE_FN int tile_of(const Place& at, int i) {
    const int tile = at.warp % N::kUnitWarps + i * N::kUnitWarps + at.rank * N::kBlockTiles;
    return N::kGroupBlocks > 1 && tile >= N::kOutputTiles ? tile - N::kOutputTiles : tile;
  }
  static FLASHRNN_DEVICE_FN bool has_tile(int warp, int i) {
    return (i + 1) * N::kUnitWarps <= N::kOutputTiles || warp % N::kUnitWarps + i * N::kUnitWarps < N::kOutputTiles;
  }
  static FLASHRNN_DEVICE_FN int k_warp(int warp) { return warp / N::kUnitWarps; }

  FLASHRNN_DEVICE_FN void set_up(D& dev, const Place& at) {
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kWarpTiles; ++i) {
      FLASHRNN_UNROLL
      for (int j = 0; j < N::kRegisterK; ++j) fetch(dev, at, i, j, r_[i][j]);
      for (int j = 0; j < N::kSharedK; ++j) {
        A a;
        fetch(dev, at, i, N::kRegisterK + j, a);
        for (int x = 0; x < A::kRegisters; ++x) {
          dev.store(at.shared.r.data() + shared_index(at, i, j, x), a.reg[x]);
        }
      }
    }
    if constexpr (N::kFast) {
      const int k = k_warp(at.warp) * N::kWarpK * T::kK + at.lane;
      rows_ = in_register(at.shared.gates.data() + swizzled(k) * 8);
    }
  }

  /// sums = R transposed x gate gradients of the buffer, of recurrent gates `first` to `end` - 1. `done(i)` is called
  /// when the sums of tile i are there.
  template <class Done>
  FLASHRNN_DEVICE_FN void multiply(D& dev, const Place& at, int buffer, int first, int end, Sums& sums,
                                   const Done& done) {
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kWarpTiles; ++i) {
      FLASHRNN_UNROLL
      for (int r = 0; r < N::kRowTiles; ++r) sums[i][r].clear();
    }
    if constexpr (N::kFast) {
      multiply_fast(dev, at, buffer, sums, done);
    } else {
      FLASHRNN_UNROLL
      for (int j = 0; j < N::kWarpK; ++j) {
        const int k = k_warp(at.warp) * N::kWarpK + j;
        if (N::kTwoStages && (k < first * N::kGateK || k >= end * N::kGateK)) continue;
        B b[N::kRowTiles];
        for (int r = 0; r < N::kRowTiles; ++r) {
          const int index = (buffer * N::kRowTiles + r) * kRowTileElements + k * T::kK * T::kN;
          load_b(dev, b[r], at.shared.gates.data() + index, T::kN);
        }
        FLASHRNN_UNROLL
        for (int i = 0; i < N::kWarpTiles; ++i) accumulate(dev, at, i, j, b, sums[i]);
      }
      FLASHRNN_UNROLL
      for (int i = 0; i < N::kWarpTiles; ++i) done(i);
    }
  }

  static constexpr int kRowTileElements = N::kEntries * N::kUnits * T::kN;

 private:
  /// Products that follow each other need not wait for each other: one tile alone is two sums, of even and odd k tiles,
  /// many tiles go two by two, the first of which may leave while others are computed.
  static constexpr bool kTwoChains = N::kFast && N::kWarpTiles * N::kRowTiles == 1 && N::kWarpK >= 4;
  static constexpr int kTogether = N::kBlock || N::kWarpTiles < 2 ? N::kWarpTiles : 2;
  static constexpr int kPairs = (N::kWarpK + 1) / 2;
  static constexpr bool kKeepsOperand = kTogether == N::kWarpTiles || N::kWarpK * N::kRowTiles <= 8;

  template <class Done>
  FLASHRNN_DEVICE_FN void multiply_fast(D& dev, const Place& at, int buffer, Sums& sums, const Done& done) {
    const auto rows = rows_ + buffer * (N::kRowTiles * kRowTileElements);
    B b[kKeepsOperand ? kPairs : 1][2][N::kRowTiles];
    Sums odd;
    if constexpr (kTwoChains) odd[0][0].clear();
    FLASHRNN_UNROLL
    for (int begin = 0; begin < N::kWarpTiles; begin += kTogether) {
      FLASHRNN_UNROLL
      for (int pair = 0; pair < kPairs; ++pair) {
        const int j = 2 * pair;
        B(&operand)[2][N::kRowTiles] = b[kKeepsOperand ? pair : 0];
        if (begin == 0 || !kKeepsOperand) load_operand(dev, rows, j, operand);
        FLASHRNN_UNROLL
        for (int i = begin; i < begin + kTogether && i < N::kWarpTiles; ++i) {
          accumulate(dev, at, i, j, operand[0], sums[i]);
        }
        if (j + 1 >= N::kWarpK) continue;
        FLASHRNN_UNROLL
        for (int i = begin; i < begin + kTogether && i < N::kWarpTiles; ++i) {
          accumulate(dev, at, i, j + 1, operand[1], kTwoChains ? odd[i] : sums[i]);
        }
      }
      if constexpr (kTwoChains) {
        FLASHRNN_UNROLL
        for (int x = 0; x < T::kC; ++x) sums[0][0][x] += odd[0][0][x];
      }
      FLASHRNN_UNROLL
      for (int i = begin; i < begin + kTogether && i < N::kWarpTiles; ++i) done(i);
    }
  }
  /// K tiles j and j + 1, if there are two.
  FLASHRNN_DEVICE_FN void load_operand(D& dev, const device::Shared<D, Element>& rows, int j, B (&b)[2][N::kRowTiles]) {
    FLASHRNN_UNROLL
    for (int r = 0; r < N::kRowTiles; ++r) {
      const auto from = rows + (r * kRowTileElements + j * T::kK * 8);
      if (j + 1 < N::kWarpK) {
        const auto words = dev.template ldmatrix<4, true>(from);
        FLASHRNN_UNROLL
        for (int x = 0; x < 4; ++x) b[x / 2][r].reg[x % 2] = words[x];
      } else {
        const auto words = dev.template ldmatrix<2, true>(from);
        FLASHRNN_UNROLL
        for (int x = 0; x < 2; ++x) b[0][r].reg[x] = words[x];
      }
    }
  }

  FLASHRNN_DEVICE_FN void accumulate(D& dev, const Place& at, int i, int j, const B (&b)[N::kRowTiles],
                                     device::Accumulator<T> (&sums)[N::kRowTiles]) {
    A a;
    if (j < N::kRegisterK) {
      a = r_[i][j < N::kRegisterK ? j : 0];
    } else if (j < N::kRegisterK + N::kSharedK) {
      from_shared(dev, at, i, j - N::kRegisterK, a);
    } else {
      fetch(dev, at, i, j, a);
    }
    FLASHRNN_UNROLL
    for (int r = 0; r < N::kRowTiles; ++r) dev.mma(sums[r], a, b[r]);
  }

  // [warp][tile][k][register in fours][lane][4]
  static FLASHRNN_DEVICE_FN int shared_index(const Place& at, int i, int j, int x) {
    const int tile = ((at.warp * N::kWarpTiles + i) * N::kSharedK + j) * A::kRegisters * N::kLanes;
    if constexpr (A::kRegisters % 4 == 0) return tile + (x / 4 * N::kLanes + at.lane) * 4 + x % 4;
    return tile + x * N::kLanes + at.lane;
  }
  FLASHRNN_DEVICE_FN void from_shared(D& dev, const Place& at, int i, int j, A& a) {
    if constexpr (A::kRegisters % 4 == 0) {
      FLASHRNN_UNROLL
      for (int x = 0; x < A::kRegisters; x += 4) {
        const auto words = dev.template load_vec<4>(at.shared.r.data() + shared_index(at, i, j, x));
        FLASHRNN_UNROLL
        for (int y = 0; y < 4; ++y) a.reg[x + y] = words[y];
      }
    } else {
      for (int x = 0; x < A::kRegisters; ++x) a.reg[x] = dev.load(at.shared.r.data() + shared_index(at, i, j, x));
    }
  }

  // R transposed [Gr, N, P, P]: zeros past its end.
  FLASHRNN_DEVICE_FN void fetch(D& dev, const Place& at, int i, int j, A& a) {
    const int k_tile = k_warp(at.warp) * N::kWarpK + j;
    const int gate = k_tile / N::kGateK;
    const int from = at.first_unit + (k_tile - gate * N::kGateK) * T::kK;  // the gate's unit
    const int to = tile_of(at, i) * T::kM;                                 // the unit of h
    const Int64 padded = at.padded_dim();
    const auto r = at.p.weights.r_transposed +
                   ((static_cast<Int64>(gate) * at.p.extents.heads + at.head) * padded + to) * padded + from;
    if constexpr (N::kFast) {
      FLASHRNN_UNROLL
      for (int x = 0; x < A::kRegisters; ++x) {
        const device::Coordinate c = T::a(at.lane, 2 * x);
        a.reg[x] = 0;
        if (has_tile(at.warp, i) && at.stored(to + c.row) && at.stored(from + c.column)) {
          const auto pair = dev.template load_vec<2>(r + (c.row * padded + c.column));
          a.reg[x] = __builtin_bit_cast(Uint32, pair);
        }
      }
    } else {
      for (int x = 0; x < T::kA; ++x) {
        const device::Coordinate c = T::a(at.lane, x);
        float value = 0.0F;
        if (has_tile(at.warp, i) && at.stored(to + c.row) && at.stored(from + c.column)) {
          value = dev.to_float(dev.load(r + (c.row * padded + c.column)));
        }
        a.set_element(x, dev.template from_float<typename T::Input>(value));
      }
    }
  }

  A r_[N::kWarpTiles][N::kRegisterK > 0 ? N::kRegisterK : 1];
  device::Shared<D, Element> rows_;  // of ldmatrix
};

}  // namespace flashrnn::kernel

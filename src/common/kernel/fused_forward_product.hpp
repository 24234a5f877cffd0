// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_forward_layout.hpp"

namespace flashrnn::kernel {

template <class C>
using ForwardSums = device::Accumulator<typename C::MatrixTile>[ForwardLayout<C>::kRowTiles]
                                                               [ForwardLayout<C>::kUnitTiles][ForwardLayout<C>::kTiles];

/// A warp's part of R, as fragments: its first k tiles in registers, the next in shared memory, the rest read again in
/// every step.
template <class D, class C>
class RecurrentOperand {
  using L = ForwardLayout<C>;
  using Element = typename C::Element;
  using MatrixTile = typename C::MatrixTile;
  using A = device::OperandA<MatrixTile>;
  using B = device::OperandB<MatrixTile>;
  using HSource = device::Shared<D, Element>;

 public:
  FLASHRNN_DEVICE_FN RecurrentOperand(D& dev, ForwardShared<D, C>& shared, const Extents<D>& e,
                                      Global<D, const Element> r, const ForwardPlace<C>& place)
      : unit_(place.head_unit()), first_k_(place.k_warp * L::kKTiles * MatrixTile::kK), padded_(e.padded_dim) {
    const int head = place.head() < e.heads ? place.head() : e.heads - 1;
    r_ = r + static_cast<Int64>(head) * padded_ * padded_;
    gate_stride_ = static_cast<Int64>(e.heads) * padded_ * padded_;
    if constexpr (L::kMmaSync) matrix_row_ = kept_in_register(dev, matrix_row(place.lane));
    shared_r_ = shared.r.data() + (place.warp * (L::kSharedK * kFragments) * L::kLanes + place.lane) * kChunk;
    FLASHRNN_UNROLL
    for (int k = 0; k < L::kRegisterK; ++k) {
      FLASHRNN_UNROLL
      for (int u = 0; u < L::kUnitTiles; ++u) {
        FLASHRNN_UNROLL
        for (int tile = 0; tile < L::kTiles; ++tile) load(dev, registers_[k][u][tile], u, tile, k);
      }
    }
    FLASHRNN_ROLL
    for (int k = 0; k < L::kSharedK; ++k) {
      FLASHRNN_ROLL
      for (int u = 0; u < L::kUnitTiles; ++u) {
        FLASHRNN_ROLL
        for (int tile = 0; tile < L::kTiles; ++tile) {
          A a;
          load(dev, a, u, tile, L::kRegisterK + k);
          write(dev, a, k, u, tile);
        }
      }
    }
  }

  /// Asks for the first fragments in shared memory: they do not wait for h. Before every multiply.
  FLASHRNN_DEVICE_FN void prefetch(D& dev) {
    FLASHRNN_UNROLL
    for (int k = 0; k < kAhead; ++k) read_ahead(dev, k);
    if constexpr (kUnrolled < L::kKTiles) fetch(dev, kUnrolled);
  }

  /// sums += R h, for the tiles from kFrom to kTo - 1 of every unit tile.
  template <int kFrom, int kTo>
  FLASHRNN_DEVICE_FN void multiply(D& dev, HSource h, ForwardSums<C>& sums) {
    if constexpr (L::kMmaSync) h = h + matrix_row_;
    FLASHRNN_UNROLL
    for (int turn = 0; turn < kPairs; ++turn) {
      const int pair = pair_of(turn);
      B b[2][L::kRowTiles];
      load_b(dev, h, pair * 2, b);
      FLASHRNN_UNROLL
      for (int j = 0; j < 2; ++j) {
        const int k = pair * 2 + j;
        if (k >= kUnrolled) continue;
        if (k < L::kRegisterK) {
          add<kFrom, kTo>(dev, registers_[k < L::kRegisterK ? k : 0], b[j], sums);
        } else {
          const int s = k - L::kRegisterK;
          add<kFrom, kTo>(dev, ahead_[s % at_least_one(kAhead)], b[j], sums);
          if (s + kAhead < L::kSharedK) read_ahead(dev, s + kAhead);
        }
      }
    }
    rolled<kFrom, kTo>(dev, h, sums);
  }

 private:
  static constexpr int kWords = A::kRegisters;
  static constexpr int kChunk = kWords % 4 == 0 ? 4 : kWords % 2 == 0 ? 2 : 1;  // words that move at once
  static constexpr int kChunks = kWords / kChunk;
  static constexpr int kFragments = L::kUnitTiles * L::kTiles * kChunks;  // chunks of a k tile
  /// What is too long to be unrolled takes its turn in a loop.
  static constexpr bool kRollsShared = L::kSharedK * L::kUnitTiles * L::kTiles > 64;
  static constexpr int kUnrolled = L::kRegisterK + (kRollsShared ? 0 : L::kSharedK);
  static constexpr int kPairs = ceil_of(kUnrolled, 2);
  static constexpr int kRegisterPairs = L::kRegisterK / 2;
  static constexpr int kSharedPairs = kPairs - kRegisterPairs;
  static constexpr int kAhead = kRollsShared ? 0 : L::kSharedK < 2 ? L::kSharedK : 2;

  using Fragments = A[L::kUnitTiles][L::kTiles];

  /// Pairs whose fragments come from shared memory take turns with those from registers, which give them time.
  static FLASHRNN_DEVICE_FN constexpr int pair_of(int turn) {
    if (kSharedPairs == 0 || kRegisterPairs == 0) return turn;
    const int before = turn * kSharedPairs / kPairs;  // shared ones before this turn
    const bool shared = (turn + 1) * kSharedPairs / kPairs > before;
    return shared ? kRegisterPairs + before : turn - before;
  }

  FLASHRNN_DEVICE_FN void load(D& dev, A& a, int u, int tile, int k) {
    constexpr bool kAllInside = L::kWhole && L::kKWarps * L::kKTiles * MatrixTile::kK == C::kHeadDim;
    load_gate_rows<MatrixTile, L::kGates, L::kTileGates, kAllInside, D, Element>(
        dev, a, r_, gate_stride_, tile * L::kTileGates, unit_ + u * L::kTileUnits, first_k_ + k * MatrixTile::kK,
        padded_);
  }
  FLASHRNN_DEVICE_FN device::Shared<D, Uint32> chunk(int k, int u, int tile, int c) const {
    return shared_r_ + ((k * L::kUnitTiles + u) * L::kTiles + tile) * kChunks * L::kLanes * kChunk +
           c * L::kLanes * kChunk;
  }
  FLASHRNN_DEVICE_FN void write(D& dev, const A& a, int k, int u, int tile) {
    for (int c = 0; c < kChunks; ++c) {
      device::Vec<Uint32, kChunk> words;
      for (int i = 0; i < kChunk; ++i) words[i] = a.reg[c * kChunk + i];
      dev.store(chunk(k, u, tile, c), words);
    }
  }
  FLASHRNN_DEVICE_FN void read(D& dev, Fragments& a, int k) {
    FLASHRNN_UNROLL
    for (int u = 0; u < L::kUnitTiles; ++u) {
      FLASHRNN_UNROLL
      for (int tile = 0; tile < L::kTiles; ++tile) {
        FLASHRNN_UNROLL
        for (int c = 0; c < kChunks; ++c) {
          const auto words = dev.template load_vec<kChunk>(chunk(k, u, tile, c));
          FLASHRNN_UNROLL
          for (int i = 0; i < kChunk; ++i) a[u][tile].reg[c * kChunk + i] = words[i];
        }
      }
    }
  }
  FLASHRNN_DEVICE_FN void read_ahead(D& dev, int k) { read(dev, ahead_[k % at_least_one(kAhead)], k); }

  /// The row of h whose address a lane gives to ldmatrix: of four 8 x 8 matrices, two k tiles.
  FLASHRNN_DEVICE_FN int matrix_row(int lane) const { return L::h_at(lane % 8, first_k_ + lane / 8 * 8); }

  /// h of k tiles k and k + 1.
  FLASHRNN_DEVICE_FN void load_b(D& dev, HSource h, int k, B (&b)[2][L::kRowTiles]) {
    FLASHRNN_UNROLL
    for (int row = 0; row < L::kRowTiles; ++row) {
      if constexpr (L::kMmaSync) {
        constexpr int kRowTile = L::h_at(8, 0);
        constexpr int kKTile = L::h_at(0, 16);
        if (k + 1 < L::kKTiles) {
          const auto four = dev.template ldmatrix<4, false>(h + (k * kKTile + row * kRowTile));
          b[0][row].reg[0] = four[0];
          b[0][row].reg[1] = four[1];
          b[1][row].reg[0] = four[2];
          b[1][row].reg[1] = four[3];
        } else {
          const auto two = dev.template ldmatrix<2, false>(h + (k * kKTile + row * kRowTile));
          b[0][row].reg[0] = two[0];
          b[0][row].reg[1] = two[1];
        }
      } else {
        load_one_b(dev, h, k, row, b[0][row]);
        if (k + 1 < L::kKTiles) load_one_b(dev, h, k + 1, row, b[1][row]);
      }
    }
  }
  FLASHRNN_DEVICE_FN void load_one_b(D& dev, HSource h, int k, int row, B& b) {
    FLASHRNN_UNROLL
    for (int i = 0; i < MatrixTile::kB; ++i) {
      const device::Coordinate at = MatrixTile::b(dev.lane(), i);
      const auto x = dev.load(h + L::h_at(row * MatrixTile::kN + at.column, first_k_ + k * MatrixTile::kK + at.row));
      b.set_element(i, operand_input<typename MatrixTile::Input>(x));
    }
  }

  template <int kFrom, int kTo>
  FLASHRNN_DEVICE_FN void add(D& dev, const Fragments& a, const B (&b)[L::kRowTiles], ForwardSums<C>& sums) {
    FLASHRNN_UNROLL
    for (int u = 0; u < L::kUnitTiles; ++u) {
      FLASHRNN_UNROLL
      for (int row = 0; row < L::kRowTiles; ++row) {
        FLASHRNN_UNROLL
        for (int tile = kFrom; tile < kTo; ++tile) dev.mma(sums[row][u][tile], a[u][tile], b[row]);
      }
    }
  }

  /// The k tiles that are not unrolled, each asked for while the one before is multiplied.
  template <int kFrom, int kTo>
  FLASHRNN_DEVICE_FN void rolled(D& dev, HSource h, ForwardSums<C>& sums) {
    FLASHRNN_ROLL
    for (int k = kUnrolled; k < L::kKTiles; ++k) {
      Fragments a;
      FLASHRNN_UNROLL
      for (int u = 0; u < L::kUnitTiles; ++u) {
        FLASHRNN_UNROLL
        for (int tile = 0; tile < L::kTiles; ++tile) a[u][tile] = next_[u][tile];
      }
      if (k + 1 < L::kKTiles) fetch(dev, k + 1);
      B b[L::kRowTiles];
      FLASHRNN_UNROLL
      for (int row = 0; row < L::kRowTiles; ++row) {
        if constexpr (L::kMmaSync) {
          const auto two = dev.template ldmatrix<2, false>(h + (k * L::h_at(0, 16) + row * L::h_at(8, 0)));
          b[row].reg[0] = two[0];
          b[row].reg[1] = two[1];
        } else {
          load_one_b(dev, h, k, row, b[row]);
        }
      }
      add<kFrom, kTo>(dev, a, b, sums);
    }
  }
  FLASHRNN_DEVICE_FN void fetch(D& dev, int k) {
    if (k < L::kRegisterK + L::kSharedK) {
      read(dev, next_, k - L::kRegisterK);
      return;
    }
    FLASHRNN_UNROLL
    for (int u = 0; u < L::kUnitTiles; ++u) {
      FLASHRNN_UNROLL
      for (int tile = 0; tile < L::kTiles; ++tile) load(dev, next_[u][tile], u, tile, k);
    }
  }

  A registers_[at_least_one(L::kRegisterK)][L::kUnitTiles][L::kTiles];
  A ahead_[at_least_one(kAhead)][L::kUnitTiles][L::kTiles];
  A next_[L::kUnitTiles][L::kTiles];  // of the k tiles that are not unrolled
  Global<D, const Element> r_;
  Int64 gate_stride_;
  device::Shared<D, Uint32> shared_r_;
  int matrix_row_ = 0;
  int unit_;
  int first_k_;
  int padded_;
};

}  // namespace flashrnn::kernel

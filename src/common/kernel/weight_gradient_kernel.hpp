// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/config.hpp"
#include "common/kernel/gradient_parameters.hpp"
#include "common/kernel/weight_gradient.hpp"
#include "common/kernel/weight_gradient_tile.hpp"

namespace flashrnn::kernel {

namespace weight_gradient {

/// What both kernels know at compile time.
template <class C>
struct Constants {
  using Cell = typename C::Cell;
  using MatrixTile = typename C::MatrixTile;
  static constexpr Instruction kInstruction = instruction_of<MatrixTile>();
  static constexpr Tile kTile = C::kTile;
  static constexpr int kRowWarps = static_cast<int>(kTile.unit_warps);
  static constexpr int kColumnWarps = static_cast<int>(kTile.k_warps);
  static constexpr int kHeadWarps = kRowWarps * kColumnWarps;
  static constexpr int kHeads = static_cast<int>(kTile.block_heads);
  static constexpr int kWarpRowTiles = static_cast<int>(kTile.warp_unit_tiles);
  static constexpr int kWarpColumnTiles = static_cast<int>(kTile.row_tiles);
  static constexpr int kWarpRows = kWarpRowTiles * MatrixTile::kM;
  static constexpr int kWarpColumns = kWarpColumnTiles * MatrixTile::kN;
  static constexpr int kRows = kRowWarps * kWarpRows;           ///< of a head's tile
  static constexpr int kColumns = kColumnWarps * kWarpColumns;  ///< of a head's tile
  static constexpr int kTokens = static_cast<int>(kTile.warp_k_tiles) * MatrixTile::kK;
  static constexpr int kMatrixFloats = static_cast<int>(matrix_floats(kInstruction, kTile));
  static constexpr int kPieceFloats = static_cast<int>(piece_floats(kInstruction, kTile));
  static_assert(kPieceFloats % 2 == 0, "Pieces keep the alignment of pairs.");

  static FLASHRNN_DEVICE_FN constexpr Gates gates() {
    return gates_of(Cell::kRecurrentGates, C::Kernel::first_stage_gates(), Cell::kBiases,
                    [](int gate) { return Cell::recurrent_slot(gate); });
  }
  template <class D>
  static FLASHRNN_DEVICE_FN Tiling tiling(const Extents<D>& e, Int32 nothing = 0) {
    constexpr Gates kGates = gates();
    return tiling_of(kInstruction, kTile, kGates, e.heads + nothing, e.padded_dim + nothing);
  }
  template <class D>
  static FLASHRNN_DEVICE_FN Int64 tokens(D& dev, const Extents<D>& e) {
    return has<C::kFlags>(e.flags, kPacked) ? dev.load(e.cu_seqlens + e.batch) : e.tokens;
  }
};

}  // namespace weight_gradient

/// dR[g, n, d, p] = sum over tokens of gradients[token, n, slot of g, d] operand[token, n, p], and db[slot, n, d] = sum
/// over tokens of gradients[token, n, slot, d]: this block's pieces of both. The operand is h as it entered the step,
/// or for gates of the second stage what was multiplied there. Tokens come through a ring in shared memory, as they
/// lie: both operands have K outside. db is a product with ones, shared out over the warps and tiles of a row. Launched
/// with weight_gradient::launch_of's blocks, threads and shared memory; WeightGradientSum has to follow.
template <class D, class C>
struct WeightGradient {
  using K = weight_gradient::Constants<C>;
  using Element = typename C::Element;
  using MatrixTile = typename C::MatrixTile;
  using Parameters = WeightGradientParameters<D, Element>;

  static constexpr int kThreads = MatrixTile::kLanes * K::kHeadWarps * K::kHeads;
  static constexpr int kStages = static_cast<int>(K::kTile.stages);
  static_assert(MatrixTile::kLanes == D::kWarpSize, "The matrix tile is one of this device's warps.");
  static_assert(kStages >= 2, "One stage is filled while another is read.");

  /// Rows of shared memory: [heads][rows of the tile], [heads][columns of the tile].
  static constexpr int kStrideA = K::kHeads * K::kRows + weight_gradient::kPadding;
  static constexpr int kStrideB = K::kHeads * K::kColumns + weight_gradient::kPadding;
  struct Shared {
    device::SharedArray<D, Element, kStages * K::kTokens * kStrideA, 16> a;
    device::SharedArray<D, Element, kStages * K::kTokens * kStrideB, 16> b;
  };
  static_assert(sizeof(Shared) == weight_gradient::shared_bytes(K::kInstruction, K::kTile, sizeof(Element)),
                "Shared memory is what the launch gives.");

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    for (Int32 tile = kFirstTile;; ++tile) {
      // Always 0, which no compiler knows: so all that follows is made anew for each piece, instead of lying in
      // registers beside the sums. The wide tiles have none to spare.
      const Int32 nothing = (tile - kFirstTile) >> 30;
      const weight_gradient::Tiling tiling = K::tiling(p.extents, nothing);
      const Int64 tokens = K::tokens(dev, p.extents) + nothing;
      const weight_gradient::Shares shares = weight_gradient::shares_of(tiling.tiles(), tokens, K::kTokens, p.blocks);
      const Int64 block = dev.block();
      if (block >= shares.blocks) return;
      const Int64 unit = tile == kFirstTile ? shares.first_of(block) : tile * shares.chunks;
      const Int64 left = shares.first_of(block + 1) - unit;
      if (left <= 0) return;
      tile = static_cast<Int32>(unit / shares.chunks);
      const Int64 first = unit - tile * shares.chunks;
      const Int64 rest = shares.chunks - first;
      const auto count = static_cast<Int32>(rest < left ? rest : left);
      const Int64 behind = tokens - (first + count - 1) * K::kTokens;
      Piece piece(dev, p, tiling.place(tile));
      piece.run(dev, first, count, behind < K::kTokens ? static_cast<Int32>(behind) : K::kTokens);
      piece.write(dev, p.partial + shares.piece(block, tile) * K::kPieceFloats);
    }
  }

 private:
  static constexpr Int32 kFirstTile = -1;                                ///< the first of this block, not known yet
  static constexpr int kChunk = 16 / static_cast<int>(sizeof(Element));  ///< elements of one copy
  static constexpr int kWarpColumnPairs = K::kWarpColumnTiles / 2;

  /// What one thread copies of an operand: 16 bytes of the same columns of every `kRowsAtOnce`th token.
  template <int Width, int Stride>
  struct Copy {
    static constexpr int kChunks = Width / kChunk;
    static_assert(kChunks <= kThreads, "Every column is copied by a thread of its own.");
    static constexpr int kRowsAtOnce = kThreads / kChunks;
    static constexpr int kPasses = (K::kTokens + kRowsAtOnce - 1) / kRowsAtOnce;

    Global<D, const Element> source{};  ///< of this thread's first token in the next stage
    Int32 token_stride = 0;             ///< elements: of one token, all heads and slots
    bool there = false;                 ///< the columns exist; else they are zeros

    /// This thread's first token in a stage. Threads that are too many copy nothing.
    static FLASHRNN_DEVICE_FN int row(D& dev) {
      const int at = dev.thread() / kChunks;
      return kThreads % kChunks == 0 || at < kRowsAtOnce ? at : K::kTokens;
    }

    /// The next stage, of which `left` tokens are there. The source walks: offsets of all passes would fill registers.
    FLASHRNN_DEVICE_FN void fetch(D& dev, device::Shared<D, Element> stage, int left) {
      const int chunk = dev.thread() % kChunks;
      FLASHRNN_UNROLL
      for (int pass = 0; pass < kPasses; ++pass) {
        const int at = row(dev) + pass * kRowsAtOnce;
        if (at < K::kTokens) {
          const auto target = stage + (at * Stride + chunk * kChunk);
          const bool valid = there && at < left;
          if constexpr (D::kHasAsyncCopy) {
            dev.template copy_async<16>(target, source, valid ? 16 : 0);
          } else {
            device::Vec<Element, kChunk> values{};
            if (valid) values = dev.template load_vec<kChunk>(source);
            dev.store(target, values);
          }
        }
        source += static_cast<Int64>(token_stride) * kRowsAtOnce;
      }
      source += static_cast<Int64>(token_stride) * (K::kTokens - kPasses * kRowsAtOnce);
    }
  };

  /// A block's share of one tile of the result.
  class Piece {
   public:
    FLASHRNN_DEVICE_FN Piece(D& dev, const Parameters& p, const weight_gradient::Place& place) {
      constexpr weight_gradient::Gates kGates = K::gates();
      const Extents<D>& e = p.extents;
      const Int64 slots = Cell::kBiases + (C::Kernel::kTwoStages ? 1 : 0);
      products_ = place.row < kGates.product_rows_of(place.stage) * e.padded_dim;

      const int chunk_a = dev.thread() % CopyA::kChunks;
      const Int32 head_a = place.head + chunk_a * kChunk / K::kRows;
      const Int32 row = place.row + chunk_a * kChunk % K::kRows;
      const Int32 gate = row / e.padded_dim;
      a_.token_stride = static_cast<Int32>(e.heads * slots * e.padded_dim);
      a_.there = head_a < e.heads && gate < kGates.rows_of(place.stage);
      const Int32 gate_slot = kGates.slot_of(place.stage, gate);
      const Int64 slot =
          p.slots_first != 0 ? gate_slot * static_cast<Int64>(e.heads) + head_a : head_a * slots + gate_slot;
      a_.source = p.gradients + (a_.there ? slot * e.padded_dim + row % e.padded_dim : 0);

      const int chunk_b = dev.thread() % CopyB::kChunks;
      const Int32 head_b = place.head + chunk_b * kChunk / K::kColumns;
      const Int32 column = place.column + chunk_b * kChunk % K::kColumns;
      const bool second = C::Kernel::kTwoStages && place.stage == 1;
      const Int64 values = second ? slots : p.kept_values;
      b_.token_stride = static_cast<Int32>(e.heads * values * e.padded_dim);
      b_.there = products() && head_b < e.heads && column < e.padded_dim;
      const Int64 value = head_b * values + (second ? Cell::kBiases : 0);
      b_.source = (second ? p.gradients : p.kept) + (b_.there ? value * e.padded_dim + column : 0);

      const int warp = dev.warp() % K::kHeadWarps;
      head_ = dev.warp() / K::kHeadWarps;
      row_ = warp % K::kRowWarps * K::kWarpRows;
      column_warp_ = warp / K::kRowWarps;
      turns_ = place.column_tiles * K::kColumnWarps;
      turn_ = place.column_tile * K::kColumnWarps + column_warp_;
    }

    /// Adds up `count` chunks of tokens from chunk `first` on; the last one has `last_tokens`. At the end the ring is
    /// free again.
    FLASHRNN_DEVICE_FN void run(D& dev, Int64 first, Int32 count, Int32 last_tokens) {
      FLASHRNN_UNROLL
      for (int m = 0; m < K::kWarpRowTiles; ++m) {
        bias_[m].clear();
        FLASHRNN_UNROLL
        for (int n = 0; n < K::kWarpColumnTiles; ++n) sum_[m][n].clear();
      }
      a_.source += (first * K::kTokens + CopyA::row(dev)) * a_.token_stride;
      b_.source += (first * K::kTokens + CopyB::row(dev)) * b_.token_stride;
      Int32 to_fetch = count;  // kStages - 1 more of them are to be multiplied, once the first are under way
      int stage = 0;
      const auto fetch = [&](int into) {
        if (to_fetch > 0) {
          auto& s = dev.template shared<Shared>();
          const int left = to_fetch == 1 ? last_tokens : K::kTokens;
          a_.fetch(dev, s.a.data() + into * (K::kTokens * kStrideA), left);
          b_.fetch(dev, s.b.data() + into * (K::kTokens * kStrideB), left);
        }
        --to_fetch;
        if constexpr (D::kHasAsyncCopy) dev.copy_async_commit();
      };
      FLASHRNN_UNROLL
      for (int s = 0; s < kStages - 1; ++s) fetch(s);
      int until_turn = (turn_ + turns_ - static_cast<int>(first % turns_)) % turns_;
      while (to_fetch > 1 - kStages) {
        if constexpr (D::kHasAsyncCopy) dev.template copy_async_wait<kStages - 2>();
        dev.block_barrier();
        fetch(stage == 0 ? kStages - 1 : stage - 1);
        // Branches out here: inside they would part the loads of one k tile from the products of the one before.
        const bool with_bias = until_turn == 0;
        if (products() && with_bias) {
          multiply<true, true>(dev, stage);
        } else if (products()) {
          multiply<true, false>(dev, stage);
        } else if (with_bias) {
          multiply<false, true>(dev, stage);
        }
        stage = stage + 1 == kStages ? 0 : stage + 1;
        until_turn = (with_bias ? turns_ : until_turn) - 1;
      }
      dev.block_barrier();
    }

    /// [heads][rows][columns], then [heads][column warps][rows].
    FLASHRNN_DEVICE_FN void write(D& dev, Global<D, float> piece) {
      if (products()) {
        const auto corner = piece + ((head_ * K::kRows + row_) * K::kColumns + column_warp_ * K::kWarpColumns);
        FLASHRNN_UNROLL
        for (int m = 0; m < K::kWarpRowTiles; ++m) {
          FLASHRNN_UNROLL
          for (int n = 0; n < K::kWarpColumnTiles; ++n) {
            weight_gradient::store_sums(dev, sum_[m][n],
                                        corner + (m * MatrixTile::kM * K::kColumns + n * MatrixTile::kN), K::kColumns);
          }
        }
      }
      const auto bias = piece + (K::kMatrixFloats + (head_ * K::kColumnWarps + column_warp_) * K::kRows + row_);
      FLASHRNN_UNROLL
      for (int m = 0; m < K::kWarpRowTiles; ++m) {
        FLASHRNN_UNROLL
        for (int i = 0; i < MatrixTile::kC; ++i) {
          const device::Coordinate at = MatrixTile::c(dev.lane(), i);
          if (at.column == 0) dev.store(bias + (m * MatrixTile::kM + at.row), bias_[m][i]);
        }
      }
    }

   private:
    using Cell = typename C::Cell;
    using CopyA = Copy<K::kHeads * K::kRows, kStrideA>;
    using CopyB = Copy<K::kHeads * K::kColumns, kStrideB>;

    /// Whether these rows have a dR: of most cells all have.
    [[nodiscard]] FLASHRNN_DEVICE_FN bool products() const {
      if constexpr (K::gates().extra == 0) {
        return true;
      } else {
        return products_;
      }
    }

    template <bool kProducts, bool kBias>
    FLASHRNN_DEVICE_FN void multiply(D& dev, int stage) {
      auto& s = dev.template shared<Shared>();
      auto a_at = s.a.data() + (stage * (K::kTokens * kStrideA) + head_ * K::kRows + row_ +
                                weight_gradient::lane_offset_a<MatrixTile>(dev, kStrideA));
      auto b_at = s.b.data() + (stage * (K::kTokens * kStrideB) + head_ * K::kColumns + column_warp_ * K::kWarpColumns +
                                weight_gradient::lane_offset_b<MatrixTile>(dev, kStrideB));
      if constexpr (weight_gradient::kByLdmatrix<D, MatrixTile>) {
        FLASHRNN_UNROLL
        for (int k = 0; k < K::kTokens; k += MatrixTile::kK) {
          multiply_tokens<kProducts, kBias>(dev, a_at + k * kStrideA, b_at + k * kStrideB);
        }
      } else {
        FLASHRNN_NO_UNROLL
        for (int k = 0; k < K::kTokens; k += MatrixTile::kK) {
          multiply_tokens<kProducts, kBias>(dev, a_at + k * kStrideA, b_at + k * kStrideB);
        }
      }
    }

    /// One k tile.
    template <bool kProducts, bool kBias, class Pointer>
    FLASHRNN_DEVICE_FN void multiply_tokens(D& dev, Pointer a_at, Pointer b_at) {
      device::OperandA<MatrixTile> a[K::kWarpRowTiles];
      FLASHRNN_UNROLL
      for (int m = 0; m < K::kWarpRowTiles; ++m) {
        weight_gradient::load_tokens_a<MatrixTile>(dev, a[m], a_at + m * MatrixTile::kM, kStrideA);
      }
      if constexpr (kProducts) {
        FLASHRNN_UNROLL
        for (int n = 0; n < kWarpColumnPairs; ++n) multiply_columns<2>(dev, a, b_at, 2 * n);
        if constexpr (K::kWarpColumnTiles % 2 == 1) multiply_columns<1>(dev, a, b_at, K::kWarpColumnTiles - 1);
      }
      if constexpr (kBias) multiply_ones(dev, a);
    }

    template <int Count, class Pointer>
    FLASHRNN_DEVICE_FN void multiply_columns(D& dev, const device::OperandA<MatrixTile> (&a)[K::kWarpRowTiles],
                                             Pointer b_at, int n) {
      device::OperandB<MatrixTile> b[Count];
      weight_gradient::load_tokens_b<MatrixTile>(dev, b, b_at + n * MatrixTile::kN, kStrideB);
      FLASHRNN_UNROLL
      for (int m = 0; m < K::kWarpRowTiles; ++m) {
        FLASHRNN_UNROLL
        for (int i = 0; i < Count; ++i) dev.mma(sum_[m][n + i], a[m], b[i]);
      }
    }

    FLASHRNN_DEVICE_FN void multiply_ones(D& dev, const device::OperandA<MatrixTile> (&a)[K::kWarpRowTiles]) {
      device::OperandB<MatrixTile> ones{};
      FLASHRNN_UNROLL
      for (int i = 0; i < MatrixTile::kB; ++i) {
        ones.set_element(i, device::from_float<typename MatrixTile::Input>(1.0F));
      }
      FLASHRNN_UNROLL
      for (int m = 0; m < K::kWarpRowTiles; ++m) dev.mma(bias_[m], a[m], ones);
    }

    device::Accumulator<MatrixTile> sum_[K::kWarpRowTiles][K::kWarpColumnTiles];
    device::Accumulator<MatrixTile> bias_[K::kWarpRowTiles];
    CopyA a_;
    CopyB b_;
    int head_ = 0;
    int row_ = 0;
    int column_warp_ = 0;
    int turn_ = 0;  ///< the chunks, modulo turns_, that this warp sums db over
    int turns_ = 1;
    bool products_ = true;
  };
};

}  // namespace flashrnn::kernel

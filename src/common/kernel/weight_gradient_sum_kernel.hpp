// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/weight_gradient_kernel.hpp"
#include "common/kernel/weight_gradient_launch.hpp"

namespace flashrnn::kernel {

/// Adds up the pieces that WeightGradient left, each tile's in the order of tokens, into dR and db. Any number of
/// blocks; no shared memory.
template <class D, class C>
struct WeightGradientSum {
  using K = weight_gradient::Constants<C>;
  using Element = typename C::Element;
  using Parameters = WeightGradientParameters<D, Element>;
  using Cell = typename C::Cell;

  static constexpr int kThreads = static_cast<int>(weight_gradient::kSumThreads);
  struct Shared {};

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    const weight_gradient::Tiling tiling = K::tiling(p.extents);
    const weight_gradient::Shares shares =
        weight_gradient::shares_of(tiling.tiles(), K::tokens(dev, p.extents), K::kTokens, p.blocks);
    constexpr int kTileElements = kPortion * D::kWarpSize;
    constexpr int kTileJobs = (K::kMatrixFloats + kTileElements - 1) / kTileElements;
    constexpr int kRowJobs = (K::kHeads * K::kRows + D::kWarpSize - 1) / D::kWarpSize;
    const Int64 matrix_jobs = p.dr ? static_cast<Int64>(tiling.tiles()) * kTileJobs : 0;
    const Int64 bias_jobs = p.dbias ? static_cast<Int64>(tiling.groups) * tiling.group_row_tiles() * kRowJobs : 0;
    const Int64 warps = static_cast<Int64>(dev.block_count()) * dev.warp_count();
    for (Int64 job = static_cast<Int64>(dev.block()) * dev.warp_count() + dev.warp(); job < matrix_jobs + bias_jobs;
         job += warps) {
      if (job < matrix_jobs) {
        sum_matrix(dev, p, tiling, shares, static_cast<Int32>(job / kTileJobs),
                   static_cast<int>(job % kTileJobs) * kTileElements);
      } else {
        const Int64 rest = job - matrix_jobs;
        sum_bias(dev, p, tiling, shares, static_cast<Int32>(rest / kRowJobs),
                 static_cast<int>(rest % kRowJobs) * D::kWarpSize);
      }
    }
  }

 private:
  static constexpr int kElements = static_cast<int>(weight_gradient::kSumElements);
  static constexpr int kPortion = static_cast<int>(weight_gradient::sum_portion(K::kMatrixFloats));

  /// The blocks that have a piece of a tile: from `first` to before `end`.
  struct Blocks {
    Int64 first = 0;
    Int64 end = 0;
    FLASHRNN_DEVICE_FN Blocks(const weight_gradient::Shares& s, Int64 tile) {
      if (s.units == 0) return;
      first = s.block_of(tile * s.chunks);
      end = s.block_of((tile + 1) * s.chunks - 1) + 1;
    }
  };

  static FLASHRNN_DEVICE_FN void put(D& dev, Global<D, float> to, Int32 accumulate, float sum) {
    dev.store(to, accumulate != 0 ? dev.load(to) + sum : sum);
  }

  /// A warp takes kPortion elements a lane, of one tile.
  static FLASHRNN_DEVICE_FN void sum_matrix(D& dev, const Parameters& p, const weight_gradient::Tiling& tiling,
                                            const weight_gradient::Shares& shares, Int32 tile, int first) {
    constexpr weight_gradient::Gates kGates = K::gates();
    const Extents<D>& e = p.extents;
    const weight_gradient::Place place = tiling.place(tile);
    const Int32 rows = kGates.product_rows_of(place.stage) * e.padded_dim;
    if (place.row >= rows) return;  // it has a db only
    const Blocks blocks(shares, tile);
    const Int64 first_gate = place.stage == 0 ? 0 : kGates.first_stage;
    for (int portion = 0; portion < kPortion; portion += kElements) {
      const int lane_first = first + portion * D::kWarpSize + dev.lane();
      float sum[kElements] = {};
      for (Int64 block = blocks.first; block < blocks.end; ++block) {
        const auto piece = p.partial + shares.piece(block, tile) * K::kPieceFloats;
        FLASHRNN_UNROLL
        for (int i = 0; i < kElements; ++i) {
          const int at = lane_first + i * D::kWarpSize;
          if (at < K::kMatrixFloats) sum[i] += dev.load(piece + at);
        }
      }
      FLASHRNN_UNROLL
      for (int i = 0; i < kElements; ++i) {
        const int at = lane_first + i * D::kWarpSize;
        const Int32 head = place.head + at / (K::kRows * K::kColumns);
        const Int32 row = place.row + at / K::kColumns % K::kRows;
        const Int32 column = place.column + at % K::kColumns;
        const Int32 gate = row / e.padded_dim;
        const Int32 unit = row - gate * e.padded_dim;
        if (at >= K::kMatrixFloats || head >= e.heads || row >= rows || unit >= e.head_dim || column >= e.head_dim) {
          continue;
        }
        const Int64 to = (((first_gate + gate) * e.heads + head) * e.head_dim + unit) * e.head_dim + column;
        put(dev, p.dr + to, p.accumulate, sum[i]);
      }
    }
  }

  /// A lane takes one row of a row tile. Its db lies in the pieces of all tiles of these rows, with all column warps.
  static FLASHRNN_DEVICE_FN void sum_bias(D& dev, const Parameters& p, const weight_gradient::Tiling& tiling,
                                          const weight_gradient::Shares& shares, Int32 row_tile, int first) {
    constexpr weight_gradient::Gates kGates = K::gates();
    const Extents<D>& e = p.extents;
    const Int32 first_tile = row_tile / tiling.group_row_tiles() * tiling.group_tiles() +
                             tiling.tile_of_row(row_tile % tiling.group_row_tiles());
    const weight_gradient::Place place = tiling.place(first_tile);
    const int at = first + dev.lane();
    const Int32 head = place.head + at / K::kRows;
    const Int32 row = place.row + at % K::kRows;
    const Int32 gate = row / e.padded_dim;
    const Int32 unit = row - gate * e.padded_dim;
    if (at >= K::kHeads * K::kRows || head >= e.heads || gate >= kGates.rows_of(place.stage) || unit >= e.head_dim ||
        !kGates.has_bias(place.stage, gate)) {
      return;
    }
    float sum = 0.0F;
    for (Int32 tile = first_tile; tile < first_tile + place.column_tiles; ++tile) {
      const Blocks blocks(shares, tile);
      for (Int64 block = blocks.first; block < blocks.end; ++block) {
        const auto piece = p.partial + (shares.piece(block, tile) * K::kPieceFloats + K::kMatrixFloats +
                                        at / K::kRows * K::kColumnWarps * K::kRows + at % K::kRows);
        FLASHRNN_UNROLL
        for (int warp = 0; warp < K::kColumnWarps; ++warp) sum += dev.load(piece + warp * K::kRows);
      }
    }
    const Int64 slot = kGates.slot_of(place.stage, gate);
    put(dev, p.dbias + ((slot * e.heads + head) * e.head_dim + unit), p.accumulate, sum);
  }
};

}  // namespace flashrnn::kernel

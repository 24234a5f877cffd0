// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_mma_sync.hpp"
#include "common/kernel/config.hpp"
#include "common/kernel/parameters.hpp"
#include "common/kernel/product_operands.hpp"

/// The tiled product of the kernels that do not keep R: both operands come through a ring in shared memory, the sums
/// end up in shared memory, where any thread may take them. Deterministic: the order of a sum is that of k within a
/// warp, then that of the warps that share K.
namespace flashrnn::kernel {

/// The block's tile in units and rows of the batch. Gates: those of the cell (1 where the columns are plain units).
template <class C, int Gates>
struct BlockShape {
  using T = typename C::MatrixTile;
  static constexpr Instruction kInstruction = instruction_of<T>();
  static constexpr int kGatesPerTile = static_cast<int>(gates_per_tile(kInstruction, Gates));
  static constexpr int kUnitTile = static_cast<int>(unit_tile(kInstruction, Gates));
  static constexpr int kUnitTiles = static_cast<int>(C::kTile.unit_warps * C::kTile.warp_unit_tiles);
  static_assert(C::kTile.block_unit_tiles == kUnitTiles, "The warps side by side cover the block's units.");
  static constexpr int kUnits = kUnitTiles * kUnitTile;
  static constexpr int kRows = static_cast<int>(C::kTile.row_tiles) * T::kN;
  static constexpr int kThreads = T::kLanes * static_cast<int>(C::kTile.unit_warps * C::kTile.k_warps);
};

/// Sums over `segments` of K = P each: sum[row, gate, unit] = sum over segment, k of a[segment, gate, unit, k]
/// b[segment, row, k]. Gates is how many this product has, CellGates what the unit tiles were made for.
template <class D, class C, int Gates, int CellGates>
struct Product {
  using Element = typename C::Element;
  using T = typename C::MatrixTile;
  using Shape = BlockShape<C, CellGates>;
  using Source = Global<D, const Element>;

  static constexpr int kRowTiles = static_cast<int>(C::kTile.row_tiles);
  static constexpr int kKWarps = static_cast<int>(C::kTile.k_warps);
  static constexpr int kWarpUnitTiles = static_cast<int>(C::kTile.warp_unit_tiles);
  static constexpr int kWarpKTiles = static_cast<int>(C::kTile.warp_k_tiles);
  static constexpr int kStages = static_cast<int>(C::kTile.stages);
  static_assert(kStages >= 2, "The ring is filled while it is read.");

  /// Gates with those that fill up the last tile; these repeat the last one, and nobody reads their sums.
  static constexpr int kTileGates = (Gates + Shape::kGatesPerTile - 1) / Shape::kGatesPerTile * Shape::kGatesPerTile;
  static constexpr int kTiles = kTileGates / Shape::kGatesPerTile;  // matrix tiles of a unit tile
  static constexpr int kColumns = kTileGates * Shape::kUnits;
  static constexpr int kDepth = kKWarps * kWarpKTiles * T::kK;  // of a stage
  static constexpr int kVector = 16 / static_cast<int>(sizeof(Element));
  static_assert(kDepth % kVector == 0, "Rows of a stage are copied 16 bytes at a time.");
  static_assert(kDimPadding % T::kK == 0 && kDimPadding % kVector == 0, "P is whole tiles and whole copies.");
  static constexpr int kStride = kDepth + static_cast<int>(kRowPadding / sizeof(Element));
  static constexpr int kStageRows = kColumns + Shape::kRows;
  static constexpr int kSumStride = kColumns + 4;  // against bank conflicts
  static constexpr int kSumCopy = Shape::kRows * kSumStride;

  struct Shared {
    union {
      device::SharedArray<D, Element, kStages * kStageRows * kStride, 16> ring;
      device::SharedArray<D, float, kKWarps * kSumCopy, 16> sums;
    };
  };

  /// a(gate, unit): where k starts in segment 0, of a unit of the block; the segments lie `a_segment` apart. b(row):
  /// the same of a row of the block, null for zeros; segment i lies b_segment(i) behind. All threads call it, and may
  /// read the sums afterwards.
  template <class A, class B, class Segment>
  static FLASHRNN_DEVICE_FN void run(D& dev, Shared& shared, int segments, int padded_dim, const A& a, Int64 a_segment,
                                     const B& b, const Segment& b_segment) {
    Copies<kColumns, false> a_copies;
    Copies<Shape::kRows, true> b_copies;
    a_copies.start(dev, [&](int column) { return a(gate_of(column), unit_of(column)); });
    b_copies.start(dev, b);
    const int segment_chunks = (padded_dim + kDepth - 1) / kDepth;
    const int chunks = segments * segment_chunks;
    int next_segment = 0;
    int next_k = 0;
    const auto copy_next = [&](int chunk) {
      if (chunk < chunks) {
        const auto stage = shared.ring.data() + chunk % kStages * (kStageRows * kStride);
        a_copies.copy(dev, stage, next_segment * a_segment + next_k, padded_dim - next_k);
        b_copies.copy(dev, stage + kColumns * kStride, b_segment(next_segment) + next_k, padded_dim - next_k);
        next_k += kDepth;
        if (next_k >= padded_dim) {
          next_k = 0;
          ++next_segment;
        }
      }
      if constexpr (D::kHasAsyncCopy) dev.copy_async_commit();
    };

    device::Accumulator<T> sums[kWarpUnitTiles * kTiles][kRowTiles];
    FLASHRNN_UNROLL
    for (int j = 0; j < kWarpUnitTiles * kTiles; ++j) {
      FLASHRNN_UNROLL
      for (int r = 0; r < kRowTiles; ++r) sums[j][r].clear();
    }
    // The first rounds do nothing but fill the ring.
    int k = 0;
    for (int chunk = 1 - kStages; chunk < chunks; ++chunk) {
      if (chunk >= 0) {
        if constexpr (D::kHasAsyncCopy) dev.template copy_async_wait<kStages - 2>();
        dev.block_barrier();  // this chunk is there, and the last one is read
      }
      copy_next(chunk + kStages - 1);
      if (chunk >= 0) {
        multiply(dev, shared.ring.data() + chunk % kStages * (kStageRows * kStride), padded_dim - k, sums);
        k = k + kDepth < padded_dim ? k + kDepth : 0;
      }
    }
    dev.block_barrier();  // the sums overwrite the ring
    store_sums(dev, shared, sums);
    dev.block_barrier();
  }

  /// The sum of a row, gate and unit of the block.
  static FLASHRNN_DEVICE_FN float sum(D& dev, Shared& shared, int row, int gate, int unit) {
    const auto at = shared.sums.data() + (row * kSumStride + gate * Shape::kUnits + unit);
    float total = dev.load(at);
    FLASHRNN_UNROLL
    for (int copy = 1; copy < kKWarps; ++copy) total += dev.load(at + copy * kSumCopy);
    return total;
  }

 private:
  using RingPointer = device::Shared<D, Element>;

  // Columns of a stage: unit tile by unit tile, in each gate by gate.
  static FLASHRNN_DEVICE_FN int gate_of(int column) {
    const int gate = column / Shape::kUnitTile % kTileGates;
    return gate < Gates ? gate : Gates - 1;
  }
  static FLASHRNN_DEVICE_FN int unit_of(int column) {
    return column / (kTileGates * Shape::kUnitTile) * Shape::kUnitTile + column % Shape::kUnitTile;
  }

  // A thread's share of copying `Rows` rows of a stage, 16 bytes at a time; MayLack: some rows are null, for zeros.
  template <int Rows, bool MayLack>
  struct Copies {
    static constexpr int kRowVectors = kDepth / kVector;
    static constexpr int kCount = (Rows * kRowVectors + Shape::kThreads - 1) / Shape::kThreads;
    Source source[kCount];

    template <class Row>
    FLASHRNN_DEVICE_FN void start(D& dev, const Row& row) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kCount; ++i) {
        const int index = dev.thread() + i * Shape::kThreads;
        source[i] = Source{};
        if (index < Rows * kRowVectors) source[i] = row(index / kRowVectors);
      }
    }
    // `left` elements of K are left in the segment; what is behind them is not read from the ring.
    FLASHRNN_DEVICE_FN void copy(D& dev, RingPointer stage, Int64 offset, int left) {
      FLASHRNN_UNROLL
      for (int i = 0; i < kCount; ++i) {
        const int index = dev.thread() + i * Shape::kThreads;
        const int k = index % kRowVectors * kVector;
        if (index >= Rows * kRowVectors || k >= left) continue;
        const RingPointer target = stage + (index / kRowVectors * kStride + k);
        if (MayLack && !source[i]) {
          dev.store(target, device::Vec<Element, kVector>{});
        } else if constexpr (D::kHasAsyncCopy) {
          dev.template copy_async<16>(target, source[i] + (offset + k));
        } else {
          dev.store(target, dev.template load_vec<kVector>(source[i] + (offset + k)));
        }
      }
    }
  };

  static FLASHRNN_DEVICE_FN void multiply(D& dev, RingPointer stage, int left,
                                          device::Accumulator<T> (&sums)[kWarpUnitTiles * kTiles][kRowTiles]) {
    using Operands = SharedOperands<D, T, Element, kStride>;
    const int first_column = dev.warp() / kKWarps * (kWarpUnitTiles * kTiles * T::kM);
    FLASHRNN_UNROLL
    for (int i = 0; i < kWarpKTiles; ++i) {
      const int k = (dev.warp() % kKWarps * kWarpKTiles + i) * T::kK;
      if (k >= left) continue;
      device::OperandB<T> b[kRowTiles];
      Operands::load_b(dev, b, stage + (kColumns * kStride + k));
      FLASHRNN_UNROLL
      for (int j = 0; j < kWarpUnitTiles * kTiles; ++j) {
        device::OperandA<T> a;
        Operands::load_a(dev, a, stage + ((first_column + j * T::kM) * kStride + k));
        FLASHRNN_UNROLL
        for (int r = 0; r < kRowTiles; ++r) dev.mma(sums[j][r], a, b[r]);
      }
    }
  }

  static FLASHRNN_DEVICE_FN void store_sums(D& dev, Shared& shared,
                                            const device::Accumulator<T> (&sums)[kWarpUnitTiles * kTiles][kRowTiles]) {
    const int first_column = dev.warp() / kKWarps * (kWarpUnitTiles * kTiles * T::kM);
    const auto copy = shared.sums.data() + dev.warp() % kKWarps * kSumCopy;
    FLASHRNN_UNROLL
    for (int j = 0; j < kWarpUnitTiles * kTiles; ++j) {
      FLASHRNN_UNROLL
      for (int i = 0; i < T::kC; ++i) {
        const device::Coordinate at = T::c(dev.lane(), i);
        const int column = first_column + j * T::kM + at.row;
        const int gate = column / Shape::kUnitTile % kTileGates;
        FLASHRNN_UNROLL
        for (int r = 0; r < kRowTiles; ++r) {
          const int row = r * T::kN + at.column;
          dev.store(copy + (row * kSumStride + gate * Shape::kUnits + unit_of(column)), sums[j][r][i]);
        }
      }
    }
  }
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_mma_sync.hpp"
#include "common/kernel/fused_common.hpp"
#include "common/kernel/fused_forward_shape.hpp"
#include "common/kernel/rows.hpp"

/// The constants of one FusedForward, its shared memory, and where a thread stands in it.
namespace flashrnn::kernel {

template <class C>
struct ForwardLayout {
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Element = typename C::Element;
  using MatrixTile = typename C::MatrixTile;
  static constexpr fused_forward::Shape kShape = fused_forward::shape_of<C>();
  static_assert(fused_forward::possible(kShape), "The tile is one that FusedForward has.");

  static constexpr int kGates = Cell::kRecurrentGates;
  static constexpr int kInputGates = Cell::kInputGates;
  static constexpr int kSlots = Cell::kBiases;
  static constexpr int kStates = Cell::kStates;
  static constexpr int kSaved = Kernel::kSaved;
  static constexpr int kTileGates = static_cast<int>(fused_forward::tile_gates(kShape));
  static constexpr int kTiles = static_cast<int>(fused_forward::tiles(kShape));
  static constexpr int kFirstGates = Kernel::first_stage_gates();
  static constexpr int kFirstTiles = ceil_of(kFirstGates, kTileGates);
  using Places = CellPlaces<MatrixTile, kTileGates>;
  static constexpr int kCells = Places::kCells;  // of a lane in a unit tile and row tile

  static constexpr int kRowTiles = static_cast<int>(C::kTile.row_tiles);
  static constexpr int kHeads = static_cast<int>(C::kTile.block_heads);
  static constexpr int kGroupBlocks = static_cast<int>(C::kTile.group_blocks);
  static constexpr int kUnitWarps = static_cast<int>(C::kTile.unit_warps);
  static constexpr int kKWarps = static_cast<int>(C::kTile.k_warps);
  static constexpr int kUnitTiles = static_cast<int>(C::kTile.warp_unit_tiles);  // of a warp
  static constexpr int kKTiles = static_cast<int>(C::kTile.warp_k_tiles);
  static constexpr int kRegisterK = static_cast<int>(C::kTile.register_k);
  static constexpr int kSharedK = static_cast<int>(C::kTile.shared_k);
  static constexpr int kStages = static_cast<int>(C::kTile.stages);
  static constexpr int kLanes = MatrixTile::kLanes;
  static constexpr int kThreads = static_cast<int>(fused_forward::block_threads(kShape));

  static constexpr int kPiece = static_cast<int>(fused_forward::piece(kShape));
  static constexpr int kRows = static_cast<int>(fused_forward::rows(kShape));
  static constexpr int kTileUnits = Places::kUnits;
  static constexpr int kWarpUnits = kUnitTiles * kTileUnits;
  static constexpr int kBlockUnits = kUnitWarps * kWarpUnits;  // of a head
  static constexpr int kGroupUnits = kGroupBlocks * kBlockUnits;
  static constexpr int kHUnits = static_cast<int>(fused_forward::h_units(kShape));
  static constexpr int kHElements = static_cast<int>(fused_forward::h_elements(kShape));
  /// Where the compiler knows that units neither end before nor go beyond the tile.
  static constexpr bool kWhole = C::kHeadDim == kGroupUnits && C::kHeadDim % kDimPadding == 0;

  static constexpr bool kPackets = C::kExchange != Exchange::kBlock;
  static constexpr bool kWarpsAlone = fused_forward::warps_alone(kShape);
  static constexpr bool kSplitsRows = fused_forward::splits_rows(kShape);
  static constexpr int kMovedRows = static_cast<int>(fused_forward::moved_rows(kShape));
  static constexpr int kMovedUnits = static_cast<int>(fused_forward::moved_units(kShape));
  static constexpr int kMovedRowElements = static_cast<int>(fused_forward::moved_row_elements(kShape));
  static constexpr int kRowPieces = kMovedUnits / kPiece;
  static constexpr int kMoverThreads = kWarpsAlone ? kLanes : kThreads;

  static constexpr bool may(Flag flag) { return fused_forward::may(kShape, flag); }
  static constexpr bool kRagged = may(kLengths) || may(kPacked);

  static constexpr bool kStagesH = fused_forward::stages_h(kShape);
  static constexpr int kStagedValues = static_cast<int>(fused_forward::staged_values(kShape));
  static constexpr int kStagedSequence = static_cast<int>(fused_forward::staged_sequence(kShape));
  static constexpr int kStagedKept = static_cast<int>(fused_forward::staged_kept(kShape));
  static constexpr int kFirstSequence = static_cast<int>(fused_forward::staged_exchange(kShape));
  static constexpr int kFirstKept = kFirstSequence + kStagedSequence;

  static constexpr int kWarpCells = kRowTiles * kUnitTiles * kCells;  // of a lane, before k warps share them out
  static constexpr int kOwned = static_cast<int>(fused_forward::owned_cells(kShape));
  static constexpr bool kAllOwned = kOwned * kKWarps == kWarpCells;

  /// mma.sync with 16-bit elements: operands and cells move as 8 x 8 matrices.
  static constexpr bool kMmaSync = device::kSame<MatrixTile, device::MmaSyncM16N8K16<Element>>;

  /// Element of h of one head, in shared memory. Where h is exchanged: pieces of a unit group's rows lie together, the
  /// even rows of 8 before the odd ones, so that what a warp sends is in one piece and 8 rows are in different banks.
  static FLASHRNN_DEVICE_FN constexpr int h_at(int row, int unit) {
    if constexpr (kPackets) {
      const int place = MatrixTile::kN == 8 ? row / 8 * 8 + row % 2 * 4 + row % 8 / 2 : row;
      return (unit / kPiece * kRows + place) * kPiece + unit % kPiece;
    } else {
      return row * (kHElements / kRows) + unit;
    }
  }
};

/// A block's shared memory.
template <class D, class C>
struct ForwardShared {
  template <class T>
  static constexpr int count(device::Int64 n) {
    return static_cast<int>(fused_forward::array_bytes(n * static_cast<device::Int64>(sizeof(T))) /
                            static_cast<device::Int64>(sizeof(T)));
  }
  using Element = typename C::Element;
  static constexpr fused_forward::Shape kShape = ForwardLayout<C>::kShape;
  template <class T, device::Int64 kCount>
  using Array = device::SharedArray<D, T, count<T>(kCount), 16>;

  // First, at a multiple of 128 bytes: what comes from other blocks in pieces of 64 bytes must not straddle their lines.
  Array<Element, fused_forward::h_array(kShape)> h;
  Array<Element, fused_forward::operand_array(kShape)> operand;
  Array<Element, fused_forward::ring_array(kShape)> ring;
  Array<Element, fused_forward::staging_array(kShape)> staging;
  Array<float, fused_forward::partial_floats(kShape)> partial;
  Array<Uint32, fused_forward::r_words(kShape)> r;
  Array<device::Uint64, 2> arrived;  // mbarriers of a cluster
};

/// Where a thread stands: in its block, and the block in the problem.
template <class C>
struct ForwardPlace {
  using L = ForwardLayout<C>;
  int lane;
  int warp;
  int thread;
  int block_head;  ///< of the block's heads, the warp's
  int unit_warp;
  int k_warp;
  int rank;  ///< of the block in its group
  int group;
  int first_head;
  Int64 first_row;

  template <class D>
  FLASHRNN_DEVICE_FN ForwardPlace(D& dev, const Extents<D>& e) {
    lane = dev.lane();
    warp = dev.warp();
    thread = dev.thread();
    block_head = L::kHeads == 1 ? 0 : warp / (L::kUnitWarps * L::kKWarps);
    unit_warp = warp / L::kKWarps % L::kUnitWarps;
    k_warp = warp % L::kKWarps;
    rank = dev.block() % L::kGroupBlocks;
    group = dev.block() / L::kGroupBlocks;
    const int head_groups = ceil_of(e.heads, L::kHeads);
    first_head = group % head_groups * L::kHeads;
    first_row = static_cast<Int64>(group / head_groups) * L::kRows;
  }
  FLASHRNN_DEVICE_FN int head() const { return first_head + block_head; }
  /// Of the warp's first unit, in the block and in the head.
  FLASHRNN_DEVICE_FN int warp_unit() const { return unit_warp * L::kWarpUnits; }
  FLASHRNN_DEVICE_FN int head_unit() const { return rank * L::kBlockUnits + warp_unit(); }
  /// Row of the block that is row `i` of those which move together.
  FLASHRNN_DEVICE_FN int moved_row(int i) const {
    if constexpr (L::kSplitsRows) {
      return i * 2 + k_warp % 2;
    } else {
      return i;
    }
  }
  /// Which one moves, of those that have parts of the ring and the staging buffer of their own.
  FLASHRNN_DEVICE_FN int mover() const { return L::kWarpsAlone ? warp : 0; }
  FLASHRNN_DEVICE_FN int mover_thread() const { return L::kWarpsAlone ? lane : thread; }
};

/// A piece of 16 bytes of what moves together, among `values` x rows x pieces of a row, the pieces of a row first.
template <class C>
struct MovedPiece {
  using L = ForwardLayout<C>;
  int value;
  int row;   ///< of those that move
  int unit;  ///< of those that move
  int head;  ///< of the problem; may lie beyond the last
  int head_unit;
  int block_row;

  FLASHRNN_DEVICE_FN MovedPiece(const ForwardPlace<C>& place, int index, int values) {
    unit = index % L::kRowPieces * L::kPiece;
    value = index / L::kRowPieces % values;
    row = index / (L::kRowPieces * values);
    block_row = place.moved_row(row);
    if constexpr (L::kWarpsAlone) {
      head = place.first_head;
      head_unit = place.head_unit() + unit;
    } else {
      head = place.first_head + unit / L::kBlockUnits;
      head_unit = place.rank * L::kBlockUnits + unit % L::kBlockUnits;
    }
  }
};

/// Steps as 32-bit numbers; the walks of a problem are shorter than 2^31.
template <class D, class C>
FLASHRNN_DEVICE_FN RowWalk walk_of(D& dev, const Extents<D>& e, const ForwardPlace<C>& place, int block_row) {
  return row_walk<C::kFlags>(dev, e, place.first_row + block_row);
}

}  // namespace flashrnn::kernel

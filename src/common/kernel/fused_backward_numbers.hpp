// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/tile_mma_sync.hpp"
#include "common/kernel/fused_backward_shape.hpp"
#include "common/kernel/parameters.hpp"

namespace flashrnn::kernel {

/// The value, in a register: the compiler does not work it out again wherever it is used. For addresses of a loop.
template <class T>
FLASHRNN_DEVICE_FN T in_register(T x) {
#if defined(__CUDA_ARCH__)
  Uint32 word = __builtin_bit_cast(Uint32, x);
  asm volatile("" : "+r"(word));
  return __builtin_bit_cast(T, word);
#else
  return x;
#endif
}

/// Whether a cell's hand-written backward reads prev[0]. A cell that does not may say so with kBackwardReadsH = false,
/// and h is not brought back then.
template <class Cell>
constexpr bool backward_reads_h() {
  if constexpr (requires { Cell::kBackwardReadsH; }) {
    return Cell::kBackwardReadsH;
  } else {
    return true;
  }
}

/// Slots that some recurrent gate is added to.
template <class Cell>
constexpr int recurrent_slots() {
  int count = 0;
  for (int slot = 0; slot < Cell::kBiases; ++slot) {
    bool found = false;
    for (int gate = 0; gate < Cell::kRecurrentGates; ++gate) found = found || Cell::recurrent_slot(gate) == slot;
    count += found ? 1 : 0;
  }
  return count;
}

template <class C>
constexpr FusedBackwardNeeds fused_backward_needs() {
  using Cell = typename C::Cell;
  FusedBackwardNeeds n;
  n.gates = Cell::kRecurrentGates;
  n.slots = Cell::kBiases;
  n.states = Cell::kStates;
  n.saved = C::Kernel::kSaved;
  n.reads_h = backward_reads_h<Cell>();
  n.two_stages = C::Kernel::kTwoStages;
  n.recurrent_slots = recurrent_slots<Cell>();
  n.element_bytes = sizeof(typename C::Element);
  n.flags = C::kFlags;
  return n;
}

/// The constants of one FusedBackward.
///
/// Gate gradients lie in shared memory as *entries*: first one for each recurrent gate, which are the rows of K of the
/// product, then the slots that no recurrent gate is added to.
///
/// What a lane holds of a matrix tile's sums is cut into *parts* of two elements; the cells of one tile and part are a
/// *group*, the unit in which cells are dealt to warps. With mma.sync a part is one unit and two rows of the batch.
template <class D, class C>
struct FusedBackwardNumbers {
  using Cell = typename C::Cell;
  using Kernel = typename C::Kernel;
  using Element = typename C::Element;
  using StateElement = typename C::StateElement;
  using MatrixTile = typename C::MatrixTile;
  static constexpr Tile kTile = C::kTile;
  static constexpr Exchange kExchange = C::kExchange;
  static constexpr Uint32 kFlags = C::kFlags;
  static constexpr Instruction kInstruction = instruction_of<MatrixTile>();
  static constexpr FusedBackwardNeeds kNeeds = fused_backward_needs<C>();
  static constexpr FusedBackwardShape kShape = fused_backward_shape(kInstruction, kNeeds, kTile, kExchange);
  static_assert(fused_backward_takes(kInstruction, kNeeds, kTile, kExchange),
                "The tile is one that fused_backward_takes allows.");

  static constexpr int kM = MatrixTile::kM;
  static constexpr int kN = MatrixTile::kN;
  static constexpr int kK = MatrixTile::kK;
  static constexpr int kC = MatrixTile::kC;
  static constexpr int kLanes = MatrixTile::kLanes;
  static_assert(kLanes == D::kWarpSize, "A matrix tile is one warp's.");

  static constexpr int kGates = Cell::kRecurrentGates;
  static constexpr int kInputs = Cell::kInputGates;
  static constexpr int kSlots = Cell::kBiases;
  static constexpr int kStates = Cell::kStates;
  static constexpr int kSaved = Kernel::kSaved;
  static constexpr bool kTwoStages = Kernel::kTwoStages;
  static constexpr int kFirstStageGates = Kernel::first_stage_gates();
  static constexpr int kGradientValues = kSlots + (kTwoStages ? 1 : 0);
  static constexpr int kEntries = kGates + kSlots - recurrent_slots<Cell>();
  static constexpr bool kReadsH = kNeeds.reads_h;
  /// States that gradients may come into at every token.
  static constexpr int kSequenceStates = static_cast<int>(sequence_states(kFlags, kStates));

  static constexpr int kRowTiles = static_cast<int>(kTile.row_tiles);
  static constexpr int kRows = static_cast<int>(kShape.rows);
  static constexpr int kUnits = static_cast<int>(kShape.units);
  static constexpr int kGroupBlocks = static_cast<int>(kTile.group_blocks);
  static constexpr int kBlockTiles = static_cast<int>(kTile.block_unit_tiles);
  static constexpr int kOutputTiles = static_cast<int>(kShape.output_tiles);
  static constexpr int kUnitWarps = static_cast<int>(kTile.unit_warps);
  static constexpr int kKWarps = static_cast<int>(kTile.k_warps);
  static constexpr int kWarps = kUnitWarps * kKWarps;
  static constexpr int kThreads = static_cast<int>(kShape.threads);
  static constexpr int kWarpTiles = static_cast<int>(kTile.warp_unit_tiles);
  static constexpr int kWarpK = static_cast<int>(kTile.warp_k_tiles);
  static constexpr int kGateK = kUnits / kK;  // k tiles of one gate
  static constexpr int kRegisterK = static_cast<int>(kTile.register_k);
  static constexpr int kSharedK = static_cast<int>(kTile.shared_k);
  static constexpr int kStages = static_cast<int>(kTile.stages);

  /// Rows may have lengths of their own.
  static constexpr bool kRagged = kFlags == kRuntimeFlags || (kFlags & (kLengths | kPacked)) != 0;
  static constexpr int kParts = kC / 2;
  static constexpr bool kBlock = kExchange == Exchange::kBlock;
  /// Groups of a warp. In a block the warps that share the K of some tiles share their groups; else all warps share the
  /// groups of the block's units.
  static constexpr int kGroups =
      kBlock ? kWarpTiles * kRowTiles * kParts / kKWarps : (kBlockTiles * kRowTiles * kParts + kWarps - 1) / kWarps;

  /// Every group of every warp has cells.
  static constexpr bool kAllValid =
      kBlock ? kUnitWarps * kWarpTiles == kBlockTiles : kGroups * kWarps == kBlockTiles * kRowTiles * kParts;
  static_assert(!kBlock || kOutputTiles == kBlockTiles, "In a block the product's units are the block's.");

  static constexpr bool input_slots_differ() {
    for (int a = 0; a < kInputs; ++a) {
      for (int b = 0; b < a; ++b) {
        if (Cell::input_slot(a) == Cell::input_slot(b)) return false;
      }
    }
    return true;
  }
  static constexpr bool kFast =
      kShape.fast && device::kSame<MatrixTile, device::MmaSyncM16N8K16<Element>> && D::kHasLdmatrix && D::kHasAsyncCopy;

  /// The slot of an entry.
  static FLASHRNN_DEVICE_FN constexpr int slot_of_entry(int entry) {
    if (entry < kGates) return Cell::recurrent_slot(entry);
    int left = entry - kGates;
    for (int slot = 0; slot < kSlots; ++slot) {
      bool recurrent = false;
      for (int gate = 0; gate < kGates; ++gate) recurrent = recurrent || Cell::recurrent_slot(gate) == slot;
      if (!recurrent && left-- == 0) return slot;
    }
    return 0;
  }
  /// The input gate that is added to a slot, or -1.
  static FLASHRNN_DEVICE_FN constexpr int input_of_slot(int slot) {
    for (int gate = 0; gate < kInputs; ++gate) {
      if (Cell::input_slot(gate) == slot) return gate;
    }
    return -1;
  }

  static constexpr bool every_entry_has_input() {
    for (int entry = 0; entry < kEntries; ++entry) {
      if (input_of_slot(slot_of_entry(entry)) < 0) return false;
    }
    return true;
  }

  /// A group of a warp: its tile (of the block's own units), its row tile and its part.
  struct Group {
    int tile;
    int row_tile;
    int part;
    bool valid;
  };
  static FLASHRNN_DEVICE_FN Group group(int warp, int i) {
    int tile;
    int rest;
    if constexpr (kBlock) {
      const int index = i * kKWarps + warp / kUnitWarps;
      tile = warp % kUnitWarps + index / (kRowTiles * kParts) * kUnitWarps;
      rest = index % (kRowTiles * kParts);
    } else {
      const int index = i * kWarps + warp;
      tile = index / (kRowTiles * kParts);
      rest = index % (kRowTiles * kParts);
    }
    return {tile, rest / kParts, rest % kParts, kAllValid || tile < kBlockTiles};
  }
};

}  // namespace flashrnn::kernel

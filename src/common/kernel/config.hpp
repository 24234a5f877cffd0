// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cell/cell.hpp"
#include "common/device/device.hpp"
#include "common/kernel/flags.hpp"
#include "common/kernel/tile.hpp"

/// What a kernel is compiled for, as one type. A kernel is a struct template over a device and a Config:
///
///     template <class D, class C>
///     struct FusedForward {
///       using Parameters = ForwardParameters<D, typename C::Element, typename C::StateElement>;
///       struct Shared { ... };                          // the block's shared memory
///       static constexpr int kThreads = ...;            // of a block
///       static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p);
///     };
///
/// sizeof(Shared) and kThreads are what the planner assumed: the kernel asserts it.
namespace flashrnn::kernel {

/// Where the blocks that share a head exchange h.
enum class Exchange : int { kBlock, kCluster, kGrid };

/// CellType: a cell of common/cell or a user's. ElementType: float, Bf16 or Fp16, of all sequences and weights.
/// StateElementType: of initial, final and reset states. MathType: a flavour of common/cell/math.hpp. MatrixTileType: a
/// MatrixTile of common/device. kFlags: Flag bits or kRuntimeFlags. kDim: D, or 0 for any D that the tile covers.
template <class CellType, class ElementType, class StateElementType, class MathType, class MatrixTileType,
          Tile kTileValue, Exchange kExchangeValue, device::Uint32 kFlagsValue, int kDim>
struct Config {
  using Cell = CellType;
  using Kernel = cell::CellKernel<CellType>;
  using Element = ElementType;
  using StateElement = StateElementType;
  using Math = MathType;
  using MatrixTile = MatrixTileType;
  static constexpr Tile kTile = kTileValue;
  static constexpr Exchange kExchange = kExchangeValue;
  static constexpr device::Uint32 kFlags = kFlagsValue;
  static constexpr int kHeadDim = kDim;
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simt/backend/instance.hpp"
#include "backend_cpu/simt/backend/kernels.hpp"
#include "common/kernel/fused_backward_kernel.hpp"
#include "common/kernel/fused_forward_kernel.hpp"

/// Fused kernels for heads of up to 32 units. Tiles are small and uneven: of R a part lies in registers, a part in
/// shared memory, and the rest is read in each step; K is shared out wherever a kernel can do that.
namespace flashrnn::simt {

inline constexpr std::int64_t kFusedUnits = 32;

/// How a warp's k tiles are kept.
constexpr kernel::Tile with_k(kernel::Tile t, std::int64_t k_tiles, std::int64_t k_warps) {
  t.k_warps = k_tiles % k_warps == 0 ? k_warps : 1;
  t.warp_k_tiles = k_tiles / t.k_warps;
  t.register_k = (t.warp_k_tiles + 1) / 2;
  t.shared_k = t.warp_k_tiles > 1 ? 1 : 0;
  return t;
}

template <int Lanes, class Cell, class Element>
constexpr kernel::Tile forward_tile(std::int64_t group_blocks) {
  constexpr kernel::Instruction kMatrix = kernel::instruction_of<typename MatrixOf<Lanes, Element>::Type>();
  kernel::Tile t;
  t.group_blocks = group_blocks;
  t.block_unit_tiles = kFusedUnits / group_blocks / kernel::unit_tile(kMatrix, Cell::kRecurrentGates);
  t.unit_warps = t.block_unit_tiles % 2 == 0 ? 2 : 1;
  t.warp_unit_tiles = t.block_unit_tiles / t.unit_warps;
  t.stages = 3;
  return with_k(t, kFusedUnits / kMatrix.k, 2);
}

template <int Lanes, class Cell, class Element>
constexpr kernel::Tile backward_tile(std::int64_t group_blocks) {
  constexpr kernel::Instruction kMatrix = kernel::instruction_of<typename MatrixOf<Lanes, Element>::Type>();
  const std::int64_t units = kFusedUnits / group_blocks;
  kernel::Tile t;
  t.group_blocks = group_blocks;
  t.block_unit_tiles = units / kMatrix.gate_rows;
  t.unit_warps = 2;
  t.warp_unit_tiles = kFusedUnits / kMatrix.gate_rows / t.unit_warps;
  t.stages = 4;
  return with_k(t, Cell::kRecurrentGates * units / kMatrix.k,
                group_blocks == 1 && kMatrix.sum_registers % 4 == 0 ? 2 : 1);
}

template <int Lanes, class Cell, class Element, kernel::Exchange kExchange = kernel::Exchange::kBlock,
          class StateElement = Element>
void add_fused(Kernels& kernels) {
  using gpu::KernelKind;
  constexpr std::int64_t kBlocks = kExchange == kernel::Exchange::kBlock ? 1 : 2;
  kernels.push_back(make_instance<kernel::FusedForward, Lanes, Cell, Element, StateElement,
                                  forward_tile<Lanes, Cell, Element>(kBlocks), kExchange>(KernelKind::kFusedForward));
  kernels.push_back(make_instance<kernel::FusedBackward, Lanes, Cell, Element, StateElement,
                                  backward_tile<Lanes, Cell, Element>(kBlocks), kExchange>(KernelKind::kFusedBackward));
}

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/tile.hpp"

/// Registers of a thread of FusedBackward, estimated from above: what a compiler needs is known only when it has
/// compiled. docs/planner.md has what was found. The numbers are those of fused_backward.constrint.
namespace flashrnn::kernel::fused_backward {

/// Addresses, counters, and what the compiler keeps between instructions.
inline constexpr device::Int64 kOtherRegisters = 53;
/// More of them where parts of dh go through global memory.
inline constexpr device::Int64 kGridRegisters = 7;

/// The cells are dealt out in groups of two a lane: in a block to the warps that share K, else to all.
constexpr device::Int64 cell_groups(const Instruction& i, const Tile& t) {
  const device::Int64 parts = i.sum_registers / 2;
  return t.group_blocks == 1 ? ceil_div(t.warp_unit_tiles * t.row_tiles * parts, t.k_warps)
                             : ceil_div(t.block_unit_tiles * t.row_tiles * parts, t.unit_warps * t.k_warps);
}

/// Of R that is not in registers, the form without ldmatrix asks for a k tile ahead.
constexpr device::Int64 ahead_registers(const Instruction& i, const Needs& n) {
  const bool fast = i == Instruction{} && n.element_bytes == 2 && n.second_stage_gates == 0;
  return fast ? 0 : i.r_registers;
}

constexpr device::Int64 registers(const Instruction& i, const Needs& n, const Tile& t, bool over_grid) {
  return kOtherRegisters + (over_grid ? kGridRegisters : 0) + 2 * i.r_registers + 4 * i.h_registers +
         t.warp_unit_tiles * (t.row_tiles * i.sum_registers + t.register_k * i.r_registers) +
         (t.register_k < t.warp_k_tiles ? t.warp_unit_tiles * ahead_registers(i, n) : 0) +
         2 * cell_groups(i, t) * (2 * n.states + n.saved);
}

}  // namespace flashrnn::kernel::fused_backward

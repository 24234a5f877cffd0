// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "common/kernel/tile.hpp"
#include "common/plan/shape.hpp"
#include "hw_db/facts.hpp"

namespace flashrnn::plan {

/// The name of plain multiply-adds in plans.
inline constexpr std::string_view kMultiplyAdd = "fma";

/// The warp-wide matrix instruction for this element type: fp32 sums, the fewest rows, then the highest rate. Null:
/// none.
[[nodiscard]] const hw::MatrixInstruction* choose_instruction(const hw::GpuFacts& facts, ElementType element,
                                                              bool tf32);

/// Its tile with the registers that the operands take of each lane.
[[nodiscard]] kernel::Instruction tile_of(const hw::MatrixInstruction& instruction, std::string_view isa,
                                          std::int64_t lanes, std::int64_t element_bytes);

/// Plain multiply-adds as if they were one instruction: the lanes stand in 8 columns, each adds up some rows of its
/// column, with operands of four k in registers.
[[nodiscard]] kernel::Instruction multiply_add_tile(std::int64_t lanes);

}  // namespace flashrnn::plan

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

/// The matrix instruction for this element type, of those that common/device has a tile for: fp32 sums, the fewest rows
/// of the batch, then the highest rate. Null: none.
[[nodiscard]] const hw::MatrixInstruction* choose_instruction(const hw::GpuFacts& facts, std::string_view isa,
                                                              ElementType element, bool tf32);

/// Its tile with the registers that the operands take of each lane.
[[nodiscard]] kernel::Instruction tile_of(const hw::MatrixInstruction& instruction, std::string_view isa,
                                          std::int64_t lanes, std::int64_t element_bytes);

/// Plain multiply-adds as if they were one instruction: 16 gate rows by 8 rows of the batch, dealt to the lanes in
/// rectangles, with operands of four k in registers.
[[nodiscard]] kernel::Instruction multiply_add_tile(std::int64_t lanes, std::int64_t element_bytes);

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#include "common/plan/instruction.hpp"

#include <tuple>

namespace flashrnn::plan {
namespace {

/// Instructions that several warps issue together, or one thread for the block, read their operands from shared memory:
/// they are for large products.
bool is_warp_wide(const hw::MatrixInstruction& x) {
  return x.n_step == 0 && !x.name.starts_with("wgmma") && !x.name.starts_with("tcgen05");
}

bool fits(const hw::MatrixInstruction& x, ElementType element, bool tf32) {
  if (!is_warp_wide(x) || x.accumulate != "fp32") return false;
  if (element == ElementType::kBf16) return x.input == "bf16";
  if (element == ElementType::kFp16) return x.input == "fp16";
  return x.input == "fp32" || (tf32 && x.input == "tf32");
}

}  // namespace

const hw::MatrixInstruction* choose_instruction(const hw::GpuFacts& facts, ElementType element, bool tf32) {
  const hw::MatrixInstruction* best = nullptr;
  const auto rank = [](const hw::MatrixInstruction& x) {
    return std::tuple(x.input == "fp32" ? 1 : 0, x.m, x.n, -x.flops_per_clock_per_compute_unit.value_or(0), -x.k);
  };
  for (const hw::MatrixInstruction& x : facts.matrix_instructions) {
    if (fits(x, element, tf32) && (best == nullptr || rank(x) < rank(*best))) best = &x;
  }
  return best;
}

kernel::Instruction tile_of(const hw::MatrixInstruction& x, std::string_view isa, std::int64_t lanes,
                            std::int64_t element_bytes) {
  // On RDNA 3 both halves of a wave hold the operands (RDNA 3 instruction set, WMMA: lanes 16 to 31 repeat 0 to 15).
  const std::int64_t copies = isa.starts_with("gfx11") ? 2 : 1;
  kernel::Instruction tile;
  tile.rows = x.m;
  tile.units = x.n;
  tile.k = x.k;
  tile.lanes = lanes;
  tile.a_registers = copies * kernel::ceil_div(x.m * x.k * element_bytes, 4 * lanes);
  tile.b_registers = copies * kernel::ceil_div(x.k * x.n * element_bytes, 4 * lanes);
  tile.c_registers = kernel::ceil_div(x.m * x.n, lanes);
  return tile;
}

kernel::Instruction multiply_add_tile(std::int64_t lanes) {
  constexpr std::int64_t kRows = 16;
  constexpr std::int64_t kColumns = 8;
  constexpr std::int64_t kDepth = 4;
  kernel::Instruction tile;
  tile.rows = kRows;
  tile.units = kColumns;
  tile.k = kDepth;
  tile.lanes = lanes;
  tile.c_registers = kRows * kColumns / lanes;
  tile.a_registers = tile.c_registers * kDepth;
  tile.b_registers = kDepth;
  return tile;
}

}  // namespace flashrnn::plan

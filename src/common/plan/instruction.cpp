// SPDX-License-Identifier: Apache-2.0
#include "common/plan/instruction.hpp"

#include <tuple>

namespace flashrnn::plan {
namespace {

/// What common/device has a matrix tile for. (Of instructions that several warps issue together, or one thread for the
/// block, it has none: they read their operands from shared memory, which is for large products.)
bool has_tile(const hw::MatrixInstruction& x, std::string_view isa) {
  if (x.name.starts_with("mma.m16n8k16") || x.name.starts_with("mma.m16n8k8.tf32")) return true;
  if (x.name.starts_with("v_mfma_f32_16x16x16")) return true;
  return x.name.starts_with("v_wmma_f32_16x16x16") && isa.starts_with("gfx11");
}

bool fits(const hw::MatrixInstruction& x, std::string_view isa, ElementType element, bool tf32) {
  if (!has_tile(x, isa) || x.accumulate != "fp32") return false;
  if (element == ElementType::kBf16) return x.input == "bf16";
  if (element == ElementType::kFp16) return x.input == "fp16";
  return x.input == "fp32" || (tf32 && x.input == "tf32");
}

}  // namespace

const hw::MatrixInstruction* choose_instruction(const hw::GpuFacts& facts, std::string_view isa, ElementType element,
                                                bool tf32) {
  const hw::MatrixInstruction* best = nullptr;
  const auto rank = [](const hw::MatrixInstruction& x) {
    return std::tuple(x.input == "fp32" ? 1 : 0, x.n, x.m, -x.flops_per_clock_per_compute_unit.value_or(0), -x.k);
  };
  for (const hw::MatrixInstruction& x : facts.matrix_instructions) {
    if (fits(x, isa, element, tf32) && (best == nullptr || rank(x) < rank(*best))) best = &x;
  }
  return best;
}

kernel::Instruction tile_of(const hw::MatrixInstruction& x, std::string_view isa, std::int64_t lanes,
                            std::int64_t element_bytes) {
  // On RDNA 3 every 16 lanes hold the operands (RDNA 3 instruction set, WMMA: lanes 16 to 31 repeat 0 to 15).
  const std::int64_t copies = isa.starts_with("gfx11") ? lanes / 16 : 1;
  kernel::Instruction tile;
  tile.gate_rows = x.m;
  tile.rows = x.n;
  tile.k = x.k;
  tile.lanes = lanes;
  tile.r_registers = copies * kernel::ceil_div(x.m * x.k * element_bytes, 4 * lanes);
  tile.h_registers = copies * kernel::ceil_div(x.k * x.n * element_bytes, 4 * lanes);
  tile.sum_registers = kernel::ceil_div(x.m * x.n, lanes);
  // MFMA deals groups of four rows to the lanes, the others every so many rows.
  tile.holds_both_halves = !x.name.starts_with("v_mfma");
  return tile;
}

kernel::Instruction multiply_add_tile(std::int64_t lanes, std::int64_t element_bytes) {
  constexpr std::int64_t kGateRows = 16;
  constexpr std::int64_t kRows = 8;
  constexpr std::int64_t kDepth = 4;
  kernel::Instruction tile;
  tile.gate_rows = kGateRows;
  tile.rows = kRows;
  tile.k = kDepth;
  tile.lanes = lanes;
  tile.sum_registers = kGateRows * kRows / lanes;
  tile.r_registers = kernel::ceil_div(tile.sum_registers * kDepth * element_bytes, 4);
  tile.h_registers = kernel::ceil_div(kDepth * element_bytes, 4);
  tile.holds_both_halves = false;
  return tile;
}

}  // namespace flashrnn::plan

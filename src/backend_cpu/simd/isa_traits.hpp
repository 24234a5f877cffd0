// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/kernel_args.hpp"

/// What the instruction sets give to kernels, for those that are not built here too: a plan can be made for any CPU.
/// Data only, for the reason that kernel_args.hpp names: what computes it runs in the compiler.
namespace flashrnn::cpu {

/// Panel widths in vectors that kernels exist for. Of equal ones the first is taken, as measured.
inline constexpr int kPanelVectors[] = {4, 6, 3, 2, 8, 1};
inline constexpr int kMaxPanelVectors = 8;
/// The kernel keeps a pointer to each row of a tile in a general register.
inline constexpr int kMaxTileRows = 8;

/// Vector registers that a tile needs: its accumulators; either all its weights and one broadcast operand, or all its
/// operands and one weights vector. product.constrint says the same.
consteval int tile_registers(int rows, int vectors) { return rows * vectors + (rows < vectors ? rows : vectors) + 1; }

struct IsaTraits {
  int vector_bytes;
  int vector_registers;
  int fma_instructions;                ///< that one multiply-add takes
  bool formats[kWeightFormatCount];    ///< weights that the product multiplies
  int max_rows[kMaxPanelVectors + 1];  ///< rows of the largest tile, by panel vectors; 0 = no such tile
};

consteval IsaTraits make_isa_traits(int vector_bytes, int vector_registers, int fma_instructions, bool f16,
                                    bool pairs) {
  IsaTraits traits = {vector_bytes, vector_registers, fma_instructions, {true, true, f16, pairs}, {}};
  for (const int vectors : kPanelVectors)
    for (int rows = 1; rows <= kMaxTileRows && tile_registers(rows, vectors) <= vector_registers; ++rows)
      traits.max_rows[vectors] = rows;
  return traits;
}

/// By Isa.
inline constexpr IsaTraits kIsaTraits[kIsaCount] = {
    make_isa_traits(16, 16, 2, false, false),  // SSE2
    make_isa_traits(16, 32, 1, true, false),   // NEON
    make_isa_traits(32, 16, 1, true, false),   // AVX2
    make_isa_traits(64, 32, 1, true, false),   // AVX-512
    make_isa_traits(64, 32, 1, true, true),    // AVX-512 with BF16
};

/// No function, see above.
#define FLASHRNN_TRAITS_OF(isa) (::flashrnn::cpu::kIsaTraits[static_cast<int>(isa)])

}  // namespace flashrnn::cpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flashrnn::cpu {

/// Instruction sets with a translation unit of their own, worst first. The order is part of no interface.
enum class Isa : int {
  kBaseline = 0,     ///< SSE2 on x86-64, the portable build elsewhere
  kNeon = 1,         ///< AArch64
  kAvx2 = 2,         ///< AVX2, FMA, F16C
  kAvx512 = 3,       ///< AVX-512 F, BW, DQ, VL
  kAvx512Bf16 = 4,   ///< the same with BF16 dot products
};
inline constexpr int kIsaCount = 5;

/// "sse2", "neon", "avx2", "avx512", "avx512_bf16".
const char* isa_name(Isa isa);

/// True when this binary holds its code and this processor and its system run it.
bool isa_usable(Isa isa);

}  // namespace flashrnn::cpu

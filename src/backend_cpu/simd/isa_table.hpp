// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/gemm.hpp"
#include "backend_cpu/simd/vector_kernels.hpp"

/// Fills an IsaKernels table out of the functions of this translation unit's instruction set.
namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

constexpr IsaKernels make_isa_table() {
  IsaKernels t = {};
  t.width = kWidth;
  t.gemm[static_cast<int>(WeightFormat::kF32)] = &gemm<DotF32>;
  t.gemm[static_cast<int>(WeightFormat::kBf16)] = &gemm<DotBf16>;
#if defined(__F16C__) || defined(__AVX512F__) || defined(__ARM_NEON)
  t.gemm[static_cast<int>(WeightFormat::kF16)] = &gemm<DotF16>;
#endif
#if defined(__AVX512BF16__)
  t.gemm[static_cast<int>(WeightFormat::kBf16Pair)] = &gemm<DotBf16Pair>;
#endif
  t.widen_rows = &widen_rows;
  t.narrow_rows = &narrow_rows;
  t.round_rows = &round_rows;
  t.pair_rows = &pair_rows;
  t.clamp = &clamp;
  t.add_rows = &add_rows;
  return t;
}

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE

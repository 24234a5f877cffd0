// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <xsimd/xsimd.hpp>

#include "common/cell/portable.hpp"

namespace flashrnn::cpu {

/// a b + c rounded once, where the instruction set has it; else a product and a sum. xsimd 8 leaves AVX-512's to the
/// compiler, which is told not to fuse on its own.
template <class A>
FLASHRNN_CELL_FN xsimd::batch<float, A> fused(const xsimd::batch<float, A>& a, const xsimd::batch<float, A>& b,
                                              const xsimd::batch<float, A>& c) {
  [[maybe_unused]] constexpr std::size_t kBytes = sizeof(a);
#if defined(__AVX512F__)
  if constexpr (kBytes == 64) return xsimd::batch<float, A>(_mm512_fmadd_ps(a, b, c));
#endif
#if defined(__FMA__)
  if constexpr (kBytes == 32) return xsimd::batch<float, A>(_mm256_fmadd_ps(a, b, c));
#endif
#if defined(__ARM_NEON) && defined(__aarch64__)
  if constexpr (kBytes == 16) return xsimd::batch<float, A>(vfmaq_f32(c, a, b));
#endif
  return a * b + c;
}

}  // namespace flashrnn::cpu

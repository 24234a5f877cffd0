// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "bench/ceilings/kernels.hpp"

namespace flashrnn::bench {

double dot_bf16_avx512(int64_t rounds, float* sink) {
  constexpr int kChains = 14;
  __m512 accumulators[kChains];
#pragma GCC unroll 32
  for (int i = 0; i < kChains; ++i) accumulators[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512bh a = (__m512bh)_mm512_set1_epi32(0x3c003c00);  // pairs of 2^-7
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kChains; ++i) accumulators[i] = _mm512_dpbf16_ps(accumulators[i], a, a);
  }
  __m512 sum = _mm512_setzero_ps();
#pragma GCC unroll 32
  for (int i = 0; i < kChains; ++i) sum = _mm512_add_ps(sum, accumulators[i]);
  *sink = _mm512_cvtss_f32(sum);
  return 4.0 * 16 * kChains * static_cast<double>(rounds);
}

}  // namespace flashrnn::bench

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/ceilings/kernels.hpp"

// The probes for any vector length, over the vector extension of GCC and Clang. Internal linkage on purpose: each
// file that includes this is compiled with other flags.
namespace {

template <int kBytes>
struct VectorOf {
  typedef float Float __attribute__((vector_size(kBytes)));
  typedef long long Integer __attribute__((vector_size(kBytes)));
};

/// kChains accumulators hide the latency of a multiply-add; all stay in registers.
template <int kBytes, int kChains>
double run_fma(int64_t rounds, float scale, float shift, float* sink) {
  using Vector = typename VectorOf<kBytes>::Float;
  const Vector a = Vector{} + scale;
  const Vector c = Vector{} + shift;
  Vector accumulators[kChains];
#pragma GCC unroll 32
  for (int i = 0; i < kChains; ++i) accumulators[i] = Vector{} + static_cast<float>(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < kChains; ++i) accumulators[i] = accumulators[i] * a + c;
  }
  Vector sum{};
#pragma GCC unroll 32
  for (int i = 0; i < kChains; ++i) sum += accumulators[i];
  *sink = sum[0];
  return 2.0 * kChains * (kBytes / 4) * static_cast<double>(rounds);
}

template <int kBytes>
void run_read(const void* data, size_t bytes, float* sink) {
  using Vector = typename VectorOf<kBytes>::Integer;
  constexpr int kStreams = 8;
  const Vector* vectors = static_cast<const Vector*>(data);
  const size_t count = bytes / sizeof(Vector);
  Vector accumulators[kStreams] = {};
  for (size_t i = 0; i < count; i += kStreams) {
#pragma GCC unroll 8
    for (int j = 0; j < kStreams; ++j) accumulators[j] |= vectors[i + j];
  }
  Vector sum{};
#pragma GCC unroll 8
  for (int j = 0; j < kStreams; ++j) sum |= accumulators[j];
  *sink = static_cast<float>(sum[0]);
}

}  // namespace

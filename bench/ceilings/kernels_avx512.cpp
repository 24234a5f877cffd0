// SPDX-License-Identifier: Apache-2.0
#include "bench/ceilings/kernels_body.hpp"

namespace flashrnn::bench {

double fma_avx512(int64_t rounds, float scale, float shift, float* sink) {
  return run_fma<64, 14>(rounds, scale, shift, sink);
}

void read_avx512(const void* data, size_t bytes, float* sink) { run_read<64>(data, bytes, sink); }

}  // namespace flashrnn::bench

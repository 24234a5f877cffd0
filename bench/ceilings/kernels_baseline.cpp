// SPDX-License-Identifier: Apache-2.0
#include "bench/ceilings/kernels_body.hpp"

namespace flashrnn::bench {

double fma_baseline(int64_t rounds, float scale, float shift, float* sink) {
  return run_fma<16, 8>(rounds, scale, shift, sink);
}

void read_baseline(const void* data, size_t bytes, float* sink) { run_read<16>(data, bytes, sink); }

}  // namespace flashrnn::bench

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "bench/ceilings/kernels.hpp"
#include "bench/ceilings/probe.hpp"
#include "bench/common/buffer.hpp"

namespace flashrnn::bench {
namespace {

using ReadKernel = void (*)(const void*, size_t, float*);

ReadKernel best_kernel() {
#if defined(FLASHRNN_BENCH_X86)
  if (__builtin_cpu_supports("avx512f")) return read_avx512;
  if (__builtin_cpu_supports("avx2")) return read_avx2;
#endif
  return read_baseline;
}

}  // namespace

double measure_read(int threads, size_t bytes_per_thread, const ProbeEffort& effort) {
  // Small sets are read many times a call, so that the clock costs nothing.
  constexpr size_t kBytesPerCall = size_t{1} << 20;
  const size_t bytes = std::max<size_t>(1024, bytes_per_thread / 1024 * 1024);
  const size_t passes = std::max<size_t>(1, kBytesPerCall / bytes);
  std::vector<Buffer> buffers;
  for (int i = 0; i < threads; ++i) buffers.emplace_back(bytes);
  const ReadKernel kernel = best_kernel();
  return measure_rate(threads, effort, [&](int index) {
    float sink;
    const void* data = buffers[static_cast<size_t>(index)].data();
    for (size_t pass = 0; pass < passes; ++pass) kernel(data, bytes, &sink);
    return static_cast<double>(passes * bytes);
  });
}

}  // namespace flashrnn::bench

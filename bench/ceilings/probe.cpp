// SPDX-License-Identifier: Apache-2.0
#include "bench/ceilings/probe.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "bench/ceilings/kernels.hpp"

namespace flashrnn::bench {
namespace {

#if defined(FLASHRNN_BENCH_X86)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() { return __builtin_cpu_supports("avx512f"); }
bool has_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
#endif

double run_once(int threads, double seconds, const std::function<double(int)>& work) {
  using Clock = std::chrono::steady_clock;
  std::atomic<int> waiting{threads};
  std::vector<double> rates(static_cast<size_t>(threads));
  const auto body = [&](int index) {
    work(index);  // into the caches
    waiting.fetch_sub(1);
    while (waiting.load() > 0) std::this_thread::yield();
    const auto start = Clock::now();
    double done = 0;
    double elapsed = 0;
    do {
      done += work(index);
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    } while (elapsed < seconds);
    rates[static_cast<size_t>(index)] = done / elapsed;
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(body, i);
  body(0);
  for (std::thread& thread : others) thread.join();
  double total = 0;
  for (const double rate : rates) total += rate;
  return total;
}

}  // namespace

double measure_rate(int threads, const ProbeEffort& effort, const std::function<double(int)>& work) {
  double best = 0;
  for (int i = 0; i < effort.repeats; ++i) best = std::max(best, run_once(threads, effort.seconds, work));
  return best;
}

double measure_fp32_peak(int threads, const ProbeEffort& effort) {
  constexpr int64_t kRounds = 20000;
  auto* kernel = fma_baseline;
#if defined(FLASHRNN_BENCH_X86)
  if (has_avx2()) kernel = fma_avx2;
  // Some CPUs run both widths alike, some the wider one slower under load: the better one is the ceiling.
  if (has_avx512()) {
    const auto wide = [](int) {
      float sink;
      return fma_avx512(kRounds, 0.5f, 1.0f, &sink);
    };
    const auto narrow = [](int) {
      float sink;
      return fma_avx2(kRounds, 0.5f, 1.0f, &sink);
    };
    return std::max(measure_rate(threads, effort, wide), measure_rate(threads, effort, narrow));
  }
#endif
  return measure_rate(threads, effort, [kernel](int) {
    float sink;
    return kernel(kRounds, 0.5f, 1.0f, &sink);
  });
}

double measure_bf16_peak(int threads, const ProbeEffort& effort) {
#if defined(FLASHRNN_BENCH_X86)
  if (has_bf16()) {
    return measure_rate(threads, effort, [](int) {
      float sink;
      return dot_bf16_avx512(20000, &sink);
    });
  }
#endif
  (void)threads;
  (void)effort;
  return 0;
}

std::string probe_isa() {
#if defined(FLASHRNN_BENCH_X86)
  if (has_bf16()) return "avx512_bf16";
  if (has_avx512()) return "avx512";
  if (has_avx2()) return "avx2";
#endif
  return "baseline";
}

}  // namespace flashrnn::bench

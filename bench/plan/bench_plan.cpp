// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <vector>

#include "common/plan/planner.hpp"
#include "tests/plan/shape_grid.hpp"

namespace {

using namespace flashrnn::plan;

constexpr std::size_t kSample = 1000;

/// Of this thread: what other programs take of the core is not counted.
double cpu_ms() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double plan_ms(const Shape& shape, const flashrnn::hw::Device& device) {
  const double start = cpu_ms();
  benchmark::DoNotOptimize(plan_gpu(shape, device));
  return cpu_ms() - start;
}

void plan_grid(benchmark::State& state, const std::string& name) {
  const flashrnn::hw::Device* device = flashrnn::hw::Database::shared().find(name);
  if (device == nullptr) {
    state.SkipWithError("no such device");
    return;
  }
  // The models are parsed once in a process.
  plan_ms(grid::sample(0), *device);
  std::vector<double> times;
  std::size_t n = 0;
  for (auto _ : state) {
    const Shape shape = grid::sample(n++ % kSample);
    const double ms = plan_ms(shape, *device);
    state.SetIterationTime(ms * 1e-3);
    times.push_back(ms);
  }
  std::sort(times.begin(), times.end());
  state.counters["median_ms"] = times[times.size() / 2];
  state.counters["p99_ms"] = times[times.size() * 99 / 100];
  state.counters["max_ms"] = times.back();
}

BENCHMARK_CAPTURE(plan_grid, h200, "nvidia/h200")->Iterations(kSample)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_grid, a100, "nvidia/a100_80gb")
    ->Iterations(kSample)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_grid, rtx_5090, "nvidia/rtx_5090")
    ->Iterations(kSample)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_grid, mi300x, "amd/mi300x")->Iterations(kSample)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(plan_grid, rx_7900_xtx, "amd/rx_7900_xtx")
    ->Iterations(kSample)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

// SPDX-License-Identifier: Apache-2.0
#include "bench/common/harness.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <iostream>

namespace flashrnn::bench {
namespace {

using Clock = std::chrono::steady_clock;

double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  if (samples.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(samples.begin(), middle));
}

/// Keeps the data of the point measured last: its passes, and the repeats of each, come one after the other.
class Cache {
 public:
  explicit Cache(const Program& program) : program_(program) {}

  std::function<void()>& call(const Point& point, const std::string& pass) {
    if (!session_ || !(point == point_)) {
      calls_.clear();
      session_.reset();
      session_ = program_.open(point);
      point_ = point;
    }
    for (auto& [name, call] : calls_)
      if (name == pass) return call;
    std::function<void()> call = session_->prepare(pass);
    return calls_.emplace_back(pass, std::move(call)).second;
  }

 private:
  const Program& program_;
  Point point_;
  std::unique_ptr<Session> session_;
  std::vector<std::pair<std::string, std::function<void()>>> calls_;
};

void run_pass(benchmark::State& state, Cache& cache, const Point& point, const std::string& pass) {
  try {
    std::function<void()>& call = cache.call(point, pass);
    // Other programs ran meanwhile: threads sleep and caches are cold. A long call does not notice.
    if (recurrent_operations(point) < 2e10) call();
    std::vector<double> samples;
    samples.reserve(static_cast<size_t>(state.max_iterations));
    for (auto _ : state) {
      const auto start = Clock::now();
      call();
      const std::chrono::duration<double> elapsed = Clock::now() - start;
      state.SetIterationTime(elapsed.count());
      samples.push_back(1e3 * elapsed.count());
    }
    state.counters["median_ms"] = median(samples);
    state.counters["min_ms"] = *std::min_element(samples.begin(), samples.end());
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

std::string json_text(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + "\"";
}

/// Why a run gave no figure; "" when it gave one. Google Benchmark 1.8 renamed the fields.
template <class Run>
std::string error_of(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred ? "failed: " + run.error_message : "";
  } else {
    return static_cast<int>(run.skipped) != 0 ? "failed: " + run.skip_message : "";
  }
}

/// Answers the driver: one line a benchmark.
class LineReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (const std::string error = error_of(run); !error.empty()) {
        std::cout << "{\"error\": " << json_text(error) << "}" << std::endl;
      } else {
        std::cout << "{\"median_ms\": " << run.counters.at("median_ms").value
                  << ", \"min_ms\": " << run.counters.at("min_ms").value << ", \"samples\": " << run.iterations << "}"
                  << std::endl;
      }
    }
  }
};

int serve(const Program& program) {
  std::cout.precision(9);
  std::cout << "{";
  for (size_t i = 0; i < program.about.size(); ++i)
    std::cout << (i == 0 ? "" : ", ") << json_text(program.about[i].first) << ": "
              << json_text(program.about[i].second);
  std::cout << "}" << std::endl;
  LineReporter reporter;
  std::string line;
  while (std::getline(std::cin, line))
    if (benchmark::RunSpecifiedBenchmarks(&reporter, "^" + line + "/manual_time$") == 0)
      std::cout << "{\"error\": " << json_text("no benchmark named " + line) << "}" << std::endl;
  return 0;
}

}  // namespace

int run_program(int argc, char** argv, const Program& program) {
  Cache cache(program);
  for (const Point& point : program.points)
    for (const std::string& pass : program.passes)
      benchmark::RegisterBenchmark(
          (point.name() + "/" + pass).c_str(),
          [&cache, point, pass](benchmark::State& state) { run_pass(state, cache, point, pass); })
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
  const bool serving = argc > 1 && std::strcmp(argv[1], "--serve") == 0;
  if (serving) {
    argv[1] = argv[0];
    --argc;
    ++argv;
  }
  for (const auto& [key, value] : program.about) benchmark::AddCustomContext(key, value);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (serving) return serve(program);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace flashrnn::bench

// SPDX-License-Identifier: Apache-2.0
// One problem against its ceiling, for tuning: the ceiling is probed again between the repeats, so that both see the
// same state of the machine. Example: bench_cpu_point --cell lstm --dtype bf16 -B 16 -D 256 --threads 2
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

#include "bench/ceilings/ceiling.hpp"
#include "bench/cpu/flashrnn_session.hpp"

namespace {

using namespace flashrnn::bench;
using Clock = std::chrono::steady_clock;

struct Arguments {
  Point point{.cell = "lstm", .dtype = "fp32", .batch = 16, .head_dim = 256};
  SessionOptions options;
  std::vector<std::string> passes{"inf", "fwbw"};
  double seconds = 1;
  bool show_plan = false;
};

void declare(CLI::App& app, Arguments& arguments) {
  const std::map<std::string, flashrnn_math> maths{
      {"exact", FLASHRNN_MATH_EXACT}, {"fast", FLASHRNN_MATH_FAST}, {"linear", FLASHRNN_MATH_LINEAR}};
  const std::map<std::string, flashrnn_reserve_mode> reserves{{"gates", FLASHRNN_RESERVE_GATES},
                                                              {"recompute", FLASHRNN_RESERVE_RECOMPUTE}};
  Point& point = arguments.point;
  app.add_option("--cell", point.cell, "lstm, gru, gru_reset_before, elman, elman_relu or slstm");
  app.add_option("--dtype", point.dtype, "fp32, bf16 or fp16")->check(CLI::IsMember({"fp32", "bf16", "fp16"}));
  app.add_option("-B", point.batch, "Batch rows")->check(CLI::PositiveNumber);
  app.add_option("-T", point.time, "Time steps")->check(CLI::PositiveNumber);
  app.add_option("-N", point.heads, "Heads")->check(CLI::PositiveNumber);
  app.add_option("-D", point.head_dim, "Units per head")->check(CLI::PositiveNumber);
  app.add_option("--threads", point.threads, "Threads")->check(CLI::PositiveNumber);
  app.add_option("--passes", arguments.passes, "Of inf, fw, bw, fwbw; separated by commas")->delimiter(',');
  app.add_option("--seconds", arguments.seconds, "Time spent on each pass");
  app.add_option("--isa", arguments.options.isa, "Force an instruction set of `flashrnn devices`");
  app.add_option("--math", arguments.options.math, "Activations; linear shows what they cost")
      ->transform(CLI::CheckedTransformer(maths));
  app.add_option("--reserve", arguments.options.reserve_mode, "What the forward keeps for the backward")
      ->transform(CLI::CheckedTransformer(reserves));
  app.add_flag("--plan", arguments.show_plan, "Print what the library chose");
  for (CLI::Option* option : app.get_options()) option->capture_default_str();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const Arguments& arguments, FlashrnnSession& session, const std::string& pass) {
  const std::function<void()> call = session.prepare(pass);
  const ProbeEffort probe{.repeats = 1, .seconds = 0.003};
  std::vector<double> samples;
  std::vector<double> ceilings;
  Ceiling last;
  const auto start = Clock::now();
  const auto seconds_since = [](Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };
  call();
  do {
    last = point_ceiling(measure_machine_for(arguments.point, probe), arguments.point, pass);
    ceilings.push_back(last.ms);
    call();  // back into the caches
    const auto block = Clock::now();
    do {
      const auto begin = Clock::now();
      call();
      samples.push_back(1e3 * seconds_since(begin));
    } while (seconds_since(block) < 0.03);
  } while (seconds_since(start) < arguments.seconds || samples.size() < 3);
  const double ours = median(samples);
  const double ceiling = median(ceilings);
  std::printf("%-6s %10.4f ms  min %10.4f  runs %5zu  ceiling %10.4f ms (%s; compute %.4f, R %.4f)  %5.1f %%\n",
              pass.c_str(), ours, *std::min_element(samples.begin(), samples.end()), samples.size(), ceiling,
              last.bound.c_str(), last.compute_ms, last.read_ms, 100 * ceiling / ours);
  if (arguments.show_plan) std::printf("       %s\n", session.describe(pass).c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("One problem of the CPU backend against the machine's ceiling");
  Arguments arguments;
  declare(app, arguments);
  CLI11_PARSE(app, argc, argv);
  try {
    std::printf("%s\n", arguments.point.name().c_str());
    FlashrnnSession session(arguments.point, arguments.options);
    for (const std::string& pass : arguments.passes) measure(arguments, session, pass);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_cpu_point: %s\n", error.what());
    return 1;
  }
}

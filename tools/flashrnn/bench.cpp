// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>

#include "commands.hpp"
#include "device_options.hpp"
#include "execution.hpp"
#include "json.hpp"
#include "number_option.hpp"
#include "progress.hpp"
#include "statistics.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

const std::vector<std::string> kPasses{"inf", "fw", "bw", "fwbw", "pack"};

struct BenchOptions {
  ProblemOptions problem;
  DeviceOptions device;
  std::string passes = "inf,fw,bw,fwbw";
  std::int64_t repeat = 10;
  std::int64_t warmup = 2;
  double min_time = 0.5;
  std::uint64_t seed = 1;
  bool json = false;
};

struct Row {
  std::string pass;
  Statistics ms;
  std::size_t runs;
  double gflops;  ///< billions of operations a second; 0 for pack, which has none
};

std::vector<std::string> parse_passes(const std::string& list) {
  std::vector<std::string> passes = split(list, ',');
  for (const std::string& pass : passes) {
    if (std::find(kPasses.begin(), kPasses.end(), pass) == kPasses.end()) {
      throw UsageError("--passes has '" + pass + "'." + did_you_mean(pass, kPasses) +
                       " Give some of: " + join(kPasses, ",") + ".");
    }
  }
  if (passes.empty()) throw UsageError("--passes is empty. Give some of: " + join(kPasses, ",") + ".");
  return passes;
}

/// Operations of the recurrent products: two for each weight, row and step; twice that in the backward (dh and dR).
double operations(const std::string& pass, const Workload& w) {
  const flashrnn_problem& p = w.problem;
  const double forward = 2.0 * static_cast<double>(w.steps) * w.cell.recurrent_gates * static_cast<double>(p.heads) *
                         static_cast<double>(p.head_dim) * static_cast<double>(p.head_dim);
  if (pass == "pack") return 0.0;
  if (pass == "bw") return 2.0 * forward;
  return pass == "fwbw" ? 3.0 * forward : forward;
}

/// The plans of the passes; each is made when the first pass needs it.
class Passes {
 public:
  Passes(const Context& context, memory::MemorySpace& space, const Workload& workload)
      : context_(context), space_(space), workload_(workload) {}

  std::function<void()> call(const std::string& pass) {
    if (pass == "inf") return [&e = execution(inference_, false)] { e.forward(); };
    if (pass == "pack") return [&e = execution(inference_, false)] { e.pack(); };
    Execution& e = execution(training_, true);
    if (pass == "fw") return [&e] { e.forward(); };
    if (pass == "fwbw") {
      return [&e] {
        e.forward();
        e.backward();
      };
    }
    e.forward();  // fills the reserve that every backward reads
    return [&e] { e.backward(); };
  }

  /// The description of the plan that was made first.
  [[nodiscard]] std::string describe() const { return training_ ? training_->describe() : inference_->describe(); }

 private:
  Execution& execution(std::optional<Execution>& slot, bool training) {
    if (!slot) {
      slot.emplace(context_, space_, workload_, training);
      slot->pack();
    }
    return *slot;
  }

  const Context& context_;
  memory::MemorySpace& space_;
  const Workload& workload_;
  std::optional<Execution> inference_;
  std::optional<Execution> training_;
};

/// At least --repeat runs and --min-time seconds. `show` gets the part that is done and the time of the last run.
std::vector<double> measure(memory::MemorySpace& space, const std::function<void()>& call, const BenchOptions& o,
                            const std::function<void(double, double)>& show) {
  for (std::int64_t i = 0; i < o.warmup; ++i) call();
  space.wait();
  std::vector<double> times;
  double total = 0.0;
  while (static_cast<std::int64_t>(times.size()) < o.repeat || total < 1000.0 * o.min_time) {
    times.push_back(space.milliseconds_of(call));
    total += times.back();
    const double runs_done = static_cast<double>(times.size()) / static_cast<double>(o.repeat);
    show(o.min_time > 0.0 ? std::min(runs_done, total / (1000.0 * o.min_time)) : runs_done, times.back());
  }
  return times;
}

Json json_of(const BenchOptions& o, const std::string& plan, const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    list.push_back({{"pass", row.pass},
                    {"median_ms", row.ms.median},
                    {"min_ms", row.ms.min},
                    {"max_ms", row.ms.max},
                    {"lower_quartile_ms", row.ms.lower_quartile},
                    {"upper_quartile_ms", row.ms.upper_quartile},
                    {"runs", row.runs},
                    {"gflops", row.gflops}});
  }
  return {{"rows", list}, {"problem", problem_json(o.problem)}, {"device", device_json(o.device)}, {"plan", plan}};
}

std::string text_of(const BenchOptions& o, const std::string& plan, const std::vector<Row>& rows) {
  Table table(
      {{"pass", Table::Align::kLeft}, {"median ms"}, {"min ms"}, {"max ms"}, {"spread"}, {"runs"}, {"GFLOP/s"}});
  for (const Row& row : rows) {
    table.add({row.pass, format("%.4g", row.ms.median), format("%.4g", row.ms.min), format("%.4g", row.ms.max),
               format("%.1f %%", 100.0 * row.ms.spread()), std::to_string(row.runs),
               row.gflops > 0.0 ? format("%.4g", row.gflops) : "-"});
  }
  return field_lines({{"problem", problem_text(o.problem)}, {"device", device_text(o.device)}, {"plan", plan}}) + "\n" +
         table.text();
}

ExitCode run(const BenchOptions& o) {
  const std::vector<std::string> passes = parse_passes(o.passes);
  const Context context = open_device(o.device);
  const std::unique_ptr<memory::MemorySpace> space = memory::memory_of(o.device.device);
  const Workload workload = random_workload(context, o.problem, o.seed);
  Passes calls(context, *space, workload);
  std::vector<Row> rows;
  {
    Progress progress;
    for (const std::string& pass : passes) {
      const auto show = [&](double part, double ms) {
        progress.show((static_cast<double>(rows.size()) + part) / static_cast<double>(passes.size()),
                      pass + " " + format("%.4g ms", ms));
      };
      const std::vector<double> times = measure(*space, calls.call(pass), o, show);
      const Statistics ms = statistics(times);
      rows.push_back({pass, ms, times.size(), operations(pass, workload) / (ms.median * 1e6)});
    }
  }
  const std::string plan = calls.describe();
  std::fputs((o.json ? json_of(o, plan, rows).dump(2) + "\n" : text_of(o, plan, rows)).c_str(), stdout);
  return kExitOk;
}

}  // namespace

Action add_bench(CLI::App& app) {
  const auto o = std::make_shared<BenchOptions>();
  add_problem_options(app, o->problem);
  add_device_options(app, o->device);
  app.add_option("--passes", o->passes, "Some of inf, fw, bw, fwbw, pack, with commas between")
      ->capture_default_str()
      ->type_name("LIST");
  add_number<std::int64_t>(app, "--repeat", o->repeat, 1, 100'000'000, "Measured runs of each pass, at least")
      ->capture_default_str()
      ->type_name("COUNT");
  add_number<std::int64_t>(app, "--warmup", o->warmup, 0, 1'000'000, "Runs before them")
      ->capture_default_str()
      ->type_name("COUNT");
  add_number(app, "--min-time", o->min_time, 0.0, 86400.0, "Seconds to measure each pass, at least; 0: --repeat alone")
      ->default_str("0.5, or 0 with --repeat")
      ->type_name("SECONDS");
  add_number<std::uint64_t>(app, "--seed", o->seed, 0, std::numeric_limits<std::uint64_t>::max() / 32,
                            "Of the random input")
      ->capture_default_str()
      ->type_name("NUMBER");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Passes: inf is a forward without training; fw a forward that keeps what backward needs; bw the backward; fwbw\n"
      "both. Weights are packed once before the timing; pack is that packing. The spread is the middle half of the\n"
      "timings as a part of their median. A GPU's times are those of its events. GFLOP/s counts the recurrent "
      "products:\n"
      "two operations for each weight, row and step, twice as many in the backward.\n"
      "Example: flashrnn bench --cell lstm --dtype bf16 -B 16 -T 1024 -N 12 -D 64 --passes inf,fwbw");
  return [o, &app] {
    if (app.count("--repeat") > 0 && app.count("--min-time") == 0) o->min_time = 0.0;
    return run(*o);
  };
}

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <set>

#include "commands.hpp"
#include "device_options.hpp"
#include "execution.hpp"
#include "json.hpp"
#include "npy_write.hpp"
#include "number_option.hpp"
#include "table.hpp"
#include "text.hpp"
#include "workload_files.hpp"

namespace flashrnn::tool {
namespace {

struct RunOptions {
  ProblemOptions problem;
  DeviceOptions device;
  std::set<std::string> given;  ///< options that the files of --input decide
  std::string pass;             ///< empty = fwbw, or inf where a folder of input has no gradients
  std::uint64_t seed = 1;
  std::string input;
  std::string output;
  bool json = false;
};

/// A call with its time.
struct Timing {
  std::string call;
  double milliseconds;
};

struct Result {
  std::string name;
  const Tensor* tensor;
  TensorSummary summary;
};

std::string choose_pass(const RunOptions& o, const Workload& w) {
  const bool gradients = w.dstates.present() || w.dfinal_states.present();
  if (o.pass.empty()) return gradients ? "fwbw" : "inf";
  if (o.pass != "inf" && o.pass != "fw" && o.pass != "fwbw") {
    throw UsageError("--pass is '" + o.pass + "'. Give one of: inf, fw, fwbw.");
  }
  if (o.pass == "fwbw" && !gradients) {
    throw UsageError("The folder '" + o.input +
                     "' has neither dstates.npy nor dfinal_states.npy, which --pass fwbw "
                     "needs; add one, or give --pass fw.");
  }
  return o.pass;
}

void write_results(const std::string& folder, const std::vector<Result>& results) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw UsageError("The folder '" + folder + "' can't be made: " + error.message() + ". Give --output another.");
  for (const Result& r : results) write_npy(std::filesystem::path(folder) / (r.name + ".npy"), *r.tensor);
}

void print_json(const RunOptions& o, const std::string& pass, const std::string& plan,
                const std::vector<Timing>& timings, const std::vector<Result>& results) {
  Json times = Json::object();
  for (const Timing& t : timings) times[t.call + "_ms"] = t.milliseconds;
  Json list = Json::array();
  for (const Result& r : results) {
    list.push_back({{"name", r.name},
                    {"shape", r.tensor->shape()},
                    {"dtype", dtype_name(r.tensor->dtype())},
                    {"norm", r.summary.norm},
                    {"largest", r.summary.largest},
                    {"not_finite", r.summary.not_finite},
                    {"checksum", r.summary.checksum}});
  }
  Json out{{"problem", problem_json(o.problem)},
           {"device", device_json(o.device)},
           {"plan", plan},
           {"pass", pass},
           {"timings", times},
           {"results", list}};
  if (o.input.empty()) {
    out["seed"] = o.seed;
  } else {
    out["input"] = o.input;
  }
  std::printf("%s\n", out.dump(2).c_str());
}

void print_text(const RunOptions& o, const std::string& plan, const std::vector<Timing>& timings,
                const std::vector<Result>& results) {
  std::vector<std::string> times;
  for (const Timing& t : timings) times.push_back(t.call + " " + format("%.3f ms", t.milliseconds));
  std::fputs(field_lines({{"problem", problem_text(o.problem)},
                          {"input", o.input.empty() ? "random, seed " + std::to_string(o.seed) : o.input},
                          {"device", device_text(o.device)},
                          {"plan", plan},
                          {"time", join(times) + " (one call each, not warm)"}})
                 .c_str(),
             stdout);
  using Align = Table::Align;
  Table table({{"result", Align::kLeft},
               {"shape", Align::kLeft},
               {"dtype", Align::kLeft},
               {"norm"},
               {"largest"},
               {"not finite"},
               {"checksum", Align::kLeft}});
  for (const Result& r : results) {
    table.add({r.name, shape_text(r.tensor->shape()), dtype_name(r.tensor->dtype()), format("%.9g", r.summary.norm),
               format("%.6g", r.summary.largest), std::to_string(r.summary.not_finite), r.summary.checksum});
  }
  std::printf("\n%s", table.text().c_str());
}

ExitCode run(RunOptions& o) {
  for (const char* name : {"--lengths", "--packed", "--resets"}) {
    if (!o.input.empty() && o.given.contains(name)) {
      throw UsageError(std::string(name) +
                       " is for random input; with --input leave it away and add lengths.npy, "
                       "cu_seqlens.npy or resets.npy to the folder.");
    }
  }
  const Context context = open_device(o.device);
  const Workload workload = o.input.empty() ? random_workload(context, o.problem, o.seed)
                                            : read_workload(context, o.problem, o.given, o.input);
  const std::string pass = choose_pass(o, workload);
  const std::unique_ptr<memory::MemorySpace> space = memory::memory_of(o.device.device);
  Execution execution(context, *space, workload, pass != "inf");
  const auto timed = [&](const char* name, const std::function<void()>& call) {
    return Timing{name, space->milliseconds_of(call)};
  };
  std::vector<Timing> timings{timed("pack", [&] { execution.pack(); }), timed("forward", [&] { execution.forward(); })};
  auto tensors = execution.forward_results();
  if (pass == "fwbw") {
    timings.push_back(timed("backward", [&] { execution.backward(); }));
    const auto gradients = execution.backward_results();
    tensors.insert(tensors.end(), gradients.begin(), gradients.end());
  }
  std::vector<Result> results;
  for (const auto& [name, tensor] : tensors) results.push_back({name, tensor, summarize(*tensor)});
  if (!o.output.empty()) write_results(o.output, results);
  if (o.json) {
    print_json(o, pass, execution.describe(), timings, results);
  } else {
    print_text(o, execution.describe(), timings, results);
  }
  return kExitOk;
}

}  // namespace

Action add_run(CLI::App& app) {
  const auto o = std::make_shared<RunOptions>();
  add_problem_options(app, o->problem);
  add_device_options(app, o->device);
  app.add_option("--pass", o->pass, "inf, fw or fwbw; default: fwbw, or inf where --input has no gradients")
      ->type_name("NAME");
  add_number<std::uint64_t>(app, "--seed", o->seed, 0, std::numeric_limits<std::uint64_t>::max() / 32,
                            "Of the random input")
      ->capture_default_str()
      ->type_name("NUMBER");
  app.add_option("--input", o->input, "Folder of .npy files to read instead of random input; sizes come from Wx.npy")
      ->type_name("FOLDER");
  app.add_option("--output", o->output, "Folder to write every result to, as .npy")->type_name("FOLDER");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Passes: inf is a forward without training; fw a forward that keeps what backward needs; fwbw forward and\n"
      "backward. Checksums are over the bits: they are equal for any number of threads and for repeated runs;\n"
      "other instruction sets or devices give other bits and nearly the same norms.\n"
      "Files of --input: Wx, R; optional b, initial_states, lengths or cu_seqlens, resets, reset_states, dstates,\n"
      "dfinal_states (shapes: docs/tool.md).");
  return [o, &app] {
    for (const char* name : {"--batch", "--time", "--heads", "--head-dim", "--lengths", "--packed", "--resets"}) {
      if (app.count(name) > 0) o->given.insert(name);
    }
    return run(*o);
  };
}

}  // namespace flashrnn::tool

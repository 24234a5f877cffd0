// SPDX-License-Identifier: Apache-2.0
#include "verify/verify.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <stdexcept>

#include "commands.hpp"
#include "device_options.hpp"
#include "json.hpp"
#include "number_option.hpp"
#include "problem_options.hpp"
#include "progress.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

struct VerifyOptions {
  DeviceOptions device;
  std::string golden;
  std::string filter;
  std::string dtype;
  std::int64_t cases = 0;  ///< random cases in place of the table; 0 = the table
  std::uint64_t seed = 1;
  bool quiet = false;
  bool json = false;
};

std::string error_text(double error) { return std::isfinite(error) ? format("%.3f", error) : "-"; }

/// A line per case as it ends, or a bar.
class Report {
 public:
  Report(bool lines, bool failures) : lines_(lines), failures_(failures) {}

  void operator()(std::size_t done, std::size_t total, const verify::CaseResult& r) {
    if (lines_ || (failures_ && !r.ok)) {
      bar_.clear();
      std::string line = (r.ok ? "ok      " : "FAILED  ") + error_text(r.error_in_allowed_units) + "  " + r.name;
      if (!r.worst_tensor.empty()) line += "  " + r.worst_tensor;
      if (!r.message.empty()) line += "\n        " + r.message;
      std::printf("%s\n", line.c_str());
      std::fflush(stdout);
    }
    if (!lines_) bar_.show(static_cast<double>(done) / static_cast<double>(total), r.name);
  }

 private:
  bool lines_;
  bool failures_;
  Progress bar_;
};

std::vector<verify::Case> choose_cases(const VerifyOptions& o) {
  const flashrnn_dtype dtype = o.dtype.empty() ? FLASHRNN_DTYPE_DEFAULT : parse_dtype("--dtype", o.dtype);
  std::vector<verify::Case> cases;
  if (o.cases == 0) {
    cases = verify::select_cases({.filter = o.filter, .dtype = dtype});
  } else {
    for (std::int64_t i = 0; i < o.cases; ++i) {
      verify::Case test = verify::sweep_case(o.seed, static_cast<std::uint64_t>(i));
      if (dtype != FLASHRNN_DTYPE_DEFAULT && test.dtype != dtype) continue;
      if (test.name.find(o.filter) != std::string::npos) cases.push_back(std::move(test));
    }
  }
  if (cases.empty()) {
    throw UsageError("No case passes --filter '" + o.filter + "'" + (o.dtype.empty() ? "" : " and --dtype " + o.dtype) +
                     ". Names look like '" + verify::conformance_table().front().name +
                     "'; give a part of a name, or leave --filter away to see them all.");
  }
  return cases;
}

std::vector<verify::CaseResult> golden_results(const VerifyOptions& o, verify::Api& api, Report& report) {
  const flashrnn_dtype dtype = o.dtype.empty() ? FLASHRNN_F32 : parse_dtype("--dtype", o.dtype);
  try {
    return verify::run_golden(api, o.golden, dtype, std::ref(report));
  } catch (const std::runtime_error& error) {  // a folder or file that can't be read
    throw UsageError(std::string(error.what()) +
                     ". Give --golden a folder of golden cases, each a folder with a "
                     "case.json.");
  }
}

Json json_of(const VerifyOptions& o, const std::vector<verify::CaseResult>& results, std::size_t failed) {
  Json cases = Json::array();
  for (const verify::CaseResult& r : results) {
    cases.push_back({{"name", r.name},
                     {"ok", r.ok},
                     {"error_in_allowed_units", r.error_in_allowed_units},  // null when a call failed
                     {"worst_tensor", r.worst_tensor},
                     {"message", r.message}});
  }
  return {{"device", device_json(o.device)},   {"golden", o.golden}, {"dtype", o.dtype},
          {"passed", results.size() - failed}, {"failed", failed},   {"cases", cases}};
}

ExitCode run(const VerifyOptions& o) {
  if (!o.golden.empty() && (o.cases > 0 || !o.filter.empty())) {
    throw UsageError("--golden checks every case of its folder; leave --filter and --cases away.");
  }
  const Context context = open_device(o.device);
  Report report(!o.json && !o.quiet, !o.json);
  verify::LibraryApi api(context.get(), o.device.device);
  std::vector<verify::CaseResult> results;
  if (o.golden.empty()) {
    results = verify::run_cases(api, choose_cases(o), std::ref(report));
  } else {
    results = golden_results(o, api, report);
  }
  std::size_t failed = 0;
  const verify::CaseResult* worst = &results.front();
  for (const verify::CaseResult& r : results) {
    failed += r.ok ? 0 : 1;
    if (!(r.error_in_allowed_units <= worst->error_in_allowed_units)) worst = &r;
  }
  if (o.json) {
    std::printf("%s\n", json_of(o, results, failed).dump(2).c_str());
  } else {
    std::printf("%zu of %zu cases hold on %s.\n", results.size() - failed, results.size(),
                device_text(o.device).c_str());
    if (std::isfinite(worst->error_in_allowed_units)) {
      std::printf("The largest error is %.3f of the allowed one: %s (%s).\n", worst->error_in_allowed_units,
                  worst->name.c_str(), worst->worst_tensor.c_str());
    }
  }
  return failed == 0 ? kExitOk : kExitNotHeld;
}

}  // namespace

Action add_verify(CLI::App& app) {
  const auto o = std::make_shared<VerifyOptions>();
  add_device_options(app, o->device);
  app.add_option("--golden", o->golden, "Check the golden cases of this folder instead of the conformance table")
      ->type_name("FOLDER");
  app.add_option("--dtype", o->dtype, "fp32, bf16 or fp16; default: all, or fp32 with --golden")->type_name("TYPE");
  app.add_option("--filter", o->filter, "Only cases whose name contains this")->type_name("TEXT");
  add_number<std::int64_t>(app, "--cases", o->cases, 0, 100'000'000,
                           "Check this many random cases instead of the conformance table")
      ->type_name("COUNT");
  add_number<std::uint64_t>(app, "--seed", o->seed, 0, std::numeric_limits<std::uint64_t>::max(), "Of the random cases")
      ->capture_default_str()
      ->type_name("NUMBER");
  app.add_flag("--quiet", o->quiet, "Print failures and the summary only");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Each line has the case's largest error in units of the allowed one, and the tensor that has it. Allowed are, "
      "of\n"
      "the norm of the fp64 reference: 1e-5 in fp32; in bf16 and fp16 twice the error of a plain run in that type.\n"
      "A random case is run again by its name: --filter sweep/SEED/INDEX. Ends with 0 only if all cases hold.");
  return [o] { return run(*o); };
}

}  // namespace flashrnn::tool

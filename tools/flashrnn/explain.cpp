// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "database_devices.hpp"
#include "device_options.hpp"
#include "explain_text.hpp"
#include "planning.hpp"

namespace flashrnn::tool {
namespace {

constexpr const char* kCommand = "flashrnn explain";

struct ExplainOptions {
  Question question;
  DeviceOptions device;
  bool all_devices = false;
  bool json = false;
};

ExitCode explain_one(const ExplainOptions& o) {
  const bool here = o.device.device == "cpu";
  const hw::Device& device = here ? planning_cpu() : find_database_device(o.device.device, {"cpu"});
  plan::Report report = ask(o.question, device);
  std::string description = device.description;
  if (here) {
    const ThisCpu cpu = this_cpu();
    report.notes.insert(report.notes.end(), cpu.log.begin(), cpu.log.end());
    description = list_devices().front().description;
    if (!cpu.entry.empty()) description += ", figures of " + cpu.entry;
  }
  if (o.json) {
    std::printf("%s\n", explain_json(report).dump(2).c_str());
  } else {
    std::fputs(explain_text(report, description).c_str(), stdout);
  }
  return report.chosen.refusal.empty() ? kExitOk : kExitNotHeld;
}

ExitCode explain_all(const ExplainOptions& o) {
  std::vector<plan::Report> reports;
  for (const hw::Device& device : hw::Database::shared().devices()) {
    if (!device.is_family && concerns(o.question, device.kind)) reports.push_back(ask(o.question, device));
  }
  if (reports.empty()) {
    throw UsageError(
        "--form is '" + o.question.form +
        "'; give block, cluster, grid or stepwise for GPUs, strands or lockstep, without --choose, for CPUs.");
  }
  sort_by_time(reports);
  if (o.json) {
    std::printf("%s\n", comparison_json(reports).dump(2).c_str());
  } else {
    std::printf("problem  %s\n\n%s", reports.front().problem.c_str(), comparison_text(reports).c_str());
  }
  return reports.front().chosen.refusal.empty() ? kExitOk : kExitNotHeld;
}

ExitCode run(ExplainOptions& o, bool device_given) {
  o.question.isa = o.device.isa;
  o.question.threads = o.device.threads;
  if (o.all_devices && (device_given || !o.device.isa.empty() || o.device.threads != 0)) {
    throw UsageError(
        "--all-devices takes each device of the database as it is; leave --device, --isa and --threads away.");
  }
  check_question(o.question);
  warn_of_database_problems(kCommand);
  return o.all_devices ? explain_all(o) : explain_one(o);
}

}  // namespace

Action add_explain(CLI::App& app) {
  const auto o = std::make_shared<ExplainOptions>();
  add_problem_options(app, o->question.problem);
  add_device_options(app, o->device);
  CLI::Option* device = app.get_option("--device");
  device->description("cpu (this machine's), or a name of 'flashrnn devices --all', as nvidia/h200");
  app.add_option("--pass", o->question.pass, "forward, backward or step")->capture_default_str()->type_name("NAME");
  app.add_flag("--inference", o->question.inference, "A forward that keeps nothing for a backward");
  app.add_option("--form", o->question.form,
                 "Only this form: block, cluster, grid or stepwise on GPUs, strands or lockstep on CPUs")
      ->type_name("NAME");
  app.add_option("--choose", o->question.choices, "Only plans with this choice, as row_tiles=2; may be given again")
      ->type_name("NAME=N")
      ->expected(1)
      ->take_all();
  app.add_flag("--all-devices", o->all_devices, "A table of this problem on every device of the database");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Plans as the library does, for devices that need not be here: nothing is run. Times are estimates of the cost\n"
      "model; parts in brackets overlap with others and do not count. The line 'problem' can be given to this command\n"
      "again. Ends with 1 where nothing can be planned, as with a --form that the device or the problem refuses.");
  return [o, device] { return run(*o, device->count() > 0); };
}

}  // namespace flashrnn::tool

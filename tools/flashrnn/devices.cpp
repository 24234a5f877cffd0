// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "database_devices.hpp"
#include "database_text.hpp"
#include "device_figures.hpp"
#include "device_options.hpp"
#include "json.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr const char* kCommand = "flashrnn devices";

struct DevicesOptions {
  std::string name;
  bool all = false;
  bool json = false;
};

std::string bulleted(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += "- " + sentence + "\n";
  return text;
}

Json present_json(const std::vector<flashrnn_device_info>& devices) {
  Json list = Json::array();
  for (const flashrnn_device_info& d : devices) {
    Json device{{"name", d.name},
                {"description", d.description},
                {"isa", d.isa},
                {"isas", split(d.isas, ' ')},
                {"compute_units", d.compute_units},
                {"l1_bytes", d.l1_bytes},
                {"l2_bytes", d.l2_bytes},
                {"l3_bytes", d.l3_bytes}};
    if (device["name"] == "cpu") {
      const ThisCpu cpu = this_cpu();
      device["database_entry"] = cpu.entry;
      const Json entry = device_entry_json(cpu.device);
      device["figures"] = entry["figures"];
      device["unknown"] = entry["unknown"];
      device["log"] = cpu.log;
    }
    list.push_back(std::move(device));
  }
  return {{"version", flashrnn_version()}, {"devices", list}, {"problems", database_problems_json()}};
}

std::string cpu_figures_text() {
  const ThisCpu cpu = this_cpu();
  std::string text = "\ncpu: " + (cpu.entry.empty() ? "figures that the machine reports; the database has none of it"
                                                    : "figures of " + cpu.entry + " in the database, and reported");
  text += "\n" + figures_text(cpu.device);
  if (!cpu.log.empty()) text += "\nWhere machine and database differ:\n" + bulleted(cpu.log);
  return text;
}

std::string present_text(const std::vector<flashrnn_device_info>& devices) {
  using Align = Table::Align;
  Table table({{"device", Align::kLeft},
               {"description", Align::kLeft},
               {"cores"},
               {"L1"},
               {"L2"},
               {"L3"},
               {"instruction sets, best first", Align::kLeft}});
  bool has_cpu = false;
  for (const flashrnn_device_info& d : devices) {
    table.add({d.name, d.description, std::to_string(d.compute_units), bytes_text(d.l1_bytes), bytes_text(d.l2_bytes),
               bytes_text(d.l3_bytes), d.isas});
    has_cpu = has_cpu || d.name == std::string("cpu");
  }
  return table.text() + (has_cpu ? cpu_figures_text() : "");
}

/// A file of the database that can't be used is something that does not hold.
ExitCode list_database(const DevicesOptions& o) {
  const hw::Database& database = hw::Database::shared();
  if (o.json) {
    Json list = Json::array();
    for (const hw::Device& device : database.devices()) list.push_back(device_entry_json(device));
    const Json out{{"version", flashrnn_version()}, {"devices", list}, {"problems", database_problems_json()}};
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    std::fputs(database_text(database).c_str(), stdout);
  }
  return database.problems().empty() ? kExitOk : kExitNotHeld;
}

ExitCode list_entry(const DevicesOptions& o) {
  std::vector<std::string> present;
  for (const flashrnn_device_info& d : list_devices()) present.emplace_back(d.name);
  const hw::Device& device = find_database_device(o.name, present);
  if (o.json) {
    std::printf("%s\n", device_entry_json(device).dump(2).c_str());
    return kExitOk;
  }
  std::fputs(field_lines({{"device", device.name},
                          {"description", device.description},
                          {"isa", device.isa},
                          {device.is_family ? "fits" : "driver names", join(device.driver_names)}})
                 .c_str(),
             stdout);
  std::printf("\n%s", figures_text(device).c_str());
  return kExitOk;
}

ExitCode list_present(const DevicesOptions& o) {
  std::vector<flashrnn_device_info> devices = list_devices();
  if (!o.name.empty()) {
    std::erase_if(devices, [&](const flashrnn_device_info& d) { return d.name != o.name; });
  }
  std::fputs((o.json ? present_json(devices).dump(2) + "\n" : present_text(devices)).c_str(), stdout);
  return kExitOk;
}

bool is_present(const std::string& name) {
  const std::vector<flashrnn_device_info> devices = list_devices();
  return std::any_of(devices.begin(), devices.end(), [&](const flashrnn_device_info& d) { return d.name == name; });
}

ExitCode run(const DevicesOptions& o) {
  if (o.all && !o.name.empty()) {
    throw UsageError("--all lists every device of the database; leave it or '" + o.name + "' away.");
  }
  warn_of_database_problems(kCommand);
  if (o.all) return list_database(o);
  return o.name.empty() || is_present(o.name) ? list_present(o) : list_entry(o);
}

}  // namespace

Action add_devices(CLI::App& app) {
  const auto o = std::make_shared<DevicesOptions>();
  app.add_option("NAME", o->name, "One device: present here, as 'cpu', or of the database, as 'nvidia/h200'")
      ->type_name("");
  app.add_flag("--all", o->all, "List the hardware database instead of what is here");
  app.add_flag("--json", o->json, "Print JSON");
  app.footer(
      "Each figure stands with its unit and where it comes from: a line of a file of the hardware database with the\n"
      "document and the section there, or what the machine reports, which wins. $FLASHRNN_HW_DB_DIR names a folder of\n"
      "files that replace the database's or add to them (docs/adding_a_device.md). A file that can't be used is a "
      "line\n"
      "on stderr, and --all then ends with 1.");
  return [o] { return run(*o); };
}

}  // namespace flashrnn::tool

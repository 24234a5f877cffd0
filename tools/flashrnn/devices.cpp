// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>

#include "commands.hpp"
#include "device_options.hpp"
#include "json.hpp"
#include "table.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

Json json_of(const std::vector<flashrnn_device_info>& devices) {
  Json list = Json::array();
  for (const flashrnn_device_info& d : devices) {
    list.push_back({{"name", d.name},
                    {"description", d.description},
                    {"isa", d.isa},
                    {"isas", split(d.isas, ' ')},
                    {"compute_units", d.compute_units},
                    {"l1_bytes", d.l1_bytes},
                    {"l2_bytes", d.l2_bytes},
                    {"l3_bytes", d.l3_bytes}});
  }
  return {{"version", flashrnn_version()}, {"devices", list}};
}

std::string text_of(const std::vector<flashrnn_device_info>& devices) {
  using Align = Table::Align;
  Table table({{"device", Align::kLeft},
               {"description", Align::kLeft},
               {"cores"},
               {"L1"},
               {"L2"},
               {"L3"},
               {"instruction sets, best first", Align::kLeft}});
  for (const flashrnn_device_info& d : devices) {
    table.add({d.name, d.description, std::to_string(d.compute_units), bytes_text(d.l1_bytes), bytes_text(d.l2_bytes),
               bytes_text(d.l3_bytes), d.isas});
  }
  return table.text();
}

}  // namespace

Action add_devices(CLI::App& app) {
  const auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "Print JSON");
  return [json] {
    const std::vector<flashrnn_device_info> devices = list_devices();
    std::fputs((*json ? json_of(devices).dump(2) + "\n" : text_of(devices)).c_str(), stdout);
    return kExitOk;
  };
}

}  // namespace flashrnn::tool

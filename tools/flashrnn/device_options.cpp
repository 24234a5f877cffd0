// SPDX-License-Identifier: Apache-2.0
#include "device_options.hpp"

#include <algorithm>

#include "backend_cpu/simt/backend/simt_backend.hpp"
#include "error.hpp"
#include "number_option.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr int kMostThreads = 1024;

const flashrnn_device_info* find_device(const std::vector<flashrnn_device_info>& devices, const std::string& name) {
  const auto it =
      std::find_if(devices.begin(), devices.end(), [&](const flashrnn_device_info& d) { return d.name == name; });
  return it == devices.end() ? nullptr : &*it;
}

/// What a context of these options uses.
struct Resolved {
  std::string description;
  std::string isa;
  int threads;
};

Resolved resolve(const DeviceOptions& options) {
  const std::vector<flashrnn_device_info> devices = list_devices();
  const flashrnn_device_info* device = find_device(devices, options.device);
  Resolved resolved{"", options.isa, options.threads};
  if (device == nullptr) return resolved;
  resolved.description = device->description;
  if (resolved.isa.empty()) resolved.isa = device->isa;
  if (resolved.threads == 0) resolved.threads = device->compute_units;
  return resolved;
}

}  // namespace

void add_device_options(CLI::App& app, DeviceOptions& options) {
  const std::string group = "Device";
  app.add_option("--device", options.device, "Name of a device, as 'flashrnn devices' lists them")
      ->default_str("cpu")
      ->type_name("NAME")
      ->group(group);
  app.add_option("--isa", options.isa, "Instruction set of the CPU to use; default: the best one")
      ->type_name("NAME")
      ->group(group);
  add_number(app, "--threads", options.threads, 0, kMostThreads, "CPU threads, the caller's included; 0: one per core")
      ->default_str("0")
      ->type_name("COUNT")
      ->group(group);
}

std::vector<flashrnn_device_info> list_devices() {
  std::vector<flashrnn_device_info> devices;
  const std::int32_t count = flashrnn_device_count();
  for (std::int32_t i = 0; i < count; ++i) {
    flashrnn_device_info info = FLASHRNN_DEVICE_INFO_INIT;
    check(flashrnn_get_device(i, &info));
    devices.push_back(info);
  }
  return devices;
}

Context open_device(const DeviceOptions& options) {
  if (options.device.starts_with("simt")) {
    static const bool added = (flashrnn_internal_add_backend(&simt::simt_backend()), true);
    static_cast<void>(added);
  }
  const std::vector<flashrnn_device_info> devices = list_devices();
  std::vector<std::string> names;
  for (const flashrnn_device_info& device : devices) names.emplace_back(device.name);
  const flashrnn_device_info* device = find_device(devices, options.device);
  if (device == nullptr) {
    throw DeviceError("There is no device '" + options.device + "' here." + did_you_mean(options.device, names) +
                      " Give --device one of: " + join(names) + ".");
  }
  if (!options.isa.empty()) {
    const std::vector<std::string> isas = split(device->isas, ' ');
    if (std::find(isas.begin(), isas.end(), options.isa) == isas.end()) {
      throw DeviceError("The device '" + options.device + "' has no instruction set '" + options.isa + "'." +
                        did_you_mean(options.isa, isas) + " Give --isa one of: " + join(isas) + ".");
    }
  }
  flashrnn_context_options context_options = FLASHRNN_CONTEXT_OPTIONS_INIT;
  context_options.num_threads = options.threads;
  context_options.cpu_isa = options.isa.c_str();
  return Context(options.device.c_str(), context_options);
}

std::string device_text(const DeviceOptions& options) {
  const Resolved resolved = resolve(options);
  return options.device + " (" + resolved.description + "), isa " + resolved.isa + ", " +
         std::to_string(resolved.threads) + (resolved.threads == 1 ? " thread" : " threads");
}

Json device_json(const DeviceOptions& options) {
  const Resolved resolved = resolve(options);
  return {{"name", options.device},
          {"description", resolved.description},
          {"isa", resolved.isa},
          {"threads", resolved.threads}};
}

}  // namespace flashrnn::tool

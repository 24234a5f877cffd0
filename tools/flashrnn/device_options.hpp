// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "flashrnn/flashrnn.hpp"
#include "json.hpp"

namespace flashrnn::tool {

/// --device, --isa, --threads
struct DeviceOptions {
  std::string device = "cpu";
  std::string isa;  ///< empty = the device's best
  int threads = 0;  ///< 0 = one per core
};

void add_device_options(CLI::App& app, DeviceOptions& options);

/// The devices that this process can use now.
std::vector<flashrnn_device_info> list_devices();

/// The emulated devices, simt:32 and simt:64, are there for those who ask for them. Throws DeviceError, with the
/// devices or instruction sets that exist, when the options name another.
Context open_device(const DeviceOptions& options);

/// "cpu (AMD EPYC 9654), isa avx512_bf16, 2 threads" of options that open_device took.
std::string device_text(const DeviceOptions& options);
Json device_json(const DeviceOptions& options);

}  // namespace flashrnn::tool

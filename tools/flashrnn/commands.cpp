// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

namespace flashrnn::tool {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {"devices", "List the devices that can be used here, or the hardware database", add_devices},
      {"explain", "Show the plan of a problem for any device, and why it is that", add_explain},
      {"verify", "Check a device against the reference or against golden cases", add_verify},
      {"run", "Run one problem once and print what identifies its results", add_run},
      {"bench", "Measure one problem", add_bench},
      {"cache", "List, check or prune the kernels that were compiled here", add_cache},
      {"pack", "Compile the GPU kernels of problems ahead, without a GPU", add_pack},
  };
  return all;
}

}  // namespace flashrnn::tool

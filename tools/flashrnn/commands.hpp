// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "error.hpp"

namespace flashrnn::tool {

/// What a command does once its options are read. It prints to stdout, and throws UsageError, DeviceError or
/// flashrnn::Error.
using Action = std::function<ExitCode()>;

/// A command is one file: a function that adds its options and hands back its action.
struct Command {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App& app);
};

/// In the order of --help.
const std::vector<Command>& commands();

Action add_devices(CLI::App& app);
Action add_explain(CLI::App& app);
Action add_verify(CLI::App& app);
Action add_run(CLI::App& app);
Action add_bench(CLI::App& app);
Action add_cache(CLI::App& app);
Action add_pack(CLI::App& app);

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <stdexcept>
#include <vector>

namespace constrint::tool {

/// How `constrint` ends; docs/constrint and --help list the same.
enum ExitCode : int {
  kExitYes = 0,       ///< there is a solution; the values hold
  kExitNo = 1,        ///< there is none; they do not
  kExitUsage = 2,     ///< options, files or values that can't be used
  kExitLimit = 3,     ///< stopped by a limit before the answer was known
  kExitOverflow = 4,  ///< a term left the range in which the answer can be known
};

/// Ends the program with kExitUsage. The message is a sentence that says what to do.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Ends the program with kExitOverflow.
struct Overflow : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a command does once its options are read. It prints to stdout, and throws UsageError or Overflow.
using Action = std::function<ExitCode()>;

/// A command is one file: a function that adds its options and hands back its action.
struct Command {
  const char* name;
  const char* summary;
  Action (*add)(CLI::App& app);
};

/// In the order of --help.
const std::vector<Command>& commands();

Action add_solve(CLI::App& app);
Action add_check(CLI::App& app);
Action add_explain(CLI::App& app);
Action add_domains(CLI::App& app);

}  // namespace constrint::tool

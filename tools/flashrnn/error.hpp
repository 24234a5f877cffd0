// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace flashrnn::tool {

/// How `flashrnn` ends; docs/tool.md and --help list the same.
enum ExitCode : int {
  kExitOk = 0,
  kExitNotHeld = 1,  ///< the command ran, and what was asked did not hold
  kExitUsage = 2,    ///< options, files or values that can't be used
  kExitDevice = 3,   ///< the device is missing, or the library reports an error
};

/// Ends the program with kExitUsage. The message is a sentence that says what to do.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Ends the program with kExitDevice.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace flashrnn::test {

struct Outcome {
  int exit_code = -1;  ///< -1 when the program was killed by a signal
  std::string out;
  std::string err;
};

/// Runs the program `flashrnn` with these arguments. With `terminal`, stderr is one.
Outcome run_tool(const std::vector<std::string>& arguments, bool terminal = false);

/// The words of a line, split at blanks.
std::vector<std::string> words(const std::string& line);

}  // namespace flashrnn::test

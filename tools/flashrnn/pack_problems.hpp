// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "planning.hpp"

namespace flashrnn::tool {

/// A line of a file of problems.
struct ListedProblem {
  Question question;
  std::string place;  ///< "problems.txt:3", for messages
};

/// The problems of a file: one a line, with the options of every command and --inference; '#' begins a comment. Throws
/// UsageError with the line that is wrong, or when there is no file or no problem.
std::vector<ListedProblem> read_problems(const std::string& file);

}  // namespace flashrnn::tool

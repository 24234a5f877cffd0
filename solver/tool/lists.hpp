// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "constrint/solve.hpp"

/// Lists on the command line. All throw UsageError, which names the option, for what can't be read.
namespace constrint::tool {

/// 'A=1,B=2', each name once.
std::vector<Assigned> read_assignments(const std::string& option, const std::string& text);

/// 'A:largest,B:smallest,C', which is smallest.
std::vector<OrderedVariable> read_order(const std::string& option, const std::string& text);

/// The index of a variable that an option names.
std::int32_t index_of(const std::string& option, const Model& model, const std::string& name);

}  // namespace constrint::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace flashrnn::tool {

/// One line on stderr, "flashrnn bench: message". The library's sentences come without a full stop.
void complain(const std::string& command, std::string message);

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <cstdio>

namespace flashrnn::tool {

void complain(const std::string& command, std::string message) {
  if (!message.ends_with('.') && !message.ends_with('?')) message.push_back('.');
  std::fprintf(stderr, "%s: %s\n", command.c_str(), message.c_str());
}

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

namespace constrint::tool {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {"solve", "Find solutions, or the best one", add_solve},
      {"check", "Say of given values which constraints hold and which are tight", add_check},
      {"explain", "Say which constraints are in conflict where there is no solution", add_explain},
      {"domains", "Print the values that propagation leaves each variable, without search", add_domains},
  };
  return all;
}

}  // namespace constrint::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// What the system reports of this machine; read once per process.
struct Machine {
  std::string description;
  int cores = 1;  ///< that this process may run on
  std::int64_t l1_bytes = 0;
  std::int64_t l2_bytes = 0;
  std::int64_t l3_bytes = 0;
};
const Machine& this_machine();

/// The best usable instruction set.
Isa best_isa();

}  // namespace flashrnn::cpu

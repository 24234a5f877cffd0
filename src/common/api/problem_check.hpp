// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/runtime/problem.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::api {

/// *problem = `given` with every field checked and every default resolved. `given` is complete (read_struct).
/// Errors: INVALID_ARGUMENT.
Status check_problem(const flashrnn_problem& given, Problem* problem);

}  // namespace flashrnn::api

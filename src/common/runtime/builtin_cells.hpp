// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "common/runtime/cell_registry.hpp"

namespace flashrnn {

/// The cells that come with the library. Defined by backend_cpu; a function, so that it works from any static
/// initialiser. The registry lists them in flashrnn.h's order, whatever the order here.
const std::vector<const CellRegistration*>& builtin_cells();

}  // namespace flashrnn

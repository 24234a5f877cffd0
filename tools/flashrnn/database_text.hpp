// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hw_db/database.hpp"

namespace flashrnn::tool {

/// Tables of the GPUs, the CPUs and the families, with the figures that tell devices apart.
std::string database_text(const hw::Database& database);

}  // namespace flashrnn::tool

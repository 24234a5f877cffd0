// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace flashrnn::tool {

/// Keeps its keys in the order in which they were written. NaN and infinity are printed as null.
using Json = nlohmann::ordered_json;

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "brute_force.hpp"

namespace constrint::testing {

/// A model in the native language, small enough for brute force: up to four variables of up to twelve values, up to
/// five constraints over all that the language has.
std::string random_model(Random& random, bool objective);

/// Some of the variables of a model in random order, each with a random value order.
SolveOptions random_order(Random& random, const Model& model);

}  // namespace constrint::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "constrint/solve.hpp"
#include "tests/fuzz/bytes.hpp"

namespace constrint::fuzz {

struct SmallModel {
  Model constraints;  ///< without the objective
  Model whole;
};

/// One to four variables with few values each, up to four constraints of every kind, and now and then an objective.
SmallModel draw_model(flashrnn::fuzz::Bytes* in);

/// An order of some variables, and exclusions. No limits.
SolveOptions draw_options(flashrnn::fuzz::Bytes* in, const Model& model);

}  // namespace constrint::fuzz

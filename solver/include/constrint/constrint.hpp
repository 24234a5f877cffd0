// SPDX-License-Identifier: Apache-2.0
#pragma once

/// All of ConstrINT: models from text or code, their solutions, and why there are none.
#include "constrint/builder.hpp"
#include "constrint/explain.hpp"
#include "constrint/export.hpp"
#include "constrint/expression.hpp"
#include "constrint/model.hpp"
#include "constrint/parse.hpp"
#include "constrint/solve.hpp"

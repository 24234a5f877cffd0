// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "common/plan/constraint_model.hpp"

/// What may be chosen, as constraints: product.constrint, split.constrint, gradient.constrint. Each model is parsed
/// once per process. Sizes are bound as they are up to kModelLimit, beyond which nothing can be allocated anyway.
namespace flashrnn::cpu {

std::string_view product_constraints();
std::string_view split_constraints();
std::string_view gradient_constraints();

inline constexpr std::int64_t kModelLimit = std::int64_t{1} << 24;

struct ProductModel {
  plan::ConstraintModel model;
  std::size_t vectors, tile_rows, tiles, panels, panel_level, weight_level;
};
const ProductModel& product_model();

struct SplitModel {
  plan::ConstraintModel model;
  std::size_t lockstep, team, rows, blocks, block_units;
};
const SplitModel& split_model();

struct GradientModel {
  plan::ConstraintModel model;
  std::size_t chunk_steps, copy_rows, copy_k;
};
const GradientModel& gradient_model();

/// So that the first plan is not the slow one.
void parse_models();

}  // namespace flashrnn::cpu

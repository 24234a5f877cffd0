// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/models.hpp"

namespace flashrnn::cpu {

using plan::ConstraintModel;
using plan::ValueOrder;

const ProductModel& product_model() {
  static const ProductModel made = [] {
    ConstraintModel m({.name = "product",
                       .texts = {product_constraints()},
                       .inputs = {"ROWS", "COLUMNS", "K", "SEGMENTS", "VECTOR_WEIGHT_BYTES", "REGISTERS_LIMIT",
                                  "TILE_ROWS_LIMIT", "L1_BYTES", "L2_BYTES", "L3_BYTES"},
                       .limits = {{"REGISTERS", "vector registers", ""}, {"TILE_ROWS", "rows of a tile", ""}},
                       .decisions = {{"VECTORS"}},
                       .rest = ValueOrder::kLargestFirst});
    const auto at = [&](std::string_view name) { return m.slot(name); };
    const ProductModel slots = {
        m, at("VECTORS"), at("TILE_ROWS"), at("TILES"), at("PANELS"), at("PANEL_LEVEL"), at("WEIGHT_LEVEL")};
    return slots;
  }();
  return made;
}

const SplitModel& split_model() {
  static const SplitModel made = [] {
    ConstraintModel m({.name = "split",
                       .texts = {split_constraints()},
                       .inputs = {"BATCH", "THREADS", "UNIT_BYTES", "GRANULE", "GRANULES_MOST", "PRODUCT_BYTES_LIMIT"},
                       .limits = {},
                       .decisions = {{"LOCKSTEP"}, {"TEAM"}, {"BLOCKS"}},
                       .rest = ValueOrder::kLargestFirst});
    const auto at = [&](std::string_view name) { return m.slot(name); };
    const SplitModel slots = {m, at("LOCKSTEP"), at("TEAM"), at("ROWS"), at("BLOCKS"), at("BLOCK_UNITS")};
    return slots;
  }();
  return made;
}

const GradientModel& gradient_model() {
  static const GradientModel made = [] {
    ConstraintModel m(
        {.name = "gradient",
         .texts = {gradient_constraints()},
         .inputs = {"BATCH", "STEPS", "STEP_K", "TILE_ROWS", "LINE_BYTES", "ROWS_OF_A_SHARE", "COPY_BYTES_LIMIT"},
         .limits = {{"COPY_BYTES", "copied gate gradients", "B"}},
         .decisions = {{"TOKENS"}},
         .rest = ValueOrder::kLargestFirst});
    const auto at = [&](std::string_view name) { return m.slot(name); };
    const GradientModel slots = {m, at("CHUNK_STEPS"), at("COPY_ROWS"), at("COPY_K")};
    return slots;
  }();
  return made;
}

void parse_models() {
  static_cast<void>(product_model());
  static_cast<void>(split_model());
  static_cast<void>(gradient_model());
}

}  // namespace flashrnn::cpu

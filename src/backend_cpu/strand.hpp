// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend_cpu/crew.hpp"
#include "backend_cpu/integers.hpp"
#include "backend_cpu/plan.hpp"
#include "backend_cpu/rows.hpp"

namespace flashrnn::cpu {

/// Rows [first, first + count) of one head: what runs through time together.
struct Strand {
  std::int64_t head;
  std::int64_t first;
  std::int64_t count;
};

inline Strand strand_at(const CpuPlan& plan, std::int64_t index) {
  const std::int64_t per_head = ceil_div(plan.g.B, plan.strand_rows);
  const std::int64_t first = index % per_head * plan.strand_rows;
  return {index / per_head, first, std::min(plan.strand_rows, plan.g.B - first)};
}

/// How many of the strand's rows process a token at `step`: its first ones.
inline std::int64_t running_rows(const Rows& rows, const Strand& strand, std::int64_t step) {
  return std::clamp<std::int64_t>(rows.active(step) - strand.first, 0, strand.count);
}

/// Calls work(strand, first_unit, end_unit) for the share of `part` out of `parts` in all strands' units, in granules
/// of `granule` units. Which part gets which share depends on the arguments alone.
template <class Work>
void for_share(const CpuPlan& plan, std::int64_t granule, int part, int parts, Work&& work) {
  const std::int64_t per_strand = ceil_div(plan.g.units, granule);
  const std::int64_t total = plan.strands * per_strand;
  const std::int64_t end = total * (part + 1) / parts;
  for (std::int64_t i = total * part / parts; i < end;) {
    const std::int64_t strand = i / per_strand;
    const std::int64_t first = i % per_strand;
    const std::int64_t last = std::min(per_strand, first + end - i);
    work(strand, first * granule, std::min(last * granule, plan.g.units));
    i += last - first;
  }
}

/// Units per vector range [first, end) in elements: what of it is real, without padding.
inline std::int64_t real_units(const Geometry& g, std::int64_t first_unit, std::int64_t end_unit) {
  return std::min(g.D - first_unit * g.W, (end_unit - first_unit) * g.W);
}

/// One product over `rows` rows for the columns of units [first_unit, end_unit).
inline GemmArgs product_args(const Geometry& g, const ProductPlan& product, const char* weights, int gates,
                             std::int64_t first_unit, std::int64_t end_unit) {
  GemmArgs args = {};
  const std::int64_t first_panel = first_unit * gates / product.vectors;
  const std::int64_t end_panel = ceil_div(end_unit * gates, product.vectors);
  args.a_k_stride = 1;
  args.segments = product.segments;
  args.a_segment_stride = g.operand_stride;
  args.k = g.k_elements;
  args.b = weights + first_panel * product.panel_bytes;
  args.panel_bytes = product.panel_bytes;
  args.panels = end_panel - first_panel;
  args.vectors = product.vectors;
  args.c_panel_stride = product.vectors * g.W;
  return args;
}

}  // namespace flashrnn::cpu

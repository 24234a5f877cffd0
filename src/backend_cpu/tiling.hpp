// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// Estimated cycles of one product over `rows` rows, with panels of plan.vectors vectors.
double product_cycles(const CpuFacts& facts, const IsaKernels& isa, WeightFormat format, const ProductPlan& plan,
                      std::int64_t k, std::int64_t rows);

/// The panel width with the fewest estimated cycles for `columns` column vectors and `rows` rows.
void choose_panels(const CpuFacts& facts, const IsaKernels& isa, const Geometry& g, std::int64_t columns,
                   std::int64_t rows, ProductPlan* plan);

/// Strands or lockstep, the rows of a strand, and the number of threads.
void choose_split(CpuPlan* plan);

}  // namespace flashrnn::cpu

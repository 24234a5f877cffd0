// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/crew.hpp"
#include "backend_cpu/plan.hpp"

namespace flashrnn::cpu {

/// Which packed matrices a call needs.
enum class PackParts { kForward, kBackward, kAll };

/// Brings R [Gr, N, D, D] and b [Gb, N, D] (null = zeros), in the problem's dtype, into the layout of plan.packed.
/// Recomputing gates in the backward needs the forward's matrices too.
void pack_weights(const CpuPlan& plan, const void* R, const void* b, void* packed, PackParts parts, Crew& crew);

/// One head's view of packed weights.
struct Weights {
  const float* bias;       ///< [A][Dp]
  const char* forward[2];  ///< panels of each stage
  const char* backward[2];
};
Weights weights_of(const CpuPlan& plan, const void* packed, std::int64_t head);

}  // namespace flashrnn::cpu

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "common/plan/planner.hpp"

namespace flashrnn::gpu {

/// What a plan may choose: for tests and tuning. Default: what is estimated to take the least time.
struct PlanOptions {
  std::optional<plan::Form> forward;   ///< only this form
  std::optional<plan::Form> backward;  ///< only this form
  /// Only tiles with these values, names as `flashrnn explain` has them.
  std::vector<plan::Choice> forward_choices = {};
  std::vector<plan::Choice> backward_choices = {};
};

/// $FLASHRNN_GPU_FORM: block, cluster, grid or stepwise, for both passes. Unset or another word: no wish.
/// $FLASHRNN_GPU_CHOOSE, over that: "forward:form=cluster,row_tiles=2;backward:stages=4". Words that say nothing are
/// left out.
[[nodiscard]] PlanOptions options_from_environment();

}  // namespace flashrnn::gpu

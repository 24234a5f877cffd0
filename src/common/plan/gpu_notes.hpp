// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/plan/gpu_candidates.hpp"

namespace flashrnn::plan {

/// What the step of a fused forward plan would take with other ways to bring Wx in and h out, a sentence.
void add_access_notes(const GpuProblem& problem, const GpuPlan& plan, std::vector<std::string>& notes);

/// Why the form is not free to choose, where it is not.
void add_form_notes(const GpuProblem& problem, std::vector<std::string>& notes);

}  // namespace flashrnn::plan

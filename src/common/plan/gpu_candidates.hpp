// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/plan/constraint_model.hpp"
#include "common/plan/gpu_cost.hpp"
#include "common/plan/gpu_figures.hpp"
#include "common/plan/planner.hpp"

/// Between the constraint models and the planner: rows of a model become plans with a time.
namespace flashrnn::plan {

/// A plan and its estimated time.
struct GpuCandidate {
  GpuPlan plan;
  Row row;
  double step_ns = 0;   ///< of all rounds together
  double total_ns = 0;  ///< of the call
};

/// A problem on a device, ready to be planned. The device's figures are resolved once for all forms.
struct GpuProblem {
  Shape shape;
  GpuFigures figures;
};

[[nodiscard]] GpuCandidate make_candidate(const GpuProblem& problem, Form form, const Row& row);

/// What a block of the plan does in a step.
[[nodiscard]] BlockWork work_of(const GpuProblem& problem, const GpuPlan& plan);

/// The parts of a candidate's step, all rounds together.
[[nodiscard]] StepCost step_cost(const GpuProblem& problem, const GpuPlan& plan);

/// Less than any plan of this form takes, ns a call.
[[nodiscard]] double least_ns(const GpuProblem& problem, Form form);

/// Names and values of a tile's fields, as Candidate::choices has them.
[[nodiscard]] std::vector<Choice> choices_of(const GpuPlan& plan);
/// "ROW_TILES" for "row_tiles"; empty for a name that no tile has.
[[nodiscard]] std::string_view variable_of(std::string_view choice);

}  // namespace flashrnn::plan

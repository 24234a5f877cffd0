// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_notes.hpp"

#include <array>
#include <cstdio>

namespace flashrnn::plan {

void add_access_notes(const GpuProblem& problem, const GpuPlan& plan, std::vector<std::string>& notes) {
  if (plan.form == Form::kStepwise || problem.shape.pass == Pass::kBackward) return;
  const auto us = [&](RowAccess access) {
    BlockWork work = work_of(problem, plan);
    work.load = access;
    work.store = access;
    return fused_step_ns(problem.figures, work, 0) * static_cast<double>(plan.rounds) * 1e-3;
  };
  std::array<char, 400> text{};
  if (problem.figures.bulk_copy_ns > 0) {
    std::snprintf(text.data(), text.size(),
                  "Wx and h move as 16-byte vectors, %.2f us a step; as 4-byte pairs straight from and to registers it "
                  "would be %.2f us, by a bulk copy for each row %.2f us.",
                  us(RowAccess::kVectors), us(RowAccess::kPairs), us(RowAccess::kBulk));
  } else {
    std::snprintf(text.data(), text.size(),
                  "Wx and h move as 16-byte vectors, %.2f us a step; as 4-byte pairs straight from and to registers it "
                  "would be %.2f us.",
                  us(RowAccess::kVectors), us(RowAccess::kPairs));
  }
  notes.emplace_back(text.data());
}

void add_form_notes(const GpuProblem& problem, std::vector<std::string>& notes) {
  const Shape& shape = problem.shape;
  if (shape.cell.second_stage_gates == 0 || shape.pass == Pass::kBackward) return;
  notes.emplace_back(
      "Forward, a cell of two stages has a head in one block, or takes a launch for each stage: its second product "
      "would "
      "need a second exchange in every step.");
}

}  // namespace flashrnn::plan

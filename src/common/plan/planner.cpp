// SPDX-License-Identifier: Apache-2.0
#include "common/plan/planner.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "common/plan/gpu_candidates.hpp"
#include "common/plan/gpu_models.hpp"
#include "common/plan/gpu_notes.hpp"
#include "common/plan/gpu_verify.hpp"

namespace flashrnn::plan {
namespace {

/// Less machinery first.
constexpr std::array kForms = {Form::kBlock, Form::kCluster, Form::kGrid, Form::kStepwise};
/// Of the time of a form with less machinery, one with more has to take less than this: the model is not that exact.
constexpr double kWorthMore = 0.95;

/// What a form comes to: its cheapest candidate, or why it has none.
struct FormResult {
  Form form = Form::kStepwise;
  std::optional<GpuCandidate> best;
  std::optional<GpuCandidate> second;
  std::string refusal;
};

std::string bad_shape(const Shape& shape) {
  struct Number {
    const char* name;
    std::int64_t value, low, high;
  };
  constexpr std::int64_t kMost = std::int64_t{1} << 31;
  constexpr std::int64_t kMostGates = 64;
  for (const Number& x : {Number{"batch", shape.batch, 1, kMost},
                          {"steps", shape.steps, 1, kMost},
                          {"heads", shape.heads, 1, kMost},
                          {"head_dim", shape.head_dim, 1, kMost},
                          {"recurrent_gates", shape.cell.recurrent_gates, 1, kMostGates},
                          {"input_gates", shape.cell.input_gates, 1, kMostGates},
                          {"bias_gates", shape.cell.bias_gates, 0, kMostGates},
                          {"states", shape.cell.states, 1, kMostGates}}) {
    if (x.value < x.low || x.value > x.high) {
      return std::string(x.name) + " is " + std::to_string(x.value) + "; it must be from " + std::to_string(x.low) +
             " to " + std::to_string(x.high);
    }
  }
  // No memory holds more, and everything that the planner multiplies stays within 64 bits.
  constexpr double kMostElements = 4503599627370496.0;
  const double units = static_cast<double>(shape.heads) * static_cast<double>(shape.head_dim);
  if (units * static_cast<double>(std::max(shape.batch, shape.head_dim)) > kMostElements) {
    return "heads * head_dim * " + std::string(shape.batch > shape.head_dim ? "batch" : "head_dim") +
           " is more than 2^52 elements";
  }
  return {};
}

/// The options' choices as variables of a model; false: a name that no tile has.
bool fixed_by(const GpuOptions& options, std::vector<Input>& fixed, std::string& why) {
  for (const Choice& choice : options.choices) {
    const std::string_view variable = variable_of(choice.name);
    if (variable.empty()) {
      why = "'" + choice.name + "' is no choice of a plan";
      return false;
    }
    fixed.push_back({variable, choice.value});
  }
  return true;
}

void keep_cheapest(FormResult& result, GpuCandidate candidate) {
  if (!result.best || candidate.total_ns < result.best->total_ns) {
    result.second = std::move(result.best);
    result.best = std::move(candidate);
  } else if (!result.second || candidate.total_ns < result.second->total_ns) {
    result.second = std::move(candidate);
  }
}

FormResult search_form(const GpuProblem& problem, Form form, std::span<const Input> fixed, bool explain) {
  FormResult result;
  result.form = form;
  const GpuModel& model = gpu_model(form, problem.shape.pass == Pass::kBackward);
  const std::vector<Input> inputs = inputs_of(problem.shape, problem.figures, form);
  const Configurations found = model.constraints.find(inputs, 0, fixed);
  for (const Row& row : found.rows) keep_cheapest(result, make_candidate(problem, form, row));
  if (!result.best) {
    result.refusal = found.error;
    if (explain && result.refusal.empty()) result.refusal = model.constraints.refusal(inputs, fixed);
    if (result.refusal.empty()) result.refusal = "no configuration keeps the limits of the device";
  }
  return result;
}

bool prepare(const Shape& shape, const hw::Device& device, const GpuOptions& options, GpuProblem& problem,
             std::vector<Input>& fixed, std::string& why) {
  why = bad_shape(shape);
  if (!why.empty() || !fixed_by(options, fixed, why)) return false;
  problem.shape = shape;
  return resolve_figures(device, shape.element, shape.tf32, problem.figures, why);
}

Candidate describe(const GpuProblem& problem, const GpuCandidate& candidate) {
  Candidate shown;
  shown.form = to_string(candidate.plan.form);
  shown.choices = choices_of(candidate.plan);
  const GpuModel& model = gpu_model(candidate.plan.form, problem.shape.pass == Pass::kBackward);
  for (const LimitUse& use : model.constraints.usage(candidate.row)) {
    shown.usage.push_back({std::string(use.limit->what), std::string(use.limit->unit), static_cast<double>(use.used),
                           static_cast<double>(use.available)});
  }
  shown.cost = step_cost(problem, candidate.plan).parts;
  shown.us_per_step = candidate.step_ns * 1e-3;
  shown.total_us = candidate.total_ns * 1e-3;
  return shown;
}

}  // namespace

std::optional<GpuPlan> plan_gpu(const Shape& shape, const hw::Device& device, const GpuOptions& options,
                                std::string* why_not) {
  GpuProblem problem;
  std::vector<Input> fixed;
  std::string why;
  std::optional<GpuCandidate> best;
  if (prepare(shape, device, options, problem, fixed, why)) {
    for (const Form form : kForms) {
      if (options.form && *options.form != form) continue;
      // No plan of this form can be cheaper than the one at hand.
      if (best && least_ns(problem, form) >= kWorthMore * best->total_ns) continue;
      FormResult result = search_form(problem, form, fixed, options.form.has_value());
      if (result.best && (!best || result.best->total_ns < kWorthMore * best->total_ns)) best = std::move(result.best);
      if (!result.refusal.empty()) why = result.refusal;
    }
  }
  if (best) return best->plan;
  if (why_not != nullptr) *why_not = why.empty() ? "the options leave no form" : why;
  return std::nullopt;
}

Report explain_gpu(const Shape& shape, const hw::Device& device, const GpuOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  Report report;
  report.device = device.name;
  report.problem = to_string(shape);
  GpuProblem problem;
  std::vector<Input> fixed;
  if (!prepare(shape, device, options, problem, fixed, report.chosen.refusal)) return report;

  std::vector<FormResult> results;
  for (const Form form : kForms) {
    if (!options.form || *options.form == form) results.push_back(search_form(problem, form, fixed, true));
  }
  // The chosen one, then the others by their time.
  auto chosen = results.begin();
  for (auto other = results.begin(); other != results.end(); ++other) {
    if (other->best && (!chosen->best || other->best->total_ns < kWorthMore * chosen->best->total_ns)) chosen = other;
  }
  std::rotate(results.begin(), chosen, chosen + 1);
  std::stable_sort(results.begin() + 1, results.end(), [](const FormResult& a, const FormResult& b) {
    if (!a.best || !b.best) return a.best.has_value() && !b.best.has_value();
    return a.best->total_ns < b.best->total_ns;
  });
  report.notes = problem.figures.notes;
  add_form_notes(problem, report.notes);
  if (results.front().best) {
    report.chosen = describe(problem, *results.front().best);
    add_access_notes(problem, results.front().best->plan, report.notes);
  }
  for (std::size_t i = results.front().best ? 1 : 0; i < results.size(); ++i) {
    if (results[i].best) {
      report.others.push_back(describe(problem, *results[i].best));
    } else {
      Candidate refused;
      refused.form = to_string(results[i].form);
      refused.refusal = results[i].refusal;
      report.others.push_back(std::move(refused));
    }
  }
  // The runner-up of the form that was chosen, where its other tiles can be compared.
  if (results.front().second) {
    const auto first_refused = std::find_if(report.others.begin(), report.others.end(),
                                            [](const Candidate& other) { return !other.refusal.empty(); });
    report.others.insert(first_refused, describe(problem, *results.front().second));
  }
  if (!results.front().best) report.chosen.refusal = results.front().refusal;
  report.planning_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::string check_plan(const GpuPlan& plan, const Shape& shape, const hw::Device& device) {
  GpuProblem problem;
  std::vector<Input> fixed;
  std::string why;
  if (!prepare(shape, device, {}, problem, fixed, why)) return why;
  return verify(problem, plan);
}

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#include "planning.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "backend_cpu/explain.hpp"
#include "backend_cpu/facts.hpp"
#include "backend_cpu/simd/isa.hpp"
#include "common/api/problem_check.hpp"
#include "common/gpu/cell_source.hpp"
#include "common/gpu/plan.hpp"
#include "common/plan/planner.hpp"
#include "common/runtime/cell_registry.hpp"
#include "error.hpp"
#include "flashrnn/flashrnn.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

constexpr std::array kPasses{plan::Pass::kForward, plan::Pass::kBackward, plan::Pass::kStep};
constexpr std::array kForms{plan::Form::kBlock, plan::Form::kCluster, plan::Form::kGrid, plan::Form::kStepwise};

constexpr std::array<std::string_view, 2> kCpuForms{"strands", "lockstep"};
constexpr std::array kIsas{cpu::Isa::kBaseline, cpu::Isa::kNeon, cpu::Isa::kAvx2, cpu::Isa::kAvx512,
                           cpu::Isa::kAvx512Bf16};
static_assert(kIsas.size() == cpu::kIsaCount);

std::string_view to_string(std::string_view name) { return name; }
std::string_view to_string(cpu::Isa isa) { return cpu::isa_name(isa); }

/// The value of that name. Throws UsageError with the names that exist.
template <typename Values>
auto parse(const std::string& option, const std::string& name, const Values& values) {
  std::vector<std::string> known;
  for (const auto value : values) {
    if (name == to_string(value)) return value;
    known.emplace_back(to_string(value));
  }
  throw UsageError(option + " is '" + name + "'." + did_you_mean(name, known) + " Give one of: " + join(known) + ".");
}

plan::Choice parse_choice(const std::string& text) {
  const std::size_t equals = text.find('=');
  plan::Choice choice{text.substr(0, equals), 0};
  const char* begin = equals == std::string::npos ? text.data() + text.size() : text.data() + equals + 1;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), choice.value);
  if (choice.name.empty() || error != std::errc{} || end != text.data() + text.size()) {
    throw UsageError("--choose is '" + text + "'; give a name and a whole number, as row_tiles=2.");
  }
  return choice;
}

/// Throws UsageError for a name that no plan has.
void check_names(const std::vector<plan::Choice>& given, const std::vector<plan::Choice>& known) {
  std::vector<std::string> names;
  for (const plan::Choice& choice : known) names.push_back(choice.name);
  for (const plan::Choice& choice : given) {
    if (names.empty() || std::find(names.begin(), names.end(), choice.name) != names.end()) continue;
    throw UsageError("--choose names '" + choice.name + "'." + did_you_mean(choice.name, names) +
                     " Give one of: " + join(names) + ".");
  }
}

/// Throws UsageError for a word and Error for a size that can't be.
Problem checked_problem(const Question& question, plan::Pass pass) {
  flashrnn_problem given = to_problem(question.problem);
  given.training = pass == plan::Pass::kBackward || (pass == plan::Pass::kForward && !question.inference);
  given.use_lengths = question.problem.lengths.empty() || question.problem.packed ? 0 : 1;
  given.use_resets = question.problem.resets > 0 ? 1 : 0;
  Problem problem;
  const Status status = api::check_problem(given, &problem);
  if (!status.ok()) throw Error(status.code(), status.message().c_str());
  return problem;
}

/// As the library asks its planner.
plan::Shape shape_of(const Problem& problem, plan::Pass pass) {
  const gpu::CellSource* cell = gpu::cell_source(problem.cell->name);
  if (cell == nullptr) {
    throw UsageError("The planner does not know the cell '" + std::string(problem.cell->name) +
                     "'; give a built-in one.");
  }
  return gpu::shape_of(problem, *cell, pass, true);
}

std::string question_arguments(const Question& question) {
  return problem_arguments(question.problem) + " --pass " + question.pass + (question.inference ? " --inference" : "");
}

plan::Report ask_gpu(const Question& question, const hw::Device& device, plan::Pass pass) {
  if (!question.isa.empty() || question.threads != 0) {
    throw UsageError("--isa and --threads are for CPUs, and " + device.name + " is a GPU; leave them away.");
  }
  plan::GpuOptions options;
  if (!question.form.empty()) options.form = parse("--form", question.form, kForms);
  for (const std::string& text : question.choices) options.choices.push_back(parse_choice(text));
  const plan::Shape shape = shape_of(checked_problem(question, pass), pass);
  if (!options.choices.empty()) check_names(options.choices, plan::explain_gpu(shape, device).chosen.choices);
  return plan::explain_gpu(shape, device, options);
}

plan::Report ask_cpu(const Question& question, const hw::Device& device, plan::Pass pass) {
  if (!question.choices.empty()) {
    throw UsageError("--choose is for GPUs, and " + device.name + " is a CPU; leave it away.");
  }
  if (!question.form.empty()) parse("--form", question.form, kCpuForms);
  if (!question.isa.empty()) parse("--isa", question.isa, kIsas);
  return cpu::explain_cpu(shape_of(checked_problem(question, pass), pass), device, question.threads, question.isa,
                          question.form);
}

}  // namespace

const hw::Device& planning_cpu() { return *cpu::this_machine().device; }

bool concerns(const Question& question, hw::Kind kind) {
  const auto is_form = [&](const auto form) { return question.form == to_string(form); };
  if (kind == hw::Kind::kGpu) return question.form.empty() || std::any_of(kForms.begin(), kForms.end(), is_form);
  if (!question.choices.empty()) return false;
  return question.form.empty() || std::any_of(kCpuForms.begin(), kCpuForms.end(), is_form);
}

void check_question(const Question& question) {
  const plan::Pass pass = parse("--pass", question.pass, kPasses);
  if (question.inference && pass != plan::Pass::kForward) {
    throw UsageError("--inference is for --pass forward; leave it away, or give that pass.");
  }
  for (const std::string& text : question.choices) parse_choice(text);
  checked_problem(question, pass);
}

plan::Report ask(const Question& question, const hw::Device& device) {
  const plan::Pass pass = parse("--pass", question.pass, kPasses);
  plan::Report report =
      device.kind == hw::Kind::kCpu ? ask_cpu(question, device, pass) : ask_gpu(question, device, pass);
  report.device = &device == &planning_cpu() ? "cpu" : device.name;
  report.problem = question_arguments(question);
  plan::Candidate& chosen = report.chosen;
  if (!question.form.empty() && !chosen.refusal.empty() && chosen.form.empty()) {
    chosen.form = question.form;
    std::erase_if(report.others, [&](const plan::Candidate& other) { return other.form == chosen.form; });
  }
  return report;
}

std::vector<gpu::KernelSpec> kernels_of(const Question& question, const hw::Device& device) {
  std::vector<gpu::PlannedKernel> kernels;
  const Status status = gpu::specs_of(checked_problem(question, plan::Pass::kForward), device, {}, &kernels);
  if (!status.ok()) throw Error(status.code(), status.message().c_str());
  std::vector<gpu::KernelSpec> specs;
  for (const gpu::PlannedKernel& kernel : kernels) specs.push_back(kernel.spec);
  return specs;
}

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/explain.hpp"

#include <algorithm>
#include <chrono>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/models.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "backend_cpu/tiling.hpp"
#include "common/runtime/cell_registry.hpp"

namespace flashrnn::cpu {
namespace {

using plan::Candidate;
using plan::Pass;
using plan::Report;
using plan::Shape;

/// The shape as the backend takes problems; false, and why, where there is none such.
bool make_problem(const Shape& shape, Problem* problem, std::string* why_not) {
  problem->cell = find_cell(shape.cell.name);
  if (problem->cell == nullptr) {
    *why_not = "cell: '" + std::string(shape.cell.name) + "' is none of " + cell_names();
    return false;
  }
  for (const auto& [name, value] :
       {std::pair{"batch", shape.batch}, {"time", shape.steps}, {"heads", shape.heads}, {"head_dim", shape.head_dim}}) {
    if (value >= 1) continue;
    *why_not = std::string(name) + ": is " + std::to_string(value) + "; it has to be at least 1";
    return false;
  }
  problem->dtype = shape.element == plan::ElementType::kFp32   ? FLASHRNN_F32
                   : shape.element == plan::ElementType::kFp16 ? FLASHRNN_F16
                                                               : FLASHRNN_BF16;
  problem->batch = shape.batch;
  problem->time = shape.pass == Pass::kStep ? 1 : shape.steps;
  problem->heads = shape.heads;
  problem->head_dim = shape.head_dim;
  problem->tokens = saturating({problem->batch, problem->time});
  problem->training = shape.training || shape.pass == Pass::kBackward;
  return true;
}

Isa isa_named(std::string_view name, bool* found) {
  for (int i = 0; i < kIsaCount; ++i) {
    *found = name == isa_name(static_cast<Isa>(i));
    if (*found) return static_cast<Isa>(i);
  }
  return Isa::kBaseline;
}

std::string_view form_of(const SplitCandidate& split) { return split.lockstep ? "lockstep" : "strands"; }

/// The product that the report shows the tile of: the first, where a cell has two.
const ProductPlan& shown_product(const CpuPlan& plan, Pass pass) {
  return pass == Pass::kBackward ? plan.backward[0] : plan.forward[0];
}

/// Rows of a tile of `rows` rows cut into as few tiles as can be.
std::int64_t tile_rows(const CpuPlan& plan, const ProductPlan& product, std::int64_t rows) {
  const std::int64_t most = FLASHRNN_TRAITS_OF(plan.facts.isa).max_rows[product.vectors];
  return ceil_div(rows, ceil_div(rows, most));
}

void add_choices(const CpuPlan& plan, const SplitCandidate& split, Pass pass, Candidate* c) {
  const ProductPlan& product = shown_product(plan, pass);
  c->choices = {{"threads", split.threads},
                {"strand_rows", split.strand_rows},
                {"strands", saturating({plan.g.N, split.blocks})},
                {"tile_rows", tile_rows(plan, product, split.strand_rows)},
                {"tile_vectors", product.vectors},
                {"vector_floats", plan.g.W},
                {"block_units", split.block_units}};
  if (pass != Pass::kBackward) return;
  c->choices.push_back({"chunk_steps", plan.chunk_steps});
  c->choices.push_back({"copy_rows", plan.copy_rows});
  c->choices.push_back({"copy_tokens", plan.copy_k});
}

void add_usage(const CpuPlan& plan, const SplitCandidate& split, Pass pass, Level where, Candidate* c) {
  const ProductPlan& product = shown_product(plan, pass);
  const CpuFacts& facts = plan.facts;
  const auto count = [](std::int64_t n) { return static_cast<double>(n); };
  const std::int64_t rows = tile_rows(plan, product, split.strand_rows);
  const std::int64_t registers = rows * product.vectors + std::min<std::int64_t>(rows, product.vectors) + 1;
  c->usage.push_back({"vector registers", "", count(registers), count(FLASHRNN_TRAITS_OF(facts.isa).vector_registers)});
  c->usage.push_back({"products of a call in half of L1", "B",
                      count(split.strand_rows * plan.g.Gr * split.block_units * plan.g.W * 4),
                      count(facts.l1_bytes / 2)});
  c->usage.push_back(
      {"panel of weights in L2", "B", count(product.panel_bytes), count(l2_share(facts, split.threads))});
  const double heads = split.lockstep ? count(plan.g.N) / split.threads : 1;
  const ProductPlan(&products)[2] = pass == Pass::kBackward ? plan.backward : plan.forward;
  const double bytes = heads * (count(products[0].head_bytes) + count(products[1].head_bytes));
  const double level_bytes = where == Level::kL1   ? count(facts.l1_bytes / 2)
                             : where == Level::kL2 ? count(l2_share(facts, split.threads))
                                                   : count(facts.l3_bytes);
  if (where != Level::kMemory)
    c->usage.push_back({std::string("weights of a thread in ") + level_name(where), "B", bytes, level_bytes});
  if (pass == Pass::kBackward)
    c->usage.push_back({"copied gate gradients", "B", count(4 * plan.copy_rows * plan.copy_k),
                        count(l2_share(facts, plan.threads) / kCopyShare)});
}

Candidate describe(const CpuPlan& plan, const SplitCandidate& split, Pass pass) {
  Candidate c;
  Level where = Level::kL1;
  const StepCycles step =
      pass == Pass::kBackward ? backward_step_cycles(plan, split, &where) : forward_step_cycles(plan, split, &where);
  c.form = form_of(split);
  add_choices(plan, split, pass, &c);
  add_usage(plan, split, pass, where, &c);
  const double us = 1 / plan.facts.cycles_per_us;
  c.cost.push_back({"products", step.products * us});
  c.cost.push_back({std::string("waiting for weights from ") + level_name(where), step.weights * us});
  c.cost.push_back({"cell", step.cell * us});
  c.cost.push_back({"tensors and reserve", step.streams * us});
  if (split.threads > 1 && split.lockstep) c.cost.push_back({"threads meet", step.barriers * us});
  if (pass == Pass::kBackward) c.cost.push_back({"products of R's gradient", gradient_step_cycles(plan) * us});
  for (const plan::CostPart& part : c.cost) c.us_per_step += part.us_per_step;
  c.total_us = c.us_per_step * static_cast<double>(plan.g.T) + enlist_cycles(plan.facts, split.threads) * us;
  return c;
}

/// The same split with other panels.
std::vector<Candidate> other_tiles(const CpuPlan& plan, const SplitCandidate& split, Pass pass) {
  std::vector<Candidate> found;
  const Geometry& g = plan.g;
  const bool backward = pass == Pass::kBackward;
  const int gates = shown_product(plan, pass).gates;
  const ProductTask task = {g.format, split.strand_rows, backward ? g.units : g.units * gates, g.k_elements,
                            backward ? gates : 1};
  for (const ProductCandidate& c : product_candidates(plan.facts, task)) {
    if (c.plan.vectors == shown_product(plan, pass).vectors) continue;
    CpuPlan other = plan;
    ProductPlan& product = backward ? other.backward[0] : other.forward[0];
    product = c.plan;
    product.gates = gates;
    found.push_back(describe(other, split, pass));
  }
  return found;
}

bool same_kind(const SplitCandidate& a, const SplitCandidate& b) {
  return a.lockstep == b.lockstep && a.threads == b.threads;
}

void fill(const CpuPlan& plan, Pass pass, std::string_view form, Report* report) {
  const std::vector<SplitCandidate> splits = split_candidates(plan);
  const SplitCandidate* chosen = nullptr;
  for (const SplitCandidate& split : splits) {
    const bool wanted = form.empty() ? split.lockstep == plan.lockstep && split.threads == plan.threads &&
                                           split.strand_rows == plan.strand_rows
                                     : form == form_of(split);
    if (wanted && (chosen == nullptr || split.total < chosen->total)) chosen = &split;
  }
  Candidate no_lockstep;
  no_lockstep.form = "lockstep";
  no_lockstep.refusal = "threads: 1 < 2, the least that can share a step";
  if (chosen == nullptr) {
    report->chosen = no_lockstep;
    if (form != "lockstep") {
      report->chosen.form = form;
      report->chosen.refusal = "form: '" + std::string(form) + "' is no form of CPUs; those are strands and lockstep";
    }
    return;
  }
  report->chosen = describe(plan, *chosen, pass);
  std::vector<const SplitCandidate*> kinds;
  for (const SplitCandidate& split : splits) {
    if (&split == chosen) continue;
    const auto known = std::find_if(kinds.begin(), kinds.end(), [&](auto* k) { return same_kind(*k, split); });
    if (known == kinds.end()) {
      kinds.push_back(&split);
    } else if (split.total < (*known)->total) {
      *known = &split;
    }
  }
  for (const SplitCandidate* split : kinds) report->others.push_back(describe(plan, *split, pass));
  for (Candidate& c : other_tiles(plan, *chosen, pass)) report->others.push_back(std::move(c));
  std::stable_sort(report->others.begin(), report->others.end(),
                   [](const Candidate& a, const Candidate& b) { return a.total_us < b.total_us; });
  if (!report->others.empty() && report->others.front().total_us < report->chosen.total_us && form.empty())
    report->notes.emplace_back(
        "Estimates are good to some percent: candidates within 3 to 10 % count as equal to the plan.");
  if (plan.facts.threads < 2) report->others.push_back(no_lockstep);
}

}  // namespace

Report explain_cpu(const Shape& shape, const hw::Device& device, int threads, std::string_view isa,
                   std::string_view form) {
  const auto start = std::chrono::steady_clock::now();
  Report report;
  report.device = device.name;
  report.problem = to_string(shape);
  std::string& refusal = report.chosen.refusal;
  if (device.kind != hw::Kind::kCpu) {
    refusal = "device: " + device.name + " is no CPU";
    return report;
  }
  const bool here = &device == this_machine().device;
  bool known = true;
  const Isa chosen_isa = !isa.empty() ? isa_named(isa, &known) : here ? best_isa() : isa_of(device, &report.notes);
  if (!known) {
    refusal = "isa: '" + std::string(isa) + "' is none of sse2, neon, avx2, avx512, avx512_bf16";
    return report;
  }
  if (threads <= 0) threads = here ? this_machine().cores : static_cast<int>(device.cpu.cores.value_or(1));
  const CpuFacts facts = facts_of(device, chosen_isa, threads, &report.notes);
  Problem problem;
  CpuPlan plan;
  if (!make_problem(shape, &problem, &refusal)) return report;
  if (const Status status = make_choices(problem, facts, &plan); !status.ok()) {
    refusal = status.message();
    return report;
  }
  fill(plan, shape.pass, form, &report);
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
  report.planning_ms = passed.count();
  return report;
}

}  // namespace flashrnn::cpu

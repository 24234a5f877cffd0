// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_candidates.hpp"

#include <algorithm>

#include "common/kernel/stepwise.hpp"
#include "common/plan/gpu_models.hpp"

namespace flashrnn::plan {
namespace {

// Counted in the library's kernels, as compiled for sm_90a: docs/planner.md.
constexpr std::int64_t kForwardInstructions = 100;
constexpr std::int64_t kBackwardInstructions = 0;
constexpr std::int64_t kSentTileInstructions = 20;

using kernel::ceil_div;
using kernel::Tile;

double real(std::int64_t x) { return static_cast<double>(x); }

bool is_backward(const Shape& shape) { return shape.pass == Pass::kBackward; }
std::int64_t steps_of(const Shape& shape) { return shape.pass == Pass::kStep ? 1 : shape.steps; }

/// Groups that run at once, in even rounds, and how many blocks each compute unit has of them.
struct Placement {
  std::int64_t groups = 0;
  std::int64_t rounds = 1;
  std::int64_t groups_at_once = 0;
  std::int64_t blocks_on_unit = 1;
};

Placement place(const GpuProblem& problem, const GpuPlan& plan) {
  const GpuFigures& f = problem.figures;
  const Shape& shape = problem.shape;
  const std::int64_t rows = plan.tile.row_tiles * plan.matrix.rows;
  Placement at;
  at.groups = ceil_div(shape.heads, plan.tile.block_heads) * ceil_div(shape.batch, rows);
  std::int64_t most = 0;
  if (plan.form == Form::kCluster) {
    most = clusters_at_once(f, plan.tile.group_blocks);
  } else if (plan.form == Form::kGrid) {
    most = f.compute_units / plan.tile.group_blocks;
  } else {
    if (plan.form == Form::kStepwise) {
      const std::int64_t gates = needs_of(shape, plan.form).gates;
      at.groups *= ceil_div(padded_dim(shape), plan.tile.block_unit_tiles * kernel::unit_tile(plan.matrix, gates));
    }
    most = f.compute_units * blocks_at_once(f, plan.threads, plan.registers, plan.shared_bytes);
  }
  at.rounds = ceil_div(at.groups, std::max<std::int64_t>(1, most));
  at.groups_at_once = ceil_div(at.groups, at.rounds);
  if (plan.form == Form::kBlock || plan.form == Form::kStepwise) {
    at.blocks_on_unit = ceil_div(at.groups_at_once, f.compute_units);
  }
  return at;
}

double recurrent_bytes(const Shape& shape) {
  return real(shape.heads * shape.cell.recurrent_gates) * real(shape.head_dim * shape.head_dim) *
         real(element_bytes(shape.element));
}

/// Elements of each unit and row that a step reads and writes in global memory. States in fp32 are counted in elements.
struct Values {
  std::int64_t read = 0;
  std::int64_t written = 0;
};
Values values_of(const Shape& shape) {
  constexpr std::int64_t kStateBytes = 4;
  const CellCounts& cell = shape.cell;
  const std::int64_t states = (cell.states - 1) * kStateBytes / element_bytes(shape.element);
  // Backward: what forward kept and one gradient in; the gradients of Wx and those that dR is made of out.
  if (is_backward(shape)) {
    return {1 + (cell.backward_reads_h ? 1 : 0) + cell.saved + states, cell.input_gates + cell.bias_gates};
  }
  return {cell.input_gates, shape.training ? 2 + cell.saved + states : 1};
}

/// By the whole problem, R apart.
double step_bytes(const Shape& shape) {
  const Values values = values_of(shape);
  return real(shape.batch) *
         real(shape.heads * shape.head_dim * (values.read + values.written) * element_bytes(shape.element));
}

/// R is read once from memory, and by every group that shares it from the second-level cache.
double prologue_ns(const GpuProblem& problem, const GpuPlan& plan) {
  const double bytes = recurrent_bytes(problem.shape);
  const double readers = real(plan.groups * plan.tile.block_heads) / real(problem.shape.heads);
  return std::max(bytes / problem.figures.memory_bytes_per_ns, readers * bytes / problem.figures.l2_bytes_per_ns);
}

StepCost cost_of(const GpuProblem& problem, const GpuPlan& plan, bool named) {
  const GpuFigures& f = problem.figures;
  const Shape& shape = problem.shape;
  const Placement at = place(problem, plan);
  const BlockWork work = work_of(problem, plan);
  double bytes = step_bytes(shape);
  if (plan.form == Form::kStepwise) {
    // States go through memory too, in fp32, and R comes from there in each step where no cache holds it.
    bytes += 2 * 4 * real(shape.batch) * real(shape.heads * shape.head_dim * shape.cell.states);
    if (recurrent_bytes(shape) > f.l2_bytes) bytes += recurrent_bytes(shape);
    const std::int64_t k = (is_backward(shape) ? shape.cell.recurrent_gates : 1) * shape.head_dim;
    const std::int64_t cells = kernel::stepwise::thread_cells(plan.matrix, needs_of(shape, plan.form), plan.tile);
    StepCost cost = stepwise_step(f, work, ceil_div(k, plan.matrix.k), cells, at.rounds, bytes);
    if (shape.cell.second_stage_gates == 0) return cost;
    cost.parts.push_back({"second stage of the cell: a second launch", cost.ns * 1e-3, false});
    cost.ns *= 2;
    return cost;
  }
  bytes *= real(at.groups_at_once) / real(at.groups);
  StepCost cost;
  if (named) {
    cost = fused_step(f, work, bytes);
    for (CostPart& part : cost.parts) part.us_per_step *= real(at.rounds);
  } else {
    cost.ns = fused_step_ns(f, work, bytes);
  }
  cost.ns *= real(at.rounds);
  return cost;
}

constexpr std::array<std::pair<std::string_view, std::int64_t Tile::*>, 11> kFields = {{
    {"row_tiles", &Tile::row_tiles},
    {"block_heads", &Tile::block_heads},
    {"group_blocks", &Tile::group_blocks},
    {"block_unit_tiles", &Tile::block_unit_tiles},
    {"unit_warps", &Tile::unit_warps},
    {"k_warps", &Tile::k_warps},
    {"warp_unit_tiles", &Tile::warp_unit_tiles},
    {"warp_k_tiles", &Tile::warp_k_tiles},
    {"register_k", &Tile::register_k},
    {"shared_k", &Tile::shared_k},
    {"stages", &Tile::stages},
}};
constexpr std::array<std::string_view, 11> kVariables = {
    "ROW_TILES",       "BLOCK_HEADS",  "GROUP_BLOCKS", "BLOCK_UNIT_TILES", "UNIT_WARPS", "K_WARPS",
    "WARP_UNIT_TILES", "WARP_K_TILES", "REGISTER_K",   "SHARED_K",         "STAGES"};

}  // namespace

BlockWork work_of(const GpuProblem& problem, const GpuPlan& plan) {
  const Shape& shape = problem.shape;
  const Placement at = place(problem, plan);
  BlockWork work;
  work.matrix = plan.matrix;
  work.tile = plan.tile;
  work.exchange = exchange_of(plan.form);
  work.gates = shape.cell.recurrent_gates;
  work.input_values = values_of(shape).read;
  work.output_values = values_of(shape).written;
  work.element_bytes = element_bytes(shape.element);
  work.special_functions = shape.cell.special_functions;
  work.instructions = shape.cell.instructions;
  work.second_stage_gates = shape.cell.second_stage_gates;
  work.blocks_on_unit = at.blocks_on_unit;
  work.blocks_on_device = at.groups_at_once * plan.tile.group_blocks;
  work.backward = is_backward(shape);
  work.own_instructions = work.backward ? kBackwardInstructions : kForwardInstructions;
  work.sent_tile_instructions = work.backward ? kSentTileInstructions : 0;
  if (plan.form == Form::kGrid) work.handover = Handover::kWords;
  return work;
}

GpuCandidate make_candidate(const GpuProblem& problem, Form form, const Row& row) {
  const GpuModel& model = gpu_model(form, is_backward(problem.shape));
  GpuCandidate candidate;
  candidate.row = row;
  GpuPlan& plan = candidate.plan;
  plan.pass = problem.shape.pass;
  plan.form = form;
  plan.instruction = problem.figures.instruction;
  plan.matrix = problem.figures.matrix;
  plan.tile = model.tile(row);
  plan.threads = model.threads(row);
  plan.registers = model.registers(row);
  plan.shared_bytes = model.shared_bytes(row);
  const Placement at = place(problem, plan);
  plan.groups = at.groups;
  plan.rounds = at.rounds;
  plan.exchange = exchange_of(form);
  plan.blocks = at.groups * plan.tile.group_blocks;
  plan.cluster = form == Form::kCluster ? plan.tile.group_blocks : 1;
  plan.cooperative = form == Form::kGrid;
  candidate.step_ns = cost_of(problem, plan, false).ns;
  candidate.total_ns = real(steps_of(problem.shape)) * candidate.step_ns;
  if (form != Form::kStepwise) {
    // Rounds start as blocks end; clusters and grids are launched for each round.
    candidate.total_ns += problem.figures.launch_ns * (form == Form::kBlock ? 1 : real(plan.rounds));
    candidate.total_ns += prologue_ns(problem, plan);
  }
  if (is_backward(problem.shape)) candidate.total_ns += weight_gradient_ns(problem.figures, problem.shape);
  return candidate;
}

StepCost step_cost(const GpuProblem& problem, const GpuPlan& plan) { return cost_of(problem, plan, true); }

double least_ns(const GpuProblem& problem, Form form) {
  const GpuFigures& f = problem.figures;
  const Shape& shape = problem.shape;
  const double flops =
      2 * real(shape.batch) * real(shape.heads * shape.head_dim) * real(shape.head_dim * shape.cell.recurrent_gates);
  const double work = flops / (f.matrix_flops_per_clock * f.clocks_per_ns * real(f.compute_units));
  double step = work + f.matrix_ns + f.special_ns;
  // A block receives at least half of h, in tiles of at least one instruction's rows.
  const double kb = real(f.matrix.rows * shape.head_dim * element_bytes(shape.element)) / 2 / 1024;
  if (form == Form::kCluster) step += exchange_ns(f, Exchange::kCluster, Handover::kRemoteStores, 2, kb);
  if (form == Form::kGrid) step += exchange_ns(f, Exchange::kGrid, Handover::kRemoteStores, 2, kb);
  if (form == Form::kStepwise) step = std::max(step, f.launch_ns);
  double total = real(steps_of(shape)) * step;
  if (form != Form::kStepwise) total += f.launch_ns;
  if (is_backward(shape)) total += weight_gradient_ns(f, shape);
  return total;
}

std::vector<Choice> choices_of(const GpuPlan& plan) {
  std::vector<Choice> choices;
  for (const auto& [name, field] : kFields) choices.push_back({std::string(name), plan.tile.*field});
  return choices;
}

std::string_view variable_of(std::string_view choice) {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i].first == choice) return kVariables[i];
  }
  return {};
}

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#include "common/gpu/launches.hpp"

#include <algorithm>

#include "common/kernel/fused_backward_shape.hpp"
#include "common/kernel/fused_forward_shape.hpp"
#include "common/kernel/stepwise.hpp"
#include "common/kernel/weight_gradient_launch.hpp"
#include "common/runtime/cell_registry.hpp"

namespace flashrnn::gpu {
namespace {

using kernel::ceil_div;

/// What a cell computes: an Elman cell takes as much with either activation; a cell of the user's own about what a
/// built-in one takes for each gate.
plan::CellCounts counts_of(const CellRegistration& cell) {
  const std::string_view name = cell.name;
  plan::CellCounts counts = plan::builtin_cell(name == "elman_relu" ? "elman" : name);
  const bool known = !counts.name.empty();
  counts.name = name;
  if (known) return counts;
  constexpr std::int64_t kInstructionsPerGate = 9;
  counts.special_functions = cell.biases;
  counts.instructions = kInstructionsPerGate * cell.biases;
  return counts;
}

constexpr std::int64_t kPackThreads = 256;
constexpr std::int64_t kPackTile = 32;
constexpr std::int64_t kMostPackBlocks = 4096;

KernelSpec spec_of(KernelKind kind, const Problem& problem, const plan::GpuPlan& plan) {
  KernelSpec spec;
  spec.kind = kind;
  spec.cell = problem.cell->name;
  spec.element = problem.dtype;
  spec.matrix_tile = matrix_tile_of(plan.instruction);
  return spec;
}

}  // namespace

plan::Shape shape_of(const Problem& problem, const CellSource& source, plan::Pass pass, bool specialised) {
  const CellRegistration& cell = *problem.cell;
  plan::Shape shape;
  shape.cell = counts_of(cell);
  shape.cell.input_gates = cell.input_gates;
  shape.cell.recurrent_gates = cell.recurrent_gates;
  shape.cell.bias_gates = cell.biases;
  shape.cell.states = cell.states;
  shape.cell.second_stage_gates = cell.recurrent_gates - source.first_stage_gates;
  shape.cell.saved = source.saved;
  shape.cell.recurrent_slots = recurrent_slots(source, cell.recurrent_gates);
  shape.cell.backward_reads_h = source.backward_reads_h;
  shape.batch = problem.batch;
  shape.steps = pass == plan::Pass::kStep ? 1 : problem.time;
  shape.heads = problem.heads;
  shape.head_dim = problem.head_dim;
  shape.element = problem.dtype == FLASHRNN_BF16  ? plan::ElementType::kBf16
                  : problem.dtype == FLASHRNN_F16 ? plan::ElementType::kFp16
                                                  : plan::ElementType::kFp32;
  shape.pass = pass;
  shape.training = problem.training && pass != plan::Pass::kStep;
  shape.tf32 = problem.matmul == FLASHRNN_MATMUL_TF32;
  shape.flags = compiled_flags(problem, pass, specialised);
  return shape;
}

std::uint32_t flags_of(const Problem& problem, flashrnn_sequence sequence) {
  std::uint32_t flags = 0;
  const auto set = [&](bool wanted, kernel::Flag flag) {
    if (wanted) flags |= flag;
  };
  set(problem.packed, kernel::kPacked);
  set(problem.use_lengths, kernel::kLengths);
  set(problem.use_resets, kernel::kResets);
  set(problem.reverse, kernel::kReverse);
  set(problem.forward_clip > 0.0F, kernel::kForwardClip);
  set(problem.gradient_clip > 0.0F, kernel::kGradientClip);
  set(problem.gradient_cut, kernel::kGradientCut);
  set(problem.training, kernel::kTraining);
  set(problem.training && problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE, kernel::kRecompute);
  set(sequence == FLASHRNN_SEQUENCE_H, kernel::kSequenceH);
  set(sequence == FLASHRNN_SEQUENCE_ALL, kernel::kSequenceAll);
  return flags;
}

MatrixTileName matrix_tile_of(std::string_view instruction) {
  if (instruction.starts_with("mma.m16n8k8.tf32")) return MatrixTileName::kMmaSyncTf32;
  if (instruction.starts_with("mma.")) return MatrixTileName::kMmaSync16;
  if (instruction.starts_with("v_mfma")) return MatrixTileName::kMfma16;
  if (instruction.starts_with("v_wmma")) return MatrixTileName::kWmma16;
  return MatrixTileName::kFma;
}

PlannedKernel stepwise_kernel(KernelKind kind, const Problem& problem, const Geometry& g, const plan::GpuPlan& plan,
                              std::int64_t rows) {
  const bool backward = kind == KernelKind::kStepwiseBackward;
  PlannedKernel k;
  k.spec = spec_of(kind, problem, plan);
  k.spec.tile = plan.tile;
  k.spec.math = problem.math;
  // One kernel for any sizes and options: a launch is so long that asking for them costs nothing.
  if (kind != KernelKind::kRecompute) k.spec.state_element = problem.state_dtype;

  kernel::Needs needs;
  needs.gates = backward ? 1 : g.recurrent_gates;
  needs.second_stage_gates = backward ? 0 : g.recurrent_gates - g.first_stage_gates;
  needs.input_gates = g.input_gates;
  needs.bias_gates = g.biases;
  needs.states = g.states;
  needs.element_bytes = g.element_bytes;
  const std::int64_t units = plan.tile.block_unit_tiles * kernel::unit_tile(plan.matrix, needs.gates);
  k.shape.blocks =
      product({ceil_div(g.padded_dim, units), g.heads, ceil_div(rows, plan.tile.row_tiles * plan.matrix.rows)});
  k.shape.threads = static_cast<std::int32_t>(plan.matrix.lanes * plan.tile.unit_warps * plan.tile.k_warps);
  k.shape.shared_bytes = kernel::stepwise::shared_bytes(plan.matrix, needs, plan.tile);
  return k;
}

std::uint32_t compiled_flags(const Problem& problem, plan::Pass pass, bool specialised) {
  if (!specialised) return kernel::kRuntimeFlags;
  const std::uint32_t gradient = kernel::kGradientClip | kernel::kGradientCut;
  const std::uint32_t keeping = kernel::kTraining | kernel::kRecompute;
  // Other bits change nothing in the pass, and would only make kernels of it.
  if (pass == plan::Pass::kBackward) return flags_of(problem, problem.gradient_sequence) & ~keeping;
  return flags_of(problem, problem.output_sequence) & ~gradient;
}

std::optional<FusedKernel> fused_kernel(const Problem& problem, const Geometry& g, const CellSource& cell,
                                        const plan::GpuPlan& plan, bool specialised) {
  const bool backward = plan.pass == plan::Pass::kBackward;
  FusedKernel f;
  KernelSpec& spec = f.kernel.spec;
  spec = spec_of(backward ? KernelKind::kFusedBackward : KernelKind::kFusedForward, problem, plan);
  spec.tile = plan.tile;
  spec.math = problem.math;
  spec.state_element = problem.state_dtype;
  spec.exchange = plan.exchange;
  spec.flags = compiled_flags(problem, plan.pass, specialised);
  if (specialised) spec.head_dim = static_cast<std::int32_t>(g.head_dim);

  LaunchShape& shape = f.kernel.shape;
  shape.cluster = plan.exchange == kernel::Exchange::kCluster ? static_cast<std::int32_t>(plan.tile.group_blocks) : 1;
  shape.cooperative = plan.exchange == kernel::Exchange::kGrid;
  if (backward) {
    kernel::FusedBackwardNeeds needs;
    needs.gates = g.recurrent_gates;
    needs.slots = g.biases;
    needs.states = g.states;
    needs.saved = cell.saved;
    needs.reads_h = cell.backward_reads_h;
    needs.two_stages = g.two_stages;
    needs.recurrent_slots = recurrent_slots(cell, static_cast<int>(g.recurrent_gates));
    needs.element_bytes = g.element_bytes;
    needs.flags = spec.flags;
    if (!fused_backward_takes(plan.matrix, needs, plan.tile, plan.exchange)) return std::nullopt;
    const kernel::FusedBackwardShape s = fused_backward_shape(plan.matrix, needs, plan.tile, plan.exchange);
    const std::int64_t groups = fused_backward_groups(s, g.batch, g.heads);
    shape.blocks = groups * plan.tile.group_blocks;
    shape.threads = static_cast<std::int32_t>(s.threads);
    shape.shared_bytes = s.shared_bytes;
    f.exchange = {groups * s.barrier_words, 4 * groups * s.exchange_floats};
    return f;
  }
  namespace forward = kernel::fused_forward;
  forward::Shape s;
  s.instruction = plan.matrix;
  s.tile = plan.tile;
  s.exchange = plan.exchange;
  s.flags = spec.flags;
  s.gates = g.recurrent_gates;
  s.first_stage_gates = g.first_stage_gates;
  s.input_gates = g.input_gates;
  s.states = g.states;
  s.saved = cell.saved;
  s.element_bytes = g.element_bytes;
  if (!forward::possible(s)) return std::nullopt;
  shape.blocks = forward::blocks(s, g.batch, g.heads);
  shape.threads = static_cast<std::int32_t>(forward::block_threads(s));
  shape.shared_bytes = forward::block_shared_bytes(s);
  f.exchange = {forward::barrier_words(s, g.batch, g.heads),
                g.element_bytes * forward::exchange_elements(s, g.batch, g.heads)};
  return f;
}

PlannedKernel pack_kernel(const Problem& problem, const Geometry& g, const plan::GpuPlan& plan) {
  PlannedKernel k;
  k.spec = spec_of(KernelKind::kPackWeights, problem, plan);
  const std::int64_t tiles = ceil_div(g.padded_dim, kPackTile);
  // Squares of R, and one block for b.
  k.shape.blocks = std::min(kMostPackBlocks, product({g.recurrent_gates, g.heads, tiles, tiles})) + 1;
  k.shape.threads = kPackThreads;
  k.shape.shared_bytes = 4 * kPackTile * (kPackTile + 1);
  return k;
}

GradientKernels gradient_kernels(const Problem& problem, const Geometry& g, const CellSource& cell,
                                 const plan::GpuPlan& plan, const hw::Device& device,
                                 const std::function<std::optional<kernel::Tile>(const KernelSpec&)>& built) {
  namespace gradient = kernel::weight_gradient;
  constexpr std::int64_t kLittleShared = 48 * 1024;  // what every GPU gives
  const hw::GpuFacts& facts = device.gpu;
  gradient::Machine machine;
  machine.multiprocessors = facts.compute_units.value_or(1);
  machine.block_shared_bytes = facts.shared_bytes_per_block_max.value_or(kLittleShared);
  machine.multiprocessor_shared_bytes = facts.shared_bytes_per_compute_unit.value_or(machine.block_shared_bytes);
  const auto slot = [&](int gate) { return cell.recurrent_slot[gate]; };
  gradient::Problem wanted;
  wanted.tokens = g.tokens;
  wanted.heads = g.heads;
  wanted.padded_dim = g.padded_dim;
  wanted.gates = gradient::gates_of(static_cast<std::int32_t>(g.recurrent_gates), cell.first_stage_gates,
                                    static_cast<std::int32_t>(g.biases), slot);
  wanted.element_bytes = g.element_bytes;

  GradientKernels k;
  k.product.spec = spec_of(KernelKind::kWeightGradient, problem, plan);
  const std::optional<kernel::Tile> tile = built(k.product.spec);
  const gradient::Launch launch = tile ? gradient::launch_with(plan.matrix, wanted, machine, *tile)
                                       : gradient::launch_of(plan.matrix, wanted, machine);
  k.product.spec.tile = launch.tile;
  k.product.shape.blocks = launch.blocks;
  k.product.shape.threads = static_cast<std::int32_t>(launch.threads);
  k.product.shape.shared_bytes = launch.shared_bytes;
  k.sum = k.product;
  k.sum.spec.kind = KernelKind::kWeightGradientSum;
  k.sum.shape.blocks = launch.sum_blocks;
  k.sum.shape.threads = static_cast<std::int32_t>(launch.sum_threads);
  k.sum.shape.shared_bytes = 0;
  k.partial_bytes = launch.workspace_bytes;
  return k;
}

}  // namespace flashrnn::gpu

// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_models.hpp"

#include <algorithm>
#include <array>

#include "common/kernel/constraints.hpp"
#include "common/kernel/fused_backward.hpp"
#include "common/kernel/parameters.hpp"
#include "common/kernel/stepwise.hpp"

namespace flashrnn::plan {
namespace {

constexpr std::int64_t kPieceBytes = 16;
constexpr std::int64_t kMostKWarps = 8;
/// A multiprocessor has four schedulers: of this many warps it should have half at least where there is work for them.
constexpr std::int64_t kWarpsNeeded = 6;

constexpr std::string_view kThreads = "threads of a block";
constexpr std::string_view kRegisters = "registers of a thread";
constexpr std::string_view kBlockRegisters = "registers of a block";
constexpr std::string_view kShared = "shared memory of a block";

void append(std::vector<std::string_view>& all, std::initializer_list<std::string_view> more) {
  all.insert(all.end(), more.begin(), more.end());
}

ModelDefinition definition_of(Form form, bool backward) {
  ModelDefinition definition;
  definition.inputs = {"BATCH",
                       "UNIT_TILES",
                       "UNITS_OF_TILE",
                       "LANES",
                       "INSTRUCTION_ROWS",
                       "INSTRUCTION_K",
                       "R_REGISTERS",
                       "H_REGISTERS",
                       "SUM_REGISTERS",
                       "REGISTER_STEP",
                       "SCHEDULERS",
                       "THREADS_LIMIT",
                       "REGISTERS_LIMIT",
                       "BLOCK_REGISTERS_LIMIT",
                       "SHARED_BYTES_LIMIT"};
  definition.limits = {{"SHARED_BYTES", kShared, "B"},
                       {"REGISTERS", kRegisters, ""},
                       {"BLOCK_REGISTERS", kBlockRegisters, ""},
                       {"THREADS", kThreads, ""}};
  if (form == Form::kStepwise) {
    definition.name = backward ? "stepwise backward" : "stepwise forward";
    definition.texts = {kernel::stepwise_constraints()};
    append(definition.inputs, {"K_TILES", "TILE_GATES", "GATES_OF_TILE", "ELEMENT_BYTES", "STEPWISE_REGISTERS",
                               "ROW_PADDING", "SUM_PADDING"});
    definition.decisions = {{"ROW_TILES", ValueOrder::kLargestFirst},
                            {"UNIT_WARPS", ValueOrder::kLargestFirst},
                            {"K_WARPS"},
                            {"WARP_UNIT_TILES", ValueOrder::kLargestFirst}};
    return definition;
  }
  struct Exchange {
    std::string_view text, forward, backward, limit;
  };
  const Exchange exchange =
      form == Form::kBlock     ? Exchange{kernel::exchange_block_constraints(), "fused forward, one block",
                                      "fused backward, one block", "blocks of a group"}
      : form == Form::kCluster ? Exchange{kernel::exchange_cluster_constraints(), "fused forward, cluster",
                                          "fused backward, cluster", "blocks of a cluster"}
                               : Exchange{kernel::exchange_grid_constraints(), "fused forward, grid",
                                          "fused backward, grid", "blocks of a group"};
  definition.name = backward ? exchange.backward : exchange.forward;
  definition.texts = {kernel::fused_constraints(),
                      backward ? kernel::fused_backward_constraints() : kernel::fused_forward_constraints(),
                      exchange.text};
  append(definition.inputs, {"HEADS", "GATES", "STATES", "FIXED_REGISTERS", "BATCH_TILES", "RESIDENT_BLOCKS",
                             "MOST_GROUP_BLOCKS", "BLOCKS_OF_R", "GROUP_BLOCKS_LIMIT"});
  if (backward) {
    append(definition.inputs, {"ELEMENT_BYTES", "SAVED", "ENTRIES", "RING_UNIT_BYTES", "RING_ROW_BYTES", "IN_BLOCK",
                               "IN_CLUSTER", "MOST_K_WARPS", "MOST_WARPS_NEEDED", "AHEAD_REGISTERS"});
  } else {
    append(definition.inputs,
           {"K_TILES", "INPUT_GATES", "TILES_OF_UNIT_TILE", "CELLS_OF_LANE", "PIECE", "ODD_ROWS_OF_H", "TWO_STAGES",
            "WARPS_ALONE", "MOST_K_WARPS", "MOST_ROW_SPLIT", "STAGED_VALUES", "KEPT_REGISTERS", "STREAMED_REGISTERS"});
  }
  if (form == Form::kGrid) {
    definition.inputs.emplace_back("ALL_BLOCKS_LIMIT");
    definition.limits.insert(definition.limits.begin(), {"ALL_BLOCKS", "blocks resident at once", ""});
  }
  // The first limit that refuses is told: that there are no clusters at all says more than what one would need.
  definition.limits.insert(definition.limits.begin(), {"GROUP_BLOCKS", exchange.limit, ""});
  definition.decisions = {
      {"GROUP_BLOCKS"}, {"ROW_TILES"}, {"BLOCK_HEADS"}, {"K_WARPS"}, {"UNIT_WARPS", ValueOrder::kLargestFirst}};
  return definition;
}

}  // namespace

GpuModel::GpuModel(ModelDefinition definition, bool backward_pass, bool fused_form)
    : constraints(std::move(definition)), backward(backward_pass), fused(fused_form) {
  const auto slot = [&](std::string_view name) { return constraints.slot(name); };
  slots_ = {slot("ROW_TILES"),  slot("BLOCK_HEADS"), slot("GROUP_BLOCKS"),    slot("BLOCK_UNIT_TILES"),
            slot("UNIT_WARPS"), slot("K_WARPS"),     slot("WARP_UNIT_TILES"), slot("WARP_K_TILES"),
            slot("REGISTER_K"), slot("SHARED_K"),    slot("STAGES")};
  threads_ = slot("THREADS");
  registers_ = slot("REGISTERS");
  shared_ = slot("SHARED_BYTES");
}

kernel::Tile GpuModel::tile(const Row& row) const {
  kernel::Tile tile;
  tile.row_tiles = row[slots_.row_tiles];
  tile.unit_warps = row[slots_.unit_warps];
  tile.k_warps = row[slots_.k_warps];
  tile.block_unit_tiles = row[slots_.block_unit_tiles];
  tile.warp_unit_tiles = row[slots_.warp_unit_tiles];
  tile.warp_k_tiles = row[slots_.warp_k_tiles];
  tile.stages = row[slots_.stages];
  tile.register_k = 0;
  if (!fused) return tile;
  tile.block_heads = row[slots_.block_heads];
  tile.group_blocks = row[slots_.group_blocks];
  tile.register_k = row[slots_.register_k];
  tile.shared_k = row[slots_.shared_k];
  return tile;
}

const GpuModel& gpu_model(Form form, bool backward) {
  constexpr auto make = [](Form f, bool b) { return GpuModel(definition_of(f, b), b, f != Form::kStepwise); };
  static const std::array<GpuModel, 8> models = {
      make(Form::kBlock, false), make(Form::kBlock, true), make(Form::kCluster, false),  make(Form::kCluster, true),
      make(Form::kGrid, false),  make(Form::kGrid, true),  make(Form::kStepwise, false), make(Form::kStepwise, true)};
  return models[2 * static_cast<std::size_t>(form) + (backward ? 1 : 0)];
}

namespace {

/// What the kernels are compiled for.
std::uint32_t flags_of(const Shape& shape) {
  if (shape.flags == kernel::kRuntimeFlags || !shape.training || shape.pass != Pass::kForward) return shape.flags;
  return shape.flags | kernel::kTraining;
}

}  // namespace

kernel::Exchange exchange_of(Form form) {
  if (form == Form::kCluster) return kernel::Exchange::kCluster;
  return form == Form::kGrid ? kernel::Exchange::kGrid : kernel::Exchange::kBlock;
}

std::int64_t padded_dim(const Shape& shape) {
  return kernel::ceil_div(shape.head_dim, kernel::kDimPadding) * kernel::kDimPadding;
}

kernel::Needs needs_of(const Shape& shape, Form form) {
  const CellCounts& cell = shape.cell;
  kernel::Needs needs;
  needs.gates = cell.recurrent_gates;
  needs.second_stage_gates = cell.second_stage_gates;
  if (shape.pass == Pass::kBackward && form == Form::kStepwise) {
    needs.gates = 1;
    needs.second_stage_gates = 0;
  }
  needs.input_gates = cell.input_gates;
  needs.bias_gates = cell.bias_gates;
  needs.states = cell.states;
  needs.saved = cell.saved;
  needs.element_bytes = element_bytes(shape.element);
  return needs;
}

kernel::fused_forward::Shape forward_shape(const Shape& shape, Form form, const kernel::Instruction& matrix,
                                           const kernel::Tile& tile) {
  kernel::fused_forward::Shape s;
  s.instruction = matrix;
  s.tile = tile;
  s.exchange = exchange_of(form);
  s.flags = flags_of(shape);
  s.gates = shape.cell.recurrent_gates;
  s.first_stage_gates = s.gates - shape.cell.second_stage_gates;
  s.input_gates = shape.cell.input_gates;
  s.states = shape.cell.states;
  s.saved = shape.cell.saved;
  s.element_bytes = element_bytes(shape.element);
  return s;
}

kernel::FusedBackwardNeeds backward_needs(const Shape& shape) {
  kernel::FusedBackwardNeeds n;
  n.gates = shape.cell.recurrent_gates;
  n.slots = shape.cell.bias_gates;
  n.states = shape.cell.states;
  n.saved = shape.cell.saved;
  n.reads_h = shape.cell.backward_reads_h;
  n.two_stages = shape.cell.second_stage_gates > 0;
  n.recurrent_slots = shape.cell.recurrent_slots;
  n.element_bytes = element_bytes(shape.element);
  n.flags = flags_of(shape);
  return n;
}

std::vector<Input> inputs_of(const Shape& shape, const GpuFigures& f, Form form) {
  const kernel::Needs needs = needs_of(shape, form);
  const kernel::Instruction& i = f.matrix;
  const bool backward = shape.pass == Pass::kBackward;
  std::int64_t group_limit = f.compute_units;
  if (form == Form::kBlock) group_limit = 1;
  if (form == Form::kCluster) group_limit = f.cluster_blocks;
  // A second product in a step would need a second exchange, which no kernel has forward.
  if (!backward && shape.cell.second_stage_gates > 0) group_limit = std::min<std::int64_t>(group_limit, 1);
  // Parts of the chip that are smaller than a cluster stay idle.
  const std::int64_t resident =
      form == Form::kCluster && group_limit > 1 ? clusters_at_once(f, group_limit) * group_limit : f.compute_units;
  const std::int64_t padded = padded_dim(shape);
  const std::int64_t r_bytes = shape.cell.recurrent_gates * padded * padded * needs.element_bytes;
  // Backward a matrix tile is units, forward some gates of them.
  const std::int64_t gates = backward ? 1 : needs.gates;
  const std::int64_t units = kernel::unit_tile(i, gates);
  const auto is = [](bool condition) { return std::int64_t{condition ? 1 : 0}; };
  std::vector<Input> inputs = {
      {"HEADS", shape.heads},
      {"BATCH", shape.batch},
      {"BATCH_TILES", kernel::ceil_div(shape.batch, i.rows)},
      {"UNIT_TILES", kernel::ceil_div(padded, units)},
      {"GATES", needs.gates},
      {"INPUT_GATES", needs.input_gates},
      {"STATES", needs.states},
      {"SAVED", needs.saved},
      {"ELEMENT_BYTES", needs.element_bytes},
      {"PIECE", kPieceBytes / needs.element_bytes},
      {"LANES", i.lanes},
      {"INSTRUCTION_ROWS", i.rows},
      {"INSTRUCTION_K", i.k},
      {"UNITS_OF_TILE", units},
      {"GATES_OF_TILE", kernel::gates_per_tile(i, gates)},
      {"TILES_OF_UNIT_TILE", kernel::tiles_of_unit_tile(i, gates)},
      {"CELLS_OF_LANE", i.sum_registers / kernel::gates_per_tile(i, gates)},
      {"R_REGISTERS", i.r_registers},
      {"H_REGISTERS", i.h_registers},
      {"SUM_REGISTERS", i.sum_registers},
      {"FIXED_REGISTERS", backward ? kernel::fused_backward::kOtherRegisters +
                                         (form == Form::kGrid ? kernel::fused_backward::kGridRegisters : 0)
                                   : kernel::kFixedRegisters},
      {"STEPWISE_REGISTERS", kernel::stepwise::kStepwiseRegisters},
      {"REGISTER_STEP", f.register_step},
      {"SCHEDULERS", static_cast<std::int64_t>(f.schedulers)},
      {"ROW_PADDING", kernel::kRowPadding},
      {"SUM_PADDING", kernel::stepwise::kSumPadding},
      {"RESIDENT_BLOCKS", resident},
      {"MOST_GROUP_BLOCKS", group_limit},
      {"BLOCKS_OF_R", kernel::ceil_div(r_bytes, 4 * f.registers_per_unit + f.shared_per_block)},
      {"IN_BLOCK", is(form == Form::kBlock)},
      {"IN_CLUSTER", is(form == Form::kCluster)},
      {"THREADS_LIMIT", f.threads_per_block},
      {"REGISTERS_LIMIT", f.registers_per_thread},
      {"BLOCK_REGISTERS_LIMIT", f.registers_per_unit},
      {"SHARED_BYTES_LIMIT", f.shared_per_block},
      {"GROUP_BLOCKS_LIMIT", group_limit},
      {"ALL_BLOCKS_LIMIT", f.compute_units},
  };
  const auto add = [&](std::string_view name, std::int64_t value) { inputs.push_back({name, value}); };
  if (form == Form::kStepwise) {
    add("TILE_GATES", kernel::stepwise::tile_gates(i, needs));
    add("K_TILES", kernel::ceil_div(padded, i.k));
  } else if (backward) {
    const kernel::FusedBackwardShape s = kernel::fused_backward_shape(i, backward_needs(shape), {}, exchange_of(form));
    constexpr std::int64_t kStateBytes = 4;
    add("ENTRIES", needs.gates + needs.bias_gates - shape.cell.recurrent_slots);
    add("RING_UNIT_BYTES", s.fast ? 2 * s.ring_values + kStateBytes * (needs.states - 1) : 0);
    add("RING_ROW_BYTES", s.fast ? kernel::kRingRowBytes : 0);
    // More than two wait longer for each other than they save.
    add("MOST_K_WARPS", form == Form::kBlock ? 2 : 1);
    add("MOST_WARPS_NEEDED", kWarpsNeeded);
    add("AHEAD_REGISTERS", kernel::fused_backward::ahead_registers(i, needs));
  } else {
    const kernel::fused_forward::Shape s = forward_shape(shape, form, i, kernel::Tile{.k_warps = 2});
    add("K_TILES", kernel::ceil_div(padded, i.k));
    add("ODD_ROWS_OF_H", is(form == Form::kBlock));
    add("TWO_STAGES", is(shape.cell.second_stage_gates > 0));
    add("WARPS_ALONE", is(kernel::fused_forward::warps_alone(s)));
    add("MOST_ROW_SPLIT", kernel::fused_forward::splits_rows(s) ? 2 : 1);
    // In a cluster they have every second row each; more of them were slower everywhere: docs/performance/h200_log.md.
    add("MOST_K_WARPS", form != Form::kCluster ? kMostKWarps : kernel::fused_forward::splits_rows(s) ? 2 : 1);
    add("KEPT_REGISTERS", kernel::fused_forward::kept_registers(s));
    add("STREAMED_REGISTERS", kernel::fused_forward::kStreamedRegisters);
    add("STAGED_VALUES", kernel::fused_forward::staged_values(s));
  }
  return inputs;
}

}  // namespace flashrnn::plan

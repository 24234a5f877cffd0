// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_models.hpp"

#include <algorithm>
#include <array>

#include "common/kernel/constraints.hpp"
#include "common/kernel/fused_backward.hpp"

namespace flashrnn::plan {
namespace {

constexpr std::string_view kThreads = "threads of a block";
constexpr std::string_view kRegisters = "registers of a thread";
constexpr std::string_view kBlockRegisters = "registers of a block";
constexpr std::string_view kShared = "shared memory of a block";

ModelDefinition definition_of(Form form, bool backward) {
  ModelDefinition definition;
  definition.inputs = {"HEADS",
                       "BATCH",
                       "UNIT_TILES",
                       "GATES",
                       "STATES",
                       "ELEMENT_BYTES",
                       "LANES",
                       "INSTRUCTION_ROWS",
                       "INSTRUCTION_UNITS",
                       "INSTRUCTION_K",
                       "A_REGISTERS",
                       "B_REGISTERS",
                       "C_REGISTERS",
                       "FIXED_REGISTERS",
                       "REGISTER_STEP",
                       "SCHEDULERS",
                       "ROW_PADDING",
                       "BARRIER_BYTES",
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
    std::erase(definition.inputs, "HEADS");
    definition.inputs.push_back("K_TILES");
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
                                          "fused backward, grid", "blocks resident at once"};
  definition.name = backward ? exchange.backward : exchange.forward;
  definition.texts = {kernel::fused_constraints(),
                      backward ? kernel::fused_backward_constraints() : kernel::fused_forward_constraints(),
                      exchange.text};
  // The first limit that refuses is told: that there are no clusters at all says more than what one would need.
  definition.limits.insert(definition.limits.begin(), {"GROUP_BLOCKS", exchange.limit, ""});
  for (const std::string_view input : {"BATCH_TILES", "RESIDENT_BLOCKS", "MOST_GROUP_BLOCKS", "BLOCKS_OF_R",
                                       "GROUP_BLOCKS_LIMIT", "RESERVE_VALUES", "PACKED_REGISTERS"}) {
    definition.inputs.push_back(input);
  }
  if (backward) {
    definition.inputs.push_back("INBOX_COPIES");
  } else {
    for (const std::string_view input : {"K_TILES", "INPUT_GATES", "BIAS_GATES"}) definition.inputs.push_back(input);
  }
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

kernel::Needs needs_of(const Shape& shape, Form form) {
  const CellCounts& cell = shape.cell;
  const bool backward = shape.pass == Pass::kBackward;
  kernel::Needs needs;
  needs.gates = backward && form == Form::kStepwise ? 1 : cell.recurrent_gates;
  needs.input_gates = cell.input_gates;
  needs.bias_gates = cell.bias_gates;
  needs.states = cell.states;
  // Kept: the gates and every state. Backward reads them, the states one step earlier too, and the gradients that come
  // in.
  if (backward) {
    needs.reserve_values = cell.recurrent_gates + cell.states + 1;
  } else if (shape.training) {
    needs.reserve_values = cell.recurrent_gates + cell.states - 1;
  }
  needs.element_bytes = element_bytes(shape.element);
  return needs;
}

std::vector<Input> inputs_of(const Shape& shape, const GpuFigures& f, Form form) {
  const kernel::Needs needs = needs_of(shape, form);
  const kernel::Instruction& i = f.matrix;
  const bool backward = shape.pass == Pass::kBackward;
  std::int64_t group_limit = f.compute_units;
  if (form == Form::kBlock) group_limit = 1;
  if (form == Form::kCluster) group_limit = f.cluster_blocks;
  const std::int64_t inbox = form == Form::kBlock     ? kernel::fused_backward::kInboxCopiesBlock
                             : form == Form::kCluster ? kernel::fused_backward::kInboxCopiesCluster
                                                      : kernel::fused_backward::kInboxCopiesGrid;
  const std::int64_t r_bytes = shape.cell.recurrent_gates * shape.head_dim * shape.head_dim * needs.element_bytes;
  std::vector<Input> inputs = {
      {"HEADS", shape.heads},
      {"BATCH", shape.batch},
      {"BATCH_TILES", kernel::ceil_div(shape.batch, i.rows)},
      {"UNIT_TILES", kernel::ceil_div(shape.head_dim, i.units)},
      {"GATES", needs.gates},
      {"INPUT_GATES", needs.input_gates},
      {"BIAS_GATES", needs.bias_gates},
      {"STATES", needs.states},
      {"RESERVE_VALUES", needs.reserve_values},
      {"ELEMENT_BYTES", needs.element_bytes},
      {"LANES", i.lanes},
      {"INSTRUCTION_ROWS", i.rows},
      {"INSTRUCTION_UNITS", i.units},
      {"INSTRUCTION_K", i.k},
      {"A_REGISTERS", i.a_registers},
      {"B_REGISTERS", i.b_registers},
      {"C_REGISTERS", i.c_registers},
      {"PACKED_REGISTERS", kernel::ceil_div(i.c_registers * needs.element_bytes, 4)},
      {"FIXED_REGISTERS", kernel::kFixedRegisters},
      {"REGISTER_STEP", f.register_step},
      {"SCHEDULERS", static_cast<std::int64_t>(f.schedulers)},
      {"ROW_PADDING", kernel::kRowPadding},
      {"BARRIER_BYTES", kernel::kBarrierBytes},
      {"RESIDENT_BLOCKS", f.compute_units},
      {"MOST_GROUP_BLOCKS", group_limit},
      {"BLOCKS_OF_R", kernel::ceil_div(r_bytes, 4 * f.registers_per_unit + f.shared_per_block)},
      {"INBOX_COPIES", inbox},
      {"THREADS_LIMIT", f.threads_per_block},
      {"REGISTERS_LIMIT", f.registers_per_thread},
      {"BLOCK_REGISTERS_LIMIT", f.registers_per_unit},
      {"SHARED_BYTES_LIMIT", f.shared_per_block},
      {"GROUP_BLOCKS_LIMIT", group_limit},
  };
  // K: forward the units of the head, stepwise backward all gates' units; fused backward it follows from the tile.
  const std::int64_t k = backward ? shape.cell.recurrent_gates * shape.head_dim : shape.head_dim;
  if (!backward || form == Form::kStepwise) inputs.push_back({"K_TILES", kernel::ceil_div(k, i.k)});
  return inputs;
}

}  // namespace flashrnn::plan

// SPDX-License-Identifier: Apache-2.0
#include "common/plan/gpu_cost.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "common/kernel/stepwise.hpp"

namespace flashrnn::plan {
namespace {

constexpr double kKb = 1024;
constexpr double kLineBytes = 128;
/// Of a line that a warp touches with 4 or 2 bytes a lane, this much is one row's.
constexpr double kScatteredBytes = 16;
/// Instructions that wait for one another between a gate's sum and the h that comes of it: two activations, one behind
/// the other, and these.
constexpr double kActivations = 2;
constexpr double kActivationInstructions = 10;
/// The gradients of a unit take half as much arithmetic again: a product for each factor of every product. Gates come
/// out of the reserve; what of the activations belongs to states (tanh of c) is computed again, less than half of them.
constexpr double kBackwardInstructions = 1.5;
constexpr double kBackwardSpecials = 0.5;
constexpr double kBackwardActivations = 1;
/// Instructions that a warp issues in order wait for some of those before them: a share of an instruction's latency on
/// average. 2.8 to 3.8 clocks were measured, of 4.
constexpr double kInOrder = 0.75;
/// From one word that a block waits for to the next, in clocks.
constexpr double kClocksOfWord = 24;
/// What the ring of the stepwise kernels gets of the second-level cache's rate. Measured; why is not known yet.
constexpr double kRingShareOfCache = 0.4;

/// Collects parts; without names when only the sum is asked for.
class Parts {
 public:
  explicit Parts(std::vector<CostPart>* parts) : parts_(parts) {}
  void add(const char* what, double ns) {
    sum_ += ns;
    if (parts_ != nullptr && ns > 0) parts_->push_back({what, ns * 1e-3, false});
  }
  void hidden(const char* what, double ns) {
    if (parts_ != nullptr && ns > 0) parts_->push_back({what, ns * 1e-3, true});
  }
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::vector<CostPart>* parts_;
  double sum_ = 0;
};

struct Resource {
  const char* what;
  double ns;
};

/// The busiest resource in full, of the others one warp's share.
template <std::size_t Count>
void add_phase(Parts& parts, const std::array<Resource, Count>& resources, double warps_per_scheduler) {
  std::size_t busiest = 0;
  for (std::size_t i = 1; i < Count; ++i) {
    if (resources[i].ns > resources[busiest].ns) busiest = i;
  }
  const double share = 1 / std::max(1.0, warps_per_scheduler);
  for (std::size_t i = 0; i < Count; ++i)
    parts.add(resources[i].what, i == busiest ? resources[i].ns : resources[i].ns * share);
}

/// What everything below is computed from. Sizes are padded ones: the kernel computes what it pads.
struct Sizes {
  Sizes(const GpuFigures& f, const BlockWork& w) {
    const kernel::Tile& t = w.tile;
    const kernel::Instruction& i = w.matrix;
    rows = static_cast<double>(t.row_tiles * i.rows);
    const std::int64_t tile = kernel::unit_tile(i, w.gates);
    units = static_cast<double>(t.block_unit_tiles * tile);
    columns = static_cast<double>(t.unit_warps * t.warp_unit_tiles *
                                  (w.backward ? i.gate_rows : i.gate_rows * kernel::tiles_of_unit_tile(i, w.gates)));
    // Cells of a warp that shares K come in whole cells of its lanes; backward in pairs.
    const std::int64_t of_lane =
        w.backward ? i.sum_registers / 2 : i.sum_registers / kernel::gates_per_tile(i, w.gates);
    const std::int64_t own = t.row_tiles * t.block_unit_tiles * of_lane;
    const std::int64_t sharing = t.unit_warps * t.k_warps;
    cells = static_cast<double>(kernel::ceil_div(own, sharing) * sharing * i.lanes * (w.backward ? 2 : 1));
    depth = static_cast<double>(t.k_warps * t.warp_k_tiles * i.k);
    heads = static_cast<double>(t.block_heads);
    element = static_cast<double>(w.element_bytes);
    blocks = static_cast<double>(w.blocks_on_unit);
    threads = kernel::threads(i, t);
    const double warps = static_cast<double>(threads / i.lanes) * blocks;
    per_scheduler = warps / f.schedulers;
    busy = std::min(1.0, per_scheduler);
    ns = 1 / f.clocks_per_ns;
  }
  double rows, units, columns, cells, depth, heads, element, blocks;
  std::int64_t threads;
  double per_scheduler;
  double busy;  ///< share of the schedulers that have a warp
  double ns;    ///< of a clock
};

/// ns of the load-store unit for `values` x units elements of every row.
double row_lines_ns(const GpuFigures& f, const Sizes& s, RowAccess access, double values) {
  const double bytes = s.units * s.element;
  const double lines = access == RowAccess::kVectors ? std::ceil(bytes / kLineBytes) : bytes / kScatteredBytes;
  if (access == RowAccess::kBulk) return 0;
  return s.blocks * s.heads * s.rows * values * lines / f.lines_per_clock * s.ns;
}

/// ns of shared memory for so many bytes of every block.
double shared_ns(const GpuFigures& f, const Sizes& s, double bytes_of_head) {
  return s.blocks * s.heads * bytes_of_head / f.shared_bytes_per_clock * s.ns;
}

/// The product of a step: operands from shared memory, registers and cache. Gives the time in which the load-store unit
/// has nothing to do.
double add_product(Parts& parts, const GpuFigures& f, const BlockWork& w, const Sizes& s) {
  const kernel::Tile& t = w.tile;
  const double flops = 2 * s.blocks * s.heads * s.rows * s.columns * s.depth;
  const double issue = flops / (f.matrix_flops_per_clock * s.busy) * s.ns;
  const double chain = static_cast<double>(t.warp_k_tiles) * f.matrix_ns;
  const double k_bytes = static_cast<double>(w.matrix.k * t.k_warps) * s.element;
  const double operand = static_cast<double>(t.unit_warps) * s.rows * s.depth * s.element;
  const double r_shared = static_cast<double>(t.shared_k) * k_bytes * s.columns;
  const auto streamed = static_cast<double>(t.warp_k_tiles - t.register_k - t.shared_k);
  const double r_streamed = streamed * k_bytes * s.columns;
  const double l2 = r_streamed * s.heads * static_cast<double>(w.blocks_on_device) / f.l2_bytes_per_ns;
  const double of_unit = s.blocks * s.heads * r_streamed / f.l2_bytes_per_clock * s.ns;
  // Forward a warp asks for one k tile while it multiplies another; backward it has no registers to ask ahead.
  const double way = streamed * f.l2_ns * static_cast<double>(w.backward ? t.warp_unit_tiles : 1);
  add_phase(parts,
            std::array<Resource, 2>{{{"matrix work", std::max(issue, chain)},
                                     {t.shared_k > 0 ? "h and R from shared memory" : "h from shared memory",
                                      shared_ns(f, s, operand + r_shared)}}},
            s.per_scheduler);
  // All warps come to these at once.
  parts.add("R from the second-level cache", std::max({l2, of_unit, way}));
  if (streamed > 0) parts.add("latency of the second-level cache", f.l2_ns);
  if (t.k_warps > 1) {
    // Each warp hands over the sums that others finish; a barrier among those that share K.
    const double sums = 4 * s.rows * s.columns * static_cast<double>(t.k_warps - 1);
    parts.add("sums of the warps that share K",
              shared_ns(f, s, 2 * sums) + f.shared_ns + block_barrier_ns(f, w.matrix.lanes * t.k_warps));
  }
  return std::max(0.0, std::max(issue, chain) - shared_ns(f, s, operand + r_shared));
}

/// The cell of every unit, with what it loads and stores.
void add_cells(Parts& parts, const GpuFigures& f, const BlockWork& w, const Sizes& s, double idle_ns) {
  const double cells = s.blocks * s.heads * s.cells;
  const double special = static_cast<double>(w.special_functions) * (w.backward ? kBackwardSpecials : 1);
  const double arithmetic = static_cast<double>(w.instructions) * (w.backward ? kBackwardInstructions : 1);
  const auto inputs = static_cast<double>(w.input_values);
  const auto outputs = static_cast<double>(w.output_values);
  const double row_bytes = s.rows * s.units * s.element;
  // Passes through shared memory. Rows come in by the ring and out of it again, the latter at half of the width with
  // 2-byte accesses; h is put there for the next step in any case, and read again for vectors.
  const double load_width = w.load == RowAccess::kPairs ? 0 : w.load == RowAccess::kSingles ? 3 : 2;
  const double store_width = w.store == RowAccess::kPairs ? 1 : 2;
  const RowAccess load = w.load == RowAccess::kSingles ? RowAccess::kVectors : w.load;
  const double load_store = row_lines_ns(f, s, load, inputs) + row_lines_ns(f, s, w.store, outputs) +
                            shared_ns(f, s, row_bytes * (inputs * load_width + outputs * store_width));
  const bool asynchronous = w.load == RowAccess::kVectors && w.store == RowAccess::kVectors;
  add_phase(parts,
            std::array<Resource, 3>{
                {{"special functions", cells * special / (f.special_per_clock * s.busy) * s.ns},
                 {"arithmetic of the cell", cells * arithmetic / (f.arithmetic_per_clock * s.busy) * s.ns},
                 {"loads and stores of rows", asynchronous ? 0 : load_store}}},
            s.per_scheduler);
  const double activations = w.backward ? kBackwardActivations : kActivations;
  const double latency = activations * f.special_ns + kActivationInstructions * f.arithmetic_ns;
  parts.add("latency of the cell", latency);
  if (!asynchronous) return;
  // Rows that come and go a step early or late are moved while warps wait: in the product, in the cell, at the barrier.
  const double waits = idle_ns + latency + block_barrier_ns(f, s.threads) + 2 * f.shared_ns;
  if (load_store > waits) {
    parts.add("loads and stores of rows", load_store - waits);
  } else {
    parts.hidden("loads and stores of rows", load_store);
  }
}

/// What every warp does for itself.
void add_own_instructions(Parts& parts, const GpuFigures& f, const BlockWork& w, const Sizes& s) {
  const std::int64_t sent = w.tile.group_blocks > 1 ? w.tile.warp_unit_tiles * w.tile.row_tiles : 0;
  const auto count = static_cast<double>(w.own_instructions + sent * w.sent_tile_instructions);
  parts.add("a warp's own instructions", count * std::max(kInOrder * f.arithmetic_ns, s.per_scheduler * s.ns));
}

void add_exchange(Parts& parts, const GpuFigures& f, const BlockWork& w, const Sizes& s) {
  // Remote stores bring the block's own h too, and their mbarrier is the only one.
  if (w.exchange != Exchange::kCluster || w.handover != Handover::kRemoteStores || w.backward) {
    parts.add("barrier, h to shared memory and back", block_barrier_ns(f, s.threads) + 2 * f.shared_ns);
  }
  if (w.exchange == Exchange::kBlock) return;
  // Forward every block receives the others' h; backward the others' parts of its own dh, in fp32.
  const auto others = static_cast<double>(w.tile.group_blocks - 1);
  double bytes = s.rows * s.units * others * (w.backward ? 4 : s.element);
  // Over a grid as many are written first; of h that is next to nothing.
  if (w.backward && w.exchange == Exchange::kGrid) bytes *= 2;
  double ns = exchange_ns(f, w.exchange, w.handover, w.tile.group_blocks, bytes / kKb);
  // Backward each of the others sends something else.
  if (w.backward && w.exchange == Exchange::kCluster) ns += others * kClocksOfWord / f.clocks_per_ns;
  parts.add(w.backward ? "exchange of dh" : "exchange of h", ns);
}

double bulk_ns(const GpuFigures& f, const BlockWork& w, const Sizes& s) {
  double copies = 0;
  if (w.load == RowAccess::kBulk) copies += s.rows * static_cast<double>(w.input_values);
  if (w.store == RowAccess::kBulk) copies += s.rows * static_cast<double>(w.output_values);
  return copies * s.blocks * s.heads * f.bulk_copy_ns;
}

double step(const GpuFigures& f, const BlockWork& w, double memory_bytes, std::vector<CostPart>* list) {
  const Sizes s(f, w);
  Parts parts(list);
  const double idle_ns = add_product(parts, f, w, s);
  add_cells(parts, f, w, s, idle_ns);
  add_own_instructions(parts, f, w, s);
  add_exchange(parts, f, w, s);
  if (w.second_stage_gates > 0) {
    // The second product's own latencies; its work is counted with the gates above.
    parts.add("second stage of the cell", block_barrier_ns(f, s.threads) + 2 * f.shared_ns +
                                              static_cast<double>(w.tile.warp_k_tiles) * f.matrix_ns);
    add_exchange(parts, f, w, s);
  }
  // All stages of the ring but the one that is read are on their way.
  const double ring_ns = f.memory_ns / static_cast<double>(std::max<std::int64_t>(1, w.tile.stages - 1));
  for (const Resource& beside :
       {Resource{"memory traffic", memory_bytes / f.memory_bytes_per_ns},
        Resource{"memory latency over the stages of the ring", ring_ns}, Resource{"bulk copies", bulk_ns(f, w, s)}}) {
    if (beside.ns > parts.sum()) {
      parts.add(beside.what, beside.ns - parts.sum());
    } else {
      parts.hidden(beside.what, beside.ns);
    }
  }
  return parts.sum();
}

}  // namespace

double block_barrier_ns(const GpuFigures& f, std::int64_t threads) {
  constexpr double kMeasuredWarps = 8;
  const double warps = static_cast<double>(threads) / static_cast<double>(f.lanes);
  return std::max(0.0, f.barrier_ns + (warps - kMeasuredWarps) * f.barrier_ns_per_warp);
}

double grid_barrier_ns(const GpuFigures& f, std::int64_t blocks) {
  // Measured with 8 and with 128 blocks: between them by the logarithm.
  const double place = std::clamp((std::log2(static_cast<double>(blocks)) - 3) / 4, 0.0, 1.0);
  return f.grid_barrier_ns_of_8 + place * (f.grid_barrier_ns - f.grid_barrier_ns_of_8);
}

double exchange_ns(const GpuFigures& f, Exchange exchange, Handover handover, std::int64_t blocks, double kb) {
  if (exchange == Exchange::kBlock || blocks < 2) return 0;
  if (exchange == Exchange::kGrid) {
    const double words = handover == Handover::kWords ? static_cast<double>(blocks) * kClocksOfWord : 0;
    return f.grid_exchange_ns - f.grid_barrier_ns + grid_barrier_ns(f, blocks) + kb * f.grid_exchange_ns_per_kb +
           words / f.clocks_per_ns;
  }
  const double bytes = kb * f.cluster_exchange_ns_per_kb;
  if (handover == Handover::kBulkCopies) {
    return f.cluster_exchange_ns + std::max(bytes, static_cast<double>(blocks - 1) * f.bulk_copy_ns);
  }
  return f.cluster_exchange_ns + bytes + (handover == Handover::kBarrier ? f.cluster_barrier_ns : 0);
}

StepCost fused_step(const GpuFigures& f, const BlockWork& work, double memory_bytes) {
  StepCost cost;
  cost.ns = step(f, work, memory_bytes, &cost.parts);
  return cost;
}

double fused_step_ns(const GpuFigures& f, const BlockWork& work, double memory_bytes) {
  return step(f, work, memory_bytes, nullptr);
}

StepCost stepwise_step(const GpuFigures& f, const BlockWork& work, std::int64_t k_tiles, std::int64_t thread_cells,
                       std::int64_t rounds, double memory_bytes) {
  StepCost cost;
  const Sizes s(f, work);
  Parts parts(&cost.parts);
  // All of K passes through the ring of a block.
  BlockWork whole = work;
  whole.tile.warp_k_tiles = kernel::ceil_div(k_tiles, work.tile.k_warps);
  whole.tile.register_k = 0;
  whole.tile.shared_k = whole.tile.warp_k_tiles;
  const Sizes all(f, whole);
  Parts block(nullptr);
  add_cells(block, f, whole, all, add_product(block, f, whole, all));
  const double operands = (all.columns + all.rows) * all.depth * all.element;
  const double share = kRingShareOfCache;
  const double l2 = operands * static_cast<double>(work.blocks_on_device) / (share * f.l2_bytes_per_ns);
  const double of_unit = all.blocks * operands / (share * f.l2_bytes_per_clock) * all.ns;
  const auto waves = static_cast<double>(rounds);
  // Every stage of the ring ends in a barrier, behind which its first operands are loaded.
  const auto stages = static_cast<double>(kernel::ceil_div(whole.tile.warp_k_tiles, work.tile.warp_k_tiles));
  const double of_stages = stages * (block_barrier_ns(f, all.threads) + f.shared_ns);
  const double tiles = waves * (std::max({block.sum(), l2, of_unit}) + of_stages);
  parts.add("product and cell, by tiles", tiles);
  // Few cells are loaded while the product is on its way. Of more, each waits for memory before the next one begins.
  const double load = f.memory_ns + 2 * f.l2_ns;
  if (thread_cells > kernel::stepwise::kMostEarlyCells) {
    parts.add("loads of one cell after the other", waves * static_cast<double>(thread_cells) * load);
  } else if (waves * load > tiles) {
    parts.add("loads of the cells", waves * load - tiles);
  }
  parts.add("latency of the second-level cache", 2 * f.l2_ns);
  const double memory = memory_bytes / f.memory_bytes_per_ns;
  if (memory > parts.sum()) {
    parts.add("memory traffic", memory - parts.sum());
  } else {
    parts.hidden("memory traffic", memory);
  }
  parts.add("from one kernel to the next", f.kernel_gap_ns);
  // The next launch is prepared while a step runs; a short step waits for it.
  if (f.launch_ns > parts.sum()) {
    parts.add("waiting for the launch", f.launch_ns - parts.sum());
  } else {
    parts.hidden("launch", f.launch_ns);
  }
  cost.ns = parts.sum();
  return cost;
}

double weight_gradient_ns(const GpuFigures& f, const Shape& shape) {
  const auto real = [](std::int64_t x) { return static_cast<double>(x); };
  const double rows = real(shape.batch) * real(shape.steps);
  const double gates = real(shape.cell.recurrent_gates * shape.heads * shape.head_dim);
  const double flops = 2 * rows * gates * real(shape.head_dim);
  const double rate = f.matrix_flops_per_clock * f.clocks_per_ns * real(f.compute_units);
  const double element = real(element_bytes(shape.element));
  const double product_bytes = rows * (gates + real(shape.heads * shape.head_dim)) * element;
  const double sum_bytes = rows * real(shape.cell.bias_gates * shape.heads * shape.head_dim) * element;
  return std::max(flops / rate, product_bytes / f.memory_bytes_per_ns) + sum_bytes / f.memory_bytes_per_ns +
         2 * f.launch_ns;
}

}  // namespace flashrnn::plan

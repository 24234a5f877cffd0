// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/plan.hpp"

#include <algorithm>
#include <numeric>

#include "backend_cpu/integers.hpp"
#include "backend_cpu/simd/isa_traits.hpp"
#include "backend_cpu/tiling.hpp"
#include "common/runtime/cell_registry.hpp"

namespace flashrnn::cpu {
namespace {

WeightFormat weight_format(const IsaTraits& isa, flashrnn_dtype dtype) {
  const auto has = [&](WeightFormat f) { return isa.formats[static_cast<int>(f)]; };
  if (dtype == FLASHRNN_BF16) return has(WeightFormat::kBf16Pair) ? WeightFormat::kBf16Pair : WeightFormat::kBf16;
  if (dtype == FLASHRNN_F16 && has(WeightFormat::kF16)) return WeightFormat::kF16;
  return WeightFormat::kF32;
}

Geometry make_geometry(const CpuPlan& p) {
  const Problem& problem = p.problem;
  const CellRegistration& cell = *problem.cell;
  const IsaTraits& isa = FLASHRNN_TRAITS_OF(p.facts.isa);
  Geometry g;
  g.B = problem.batch;
  g.T = problem.time;
  g.N = problem.heads;
  g.D = problem.head_dim;
  g.W = isa.vector_bytes / 4;
  g.units = ceil_div(g.D, g.W);
  g.Dp = g.units * g.W;
  g.Gx = cell.input_gates;
  g.Gr = cell.recurrent_gates;
  g.A = cell.biases;
  g.S = cell.states;
  g.first_gates = p.cell->first_stage_gates;
  g.second_gates = g.Gr - g.first_gates;
  g.saved = p.cell->saved + (problem.forward_clip > 0 ? 1 : 0);
  int others = g.Gr;
  for (int slot = 0; slot < g.A; ++slot) {
    const int* first = p.cell->recurrent_slot;
    const int* found = std::find(first, first + g.Gr, slot);
    g.position[slot] = found != first + g.Gr ? static_cast<int>(found - first) : others++;
  }
  g.format = weight_format(isa, problem.dtype);
  g.pairs = g.format == WeightFormat::kBf16Pair;
  g.k_elements = g.pairs ? ceil_div(g.D, 2) : g.D;
  g.operand_stride = g.pairs ? g.Dp / 2 : g.Dp;
  return g;
}

/// Rows of a strand where the batch has as many: the products of one vector of units stay in half of L1.
std::int64_t most_rows(const CpuPlan& p) {
  return std::max<std::int64_t>(1, p.facts.l1_bytes / 2 / (std::int64_t{p.g.Gr} * p.g.W * 4));
}

/// Panels for strands of so many rows. False where the model gives no tile.
bool choose_products(CpuPlan* p, std::int64_t rows, std::optional<Level> weights) {
  const Geometry& g = p->g;
  p->forward_granule = p->backward_granule = 1;
  p->carry_floats = 0;
  const int gates[2] = {g.first_gates, g.second_gates};
  for (int stage = 0; stage < 2; ++stage) {
    if (gates[stage] == 0) continue;
    p->forward[stage] = choose_product(p->facts, {g.format, rows, g.units * gates[stage], g.k_elements, 1, weights});
    if (p->forward[stage].vectors == 0) return false;
    p->forward[stage].gates = gates[stage];
    const std::int64_t granule = std::lcm<std::int64_t>(p->forward[stage].vectors, gates[stage]) / gates[stage];
    p->forward_granule = std::lcm(p->forward_granule, granule);
    p->backward[stage] = choose_product(p->facts, {g.format, rows, g.units, g.k_elements, gates[stage], weights});
    if (p->backward[stage].vectors == 0) return false;
    p->backward[stage].gates = gates[stage];
    p->backward_granule = std::lcm<std::int64_t>(p->backward_granule, p->backward[stage].vectors);
    p->carry_floats = std::max(p->carry_floats, p->backward[stage].panels * p->backward[stage].vectors * g.W);
  }
  return true;
}

/// Panels and split each depend on the other: panels for the longest strands, a split for these, and again panels for
/// the rows and the cache of that split, where those are better. False where a model leaves nothing.
bool choose_products_and_split(CpuPlan* p) {
  if (!choose_products(p, std::min(p->g.B, most_rows(*p)), std::nullopt)) return false;
  const std::optional<SplitCandidate> first = choose_split(p);
  if (!first) return false;
  CpuPlan other = *p;
  if (!choose_products(&other, first->strand_rows, first->weights)) return false;
  const auto same = [](const ProductPlan& a, const ProductPlan& b) { return a.vectors == b.vectors; };
  if (std::equal(other.forward, other.forward + 2, p->forward, same) &&
      std::equal(other.backward, other.backward + 2, p->backward, same)) {
    return true;  // the same panels have the same split
  }
  const std::optional<SplitCandidate> second = choose_split(&other);
  if (second && second->total < kProductGain * first->total) *p = other;
  return true;
}

void size_products(CpuPlan* p) {
  const Geometry& g = p->g;
  for (int stage = 0; stage < 2; ++stage) {
    if (p->forward[stage].gates == 0) continue;
    const std::int64_t vectors = p->forward[stage].vectors;
    p->product_floats[stage] = ceil_div(p->block_units * p->forward[stage].gates, vectors) * vectors * g.W;
  }
}

void book_packed(CpuPlan* p) {
  const Geometry& g = p->g;
  p->bias = p->packed.book("bias", saturating({g.N, g.A, g.Dp}), 4);
  for (int stage = 0; stage < 2; ++stage) {
    if (p->forward[stage].gates == 0) continue;
    p->forward_weights[stage] = p->packed.book("forward weights", g.N, p->forward[stage].head_bytes);
    if (p->problem.training)
      p->backward_weights[stage] = p->packed.book("backward weights", g.N, p->backward[stage].head_bytes);
  }
}

void book_scratch(CpuPlan* p) {
  const Geometry& g = p->g;
  const bool recompute = p->problem.training && p->problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
  // Gates are computed again for many tokens at once, whatever the number of rows.
  const std::int64_t rows =
      recompute ? std::max(p->strand_rows, std::min(most_rows(*p), p->chunk_tokens)) : p->strand_rows;
  p->scratch_rows = rows;
  Ledger& s = p->scratch;
  for (int stage = 0; stage < 2; ++stage)
    if (p->forward[stage].gates > 0)
      p->product[stage] = s.book("product", saturating({rows, p->product_floats[stage]}), 4);
  p->x = s.book("gates", saturating({rows, std::max(g.Gx, 1), p->block_units, g.W}), 4);
  for (BookingId& id : p->pointers) id = s.book("row pointers", saturating({rows, g.S}), 8);
  if (!p->problem.training) return;
  p->dstates = s.book("state gradients", saturating({rows, g.S, p->block_units, g.W}), 4);
  p->block_float = s.book("operand", saturating({rows, p->carry_floats}), 4);
  p->gradient_block = s.book("gate gradients", saturating({p->copy_k, p->copy_rows}), 4);
  if (recompute) {
    p->block_state = s.book("states", saturating({rows, g.S, g.Dp}), 4);
    p->block_operand = s.book("operands", saturating({rows, g.operand_stride, 2}), 4);
  }
}

void book_rows(const CpuPlan& p, std::int64_t steps, Ledger* ledger, CpuPlan::RowBookings* rows) {
  if (!p.problem.use_lengths && !p.problem.packed) return;
  rows->batch = ledger->book("row order", p.g.B, 8);
  rows->length = ledger->book("row lengths", p.g.B, 8);
  rows->start = ledger->book("row starts", p.g.B, 8);
  rows->token_offset = ledger->book("token offsets", steps + 1, 8);
}

void book_forward(const CpuPlan& p, std::int64_t steps, CpuPlan::ForwardBookings* f) {
  const Geometry& g = p.g;
  Ledger& l = f->ledger;
  f->packed = l.book("packed weights", static_cast<std::int64_t>(p.packed.bytes()), 1);
  if (steps > 0) book_rows(p, steps, &l, &f->rows);
  f->state = l.book("states", saturating({g.N, g.S, g.B}), g.Dp * 4);
  f->operand = l.book("operands", saturating({g.N, 2, g.B}), g.operand_stride * 4);
  if (g.second_gates > 0) {
    f->second_float = l.book("second operand", saturating({g.N, g.B}), g.Dp * 4);
    f->second_operand = l.book("second operand, rounded", saturating({g.N, g.B}), g.operand_stride * 4);
    f->kept_product = l.book("first products", saturating({g.N, g.B}),
                             saturating({p.forward[0].panels, p.forward[0].vectors, g.W, 4}));
  }
  f->scratch = l.book("scratch", p.threads, static_cast<std::int64_t>(p.scratch.bytes()));
}

void book_backward(CpuPlan* p) {
  const Geometry& g = p->g;
  CpuPlan::BackwardBookings& b = p->backward_bookings;
  Ledger& l = b.ledger;
  b.packed = l.book("packed weights", static_cast<std::int64_t>(p->packed.bytes()), 1);
  book_rows(*p, g.T, &l, &b.rows);
  b.carry = l.book("carried gradients", saturating({g.N, g.S, g.B}), p->carry_floats * 4);
  b.da = l.book("gate gradients", saturating({g.N, p->chunk_tokens}), saturating({g.A, g.Dp, 4}));
  if (g.pairs) {
    b.da_operand =
        l.book("gate gradients, rounded", saturating({g.N, 2, g.B}), saturating({g.Gr, g.operand_stride, 4}));
    b.gradient_pairs = l.book("gate gradients, paired", saturating({g.N, p->chunk_k}), saturating({g.Gr, g.Dp, 4}));
  }
  if (p->problem.use_resets) b.reset_gradient = l.book("reset gradients", saturating({g.N, g.S, g.B}), g.Dp * 4);
  b.weight_gradient = l.book("weight gradient", saturating({g.N, g.Gr, g.D}), p->gradient_floats * 4);
  b.bias_gradient = l.book("bias gradient", saturating({g.N, g.A}), g.Dp * 4);
  if (p->problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE)
    b.chunk_saved = l.book("gates", saturating({g.N, p->chunk_tokens}), saturating({g.saved, g.Dp, 4}));
  for (int stage = 0; stage < (g.second_gates > 0 ? 2 : 1); ++stage)
    b.operand_panels[stage] = l.book("operand panels", g.N, p->gradient.head_bytes);
  b.scratch = l.book("scratch", p->threads, static_cast<std::int64_t>(p->scratch.bytes()));
}

}  // namespace

std::int64_t plan_granule(const CpuPlan& plan) { return std::lcm(plan.forward_granule, plan.backward_granule); }

Status make_choices(const Problem& problem, const CpuFacts& facts, CpuPlan* p) {
  p->problem = problem;
  p->facts = facts;
  p->cell = static_cast<const CpuCell*>(problem.cell->cpu_kernels);
  if (p->cell == nullptr)
    return Status::unsupported("cell: '" + std::string(problem.cell->name) +
                               "' was not built for CPUs; add it with flashrnn_add_cell");
  p->math = static_cast<int>(problem.math) - 1;
  p->g = make_geometry(*p);
  if (!choose_products_and_split(p) || !choose_gradient(p))
    return {FLASHRNN_INTERNAL_ERROR, "plan: the constraint models of the CPU backend leave nothing for this problem"};
  size_products(p);
  book_packed(p);
  book_scratch(p);
  book_forward(*p, p->g.T, &p->forward_bookings);
  book_forward(*p, 0, &p->step_bookings);
  const Geometry& g = p->g;
  if (problem.training) {
    p->reserve_slot_count = g.S + (problem.reserve_mode == FLASHRNN_RESERVE_GATES ? g.saved : 0);
    p->reserve_slots = p->reserve.book("reserve", problem.tokens, saturating({g.N, p->reserve_slot_count, g.Dp, 4}));
    p->stream_reserve = static_cast<std::int64_t>(p->reserve.bytes()) > std::max(facts.l2_bytes, facts.l3_bytes) / 2;
    book_backward(p);
  }
  for (const Ledger* ledger : {&p->packed, &p->scratch, &p->reserve, &p->forward_bookings.ledger,
                               &p->step_bookings.ledger, &p->backward_bookings.ledger})
    FLASHRNN_RETURN_IF_ERROR(Status(ledger->status()));
  return {};
}

Status make_plan(const Problem& problem, const CpuFacts& facts, CpuPlan* p) {
  const auto* cell = static_cast<const CpuCell*>(problem.cell->cpu_kernels);
  const CellKernels* kernels = cell == nullptr ? nullptr : cell->kernels[static_cast<int>(facts.isa)];
  if (kernels == nullptr)
    return Status::unsupported("cell: '" + std::string(problem.cell->name) +
                               "' was not built for the CPU instruction set " + isa_name(facts.isa) +
                               "; add it with flashrnn_add_cell or choose another cpu_isa");
  p->kernels = kernels;
  p->isa = isa_kernels(facts.isa);
  return make_choices(problem, facts, p);
}

flashrnn_sizes CpuPlan::sizes() const {
  flashrnn_sizes s = {};
  s.struct_size = sizeof(s);
  s.forward_workspace = forward_bookings.ledger.bytes();
  s.step_workspace = step_bookings.ledger.bytes();
  s.backward_workspace = backward_bookings.ledger.bytes();
  s.reserve = reserve.bytes();
  s.packed_weights = packed.bytes();
  return s;
}

std::string CpuPlan::describe() const {
  const auto number = [](std::int64_t n) { return std::to_string(n); };
  static constexpr const char* kFormats[] = {"fp32", "bf16", "fp16", "bf16 pairs"};
  std::string text =
      std::string("cpu ") + isa_name(facts.isa) + ", weights as " + kFormats[static_cast<int>(g.format)] + ", tile " +
      number(std::min<std::int64_t>(strand_rows, FLASHRNN_TRAITS_OF(facts.isa).max_rows[forward[0].vectors])) +
      " rows x " + number(forward[0].vectors) + " vectors of " + number(g.W) + ", " + number(strands) +
      (strands == 1 ? " strand of " : " strands of ") + number(strand_rows) +
      (strand_rows == 1 ? " row, " : " rows, ") + number(threads) +
      (threads == 1 ? " thread"
       : lockstep   ? " threads on every step"
                    : " threads, one strand each");
  if (problem.training) text += ", weight gradient every " + number(chunk_steps) + " steps";
  return text;
}

}  // namespace flashrnn::cpu

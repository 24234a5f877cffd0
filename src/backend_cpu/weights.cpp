// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/weights.hpp"

#include <algorithm>
#include <cstring>

#include "backend_cpu/integers.hpp"

namespace flashrnn::cpu {
namespace {

constexpr std::int64_t kBlock = 64;  ///< values of a row of R handled at once

/// Packs one panel. A panel is [segment][k][vector][lane]; with pairs the lane holds two k.
class PanelPacker {
 public:
  PanelPacker(const CpuPlan& plan, const void* R, std::int64_t head) : plan_(plan), g_(plan.g), R_(R), head_(head) {}

  /// Column vectors are [unit][gate]; k runs over the units of h.
  void forward(const ProductPlan& product, int first_gate, std::int64_t panel, char* out) const {
    for (int v = 0; v < product.vectors; ++v) {
      const std::int64_t column = panel * product.vectors + v;
      const std::int64_t unit = column / product.gates;
      const int gate = first_gate + static_cast<int>(column % product.gates);
      for (int lane = 0; lane < g_.W; ++lane) {
        const std::int64_t d = unit * g_.W + lane;
        if (d >= g_.D) continue;
        for (std::int64_t k = 0; k < g_.D; k += kBlock) {
          const Row row(*this, gate, d, k, std::min(kBlock, g_.D - k));
          for (std::int64_t i = 0; i < row.count; ++i) put(product, 0, k + i, v, lane, row, i, out);
        }
      }
    }
  }

  /// Column vectors are units of h; k runs over the units of each gate, one segment a gate.
  void backward(const ProductPlan& product, int first_gate, std::int64_t panel, char* out) const {
    const std::int64_t first = panel * product.vectors * g_.W;
    const std::int64_t columns = std::min<std::int64_t>(product.vectors * g_.W, g_.D - first);
    for (std::int64_t segment = 0; segment < product.segments; ++segment) {
      for (std::int64_t k = 0; k < g_.D; ++k) {
        for (std::int64_t c = 0; c < columns; c += kBlock) {
          const Row row(*this, first_gate + static_cast<int>(segment), k, first + c, std::min(kBlock, columns - c));
          for (std::int64_t i = 0; i < row.count; ++i)
            put(product, segment, k, static_cast<int>((c + i) / g_.W), static_cast<int>((c + i) % g_.W), row, i, out);
        }
      }
    }
  }

 private:
  /// Part of a row of R: as floats for fp32 weights, else as the 16-bit values that they are.
  struct Row {
    Row(const PanelPacker& p, int gate, std::int64_t d, std::int64_t column, std::int64_t n) : count(n) {
      const std::int64_t element = ((gate * p.g_.N + p.head_) * p.g_.D + d) * p.g_.D + column;
      const void* src = static_cast<const char*>(p.R_) + element * dtype_bytes(p.plan_.problem.dtype);
      if (p.g_.format != WeightFormat::kF32) {
        std::memcpy(halves, src, static_cast<std::size_t>(n) * 2);
      } else if (p.plan_.problem.dtype == FLASHRNN_F32) {
        std::memcpy(floats, src, static_cast<std::size_t>(n) * 4);
      } else {
        p.plan_.isa->widen_rows({p.plan_.problem.dtype, 1, 1, n, &src, 0, floats, 0, 0});
      }
    }
    std::int64_t count;
    float floats[kBlock];
    std::uint16_t halves[kBlock];
  };

  void put(const ProductPlan& product, std::int64_t segment, std::int64_t k, int vector, int lane, const Row& row,
           std::int64_t i, char* out) const {
    const std::int64_t element = g_.pairs ? k / 2 : k;
    const std::int64_t at = ((segment * g_.k_elements + element) * product.vectors + vector) * g_.W + lane;
    if (g_.format == WeightFormat::kF32) {
      reinterpret_cast<float*>(out)[at] = row.floats[i];
    } else if (g_.pairs) {
      reinterpret_cast<std::uint16_t*>(out)[at * 2 + k % 2] = row.halves[i];
    } else {
      reinterpret_cast<std::uint16_t*>(out)[at] = row.halves[i];
    }
  }

  const CpuPlan& plan_;
  const Geometry& g_;
  const void* R_;
  std::int64_t head_;
};

void pack_bias(const CpuPlan& plan, const void* b, std::int64_t head, float* out) {
  const Geometry& g = plan.g;
  if (b == nullptr) {
    std::fill(out, out + g.A * g.Dp, 0.0F);
    return;
  }
  const void* src = static_cast<const char*>(b) + head * g.D * dtype_bytes(plan.problem.dtype);
  plan.isa->widen_rows({plan.problem.dtype, 1, g.A, g.D, &src, g.N * g.D, out, 0, g.Dp});
}

}  // namespace

Weights weights_of(const CpuPlan& plan, const void* packed, std::int64_t head) {
  const ConstWorkspace buffer(plan.packed, packed);
  Weights w = {};
  w.bias = buffer.take<float>(plan.bias) + head * plan.g.A * plan.g.Dp;
  for (int stage = 0; stage < 2; ++stage) {
    if (plan.forward[stage].gates == 0) continue;
    w.forward[stage] = buffer.take<char>(plan.forward_weights[stage]) + head * plan.forward[stage].head_bytes;
    if (plan.problem.training)
      w.backward[stage] = buffer.take<char>(plan.backward_weights[stage]) + head * plan.backward[stage].head_bytes;
  }
  return w;
}

void pack_weights(const CpuPlan& plan, const void* R, const void* b, void* packed, PackParts parts, Crew& crew) {
  const Geometry& g = plan.g;
  const Workspace buffer(plan.packed, packed);
  const bool recompute = plan.problem.training && plan.problem.reserve_mode == FLASHRNN_RESERVE_RECOMPUTE;
  const bool forward = parts != PackParts::kBackward || recompute;
  const bool backward = parts != PackParts::kForward && plan.problem.training;
  const auto pack_all = [&](const ProductPlan& product, BookingId id, auto pack_panel) {
    crew.for_each(g.N * product.panels, [&](std::int64_t i, int) {
      const std::int64_t head = i / product.panels;
      const std::int64_t panel = i % product.panels;
      char* out = buffer.take<char>(id) + head * product.head_bytes + panel * product.panel_bytes;
      std::memset(out, 0, static_cast<std::size_t>(product.panel_bytes));  // padding multiplies to nothing
      pack_panel(PanelPacker(plan, R, head), panel, out);
    });
  };
  for (int stage = 0; stage < 2; ++stage) {
    if (plan.forward[stage].gates == 0) continue;
    const int first_gate = stage == 0 ? 0 : g.first_gates;
    if (forward)
      pack_all(plan.forward[stage], plan.forward_weights[stage],
               [&](const PanelPacker& p, std::int64_t panel, char* out) {
                 p.forward(plan.forward[stage], first_gate, panel, out);
               });
    if (backward)
      pack_all(plan.backward[stage], plan.backward_weights[stage],
               [&](const PanelPacker& p, std::int64_t panel, char* out) {
                 p.backward(plan.backward[stage], first_gate, panel, out);
               });
  }
  if (forward)
    for (std::int64_t head = 0; head < g.N; ++head)
      pack_bias(plan, b, head, buffer.take<float>(plan.bias) + head * g.A * g.Dp);
}

}  // namespace flashrnn::cpu

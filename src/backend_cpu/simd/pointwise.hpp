// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simd/batch_ops.hpp"
#include "backend_cpu/simd/dtype_batch.hpp"
#include "backend_cpu/simd/kernel_args.hpp"
#include "common/cell/cell.hpp"

/// A cell applied to tiles of elements, one batch of units at a time.
namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE {

template <class C>
struct Pointwise {
  using Kernel = cell::CellKernel<C>;
  static constexpr int kFirst = Kernel::first_stage_gates();

  static constexpr bool is_second_stage(int slot) {
    for (int g = kFirst; g < C::kRecurrentGates; ++g)
      if (C::recurrent_slot(g) == slot) return true;
    return false;
  }

  static inline __attribute__((always_inline)) Batch at(const float* p) { return Batch::load_unaligned(p); }

  /// Pre-activations of one batch; those of second-stage gates lack their product unless `second` is set.
  template <bool Second>
  static inline __attribute__((always_inline)) void preactivate(const PointwiseForward& p, std::int64_t row,
                                                                std::int64_t unit, Batch (&a)[C::kBiases]) {
    const std::int64_t offset = unit * kWidth;
    for (int s = 0; s < C::kBiases; ++s) a[s] = at(p.bias + s * p.bias_stride + offset);
    for (int g = 0; g < C::kInputGates; ++g)
      a[C::input_slot(g)] += load_dtype(p.x_dtype, p.x[row], g * p.x_gate_stride + offset);
    const float* first = p.product[0] + row * p.product_row_stride[0] + unit * kFirst * kWidth;
    for (int g = 0; g < kFirst; ++g) a[C::recurrent_slot(g)] += at(first + g * kWidth);
    if constexpr (Second && kFirst < C::kRecurrentGates) {
      constexpr int kRest = C::kRecurrentGates - kFirst;
      const float* rest = p.product[1] + row * p.product_row_stride[1] + unit * kRest * kWidth;
      for (int g = 0; g < kRest; ++g) a[C::recurrent_slot(kFirst + g)] += at(rest + g * kWidth);
    }
  }

  static inline __attribute__((always_inline)) void prefetch_gates(const PointwiseForward& p, std::int64_t row,
                                                                   std::int64_t unit) {
    if (row + kRowsAhead >= p.rows) return;
    const std::int64_t bytes = p.x_dtype == FLASHRNN_F32 ? 4 : 2;
    const char* ahead = static_cast<const char*>(p.x[row + kRowsAhead]) + unit * kWidth * bytes;
    for (int g = 0; g < C::kInputGates; ++g) __builtin_prefetch(ahead + g * p.x_gate_stride * bytes);
  }

  static inline __attribute__((always_inline)) void load_states(const PointwiseForward& p, std::int64_t row,
                                                                std::int64_t unit, Batch (&prev)[C::kStates]) {
    const float* state = p.state + row * p.state_row_stride + unit * kWidth;
    for (int s = 0; s < C::kStates; ++s) prev[s] = at(state + s * p.state_stride);
  }

  /// h rounded once, to where it is wanted.
  static inline __attribute__((always_inline)) void store_h(const PointwiseForward& p, std::int64_t row,
                                                            std::int64_t offset, const Batch& h) {
    if (p.h != nullptr) store_dtype(p.dtype, h, p.h[row], offset);
    if (p.next == nullptr) return;
    std::uint32_t* next = p.next + row * p.next_row_stride;
    if (p.next_pairs) {
      store_dtype(FLASHRNN_BF16, h, next, offset);
    } else {
      rounded_to(p.dtype, h).store_unaligned(reinterpret_cast<float*>(next) + offset);
    }
  }

  template <class M>
  static void forward(const PointwiseForward& p) {
    for (std::int64_t row = 0; row < p.rows; ++row) {
      for (std::int64_t unit = 0; unit < p.units; ++unit) {
        const std::int64_t offset = unit * kWidth;
        Batch a[C::kBiases];
        Batch prev[C::kStates];
        Batch next[C::kStates];
        Batch saved[Kernel::kSaved];
        prefetch_gates(p, row, unit);
        preactivate<true>(p, row, unit, a);
        load_states(p, row, unit, prev);
        Kernel::template forward<M>(a, prev, next, saved);
        const auto keep = [&](const Batch& x, float* to) __attribute__((always_inline)) {
          if (p.stream) {
            stream(x, to);
          } else {
            x.store_aligned(to);
          }
        };
        if (p.saved != nullptr) {
          for (int s = 0; s < Kernel::kSaved; ++s) keep(saved[s], p.saved[row] + s * p.slot_stride + offset);
          if (p.clip > 0) keep(next[0], p.saved[row] + Kernel::kSaved * p.slot_stride + offset);
        }
        if (p.prev != nullptr)
          for (int s = 0; s < C::kStates; ++s) keep(prev[s], p.prev[row] + s * p.slot_stride + offset);
        if (p.clip > 0) {
          const Batch limit(p.clip);
          next[0] = xsimd::select(next[0] > limit, limit, next[0]);
          next[0] = xsimd::select(next[0] < -limit, -limit, next[0]);
        }
        float* state = p.state + row * p.state_row_stride + offset;
        for (int s = 0; s < C::kStates; ++s) next[s].store_unaligned(state + s * p.state_stride);
        store_h(p, row, offset, next[0]);
      }
    }
    if (p.stream) finish_streams();
  }

  template <class M>
  static void backward(const PointwiseBackward& p) {
    for (std::int64_t row = 0; row < p.rows; ++row) {
      for (std::int64_t unit = 0; unit < p.units; ++unit) {
        const std::int64_t offset = unit * kWidth;
        Batch saved[Kernel::kSaved];
        Batch prev[C::kStates];
        Batch dnext[C::kStates];
        Batch da[C::kBiases];
        Batch dprev[C::kStates];
        if (row + kRowsAhead < p.rows) {
          const float* ahead = p.saved[row + kRowsAhead] + offset;
          for (int s = 0; s < Kernel::kSaved; ++s) __builtin_prefetch(ahead + s * p.slot_stride);
          for (int s = 0; s < C::kStates; ++s)
            __builtin_prefetch(p.prev[row + kRowsAhead] + s * p.slot_stride + offset);
          if (p.dstates != nullptr)
            __builtin_prefetch(static_cast<const char*>(p.dstates[row + kRowsAhead]) +
                               offset * (p.dstates_dtype == FLASHRNN_F32 ? 4 : 2));
        }
        load_saved(p.saved[row], p.prev[row], p.slot_stride, offset, saved, prev);
        float* carry = p.carry + row * p.carry_row_stride + offset;
        for (int s = 0; s < C::kStates; ++s) dnext[s] = at(carry + s * p.carry_stride);
        if (p.dstates != nullptr) {
          const void* outside = p.dstates[row];
          dnext[0] += load_dtype(p.dstates_dtype, outside, offset);
          if (p.dstates_count > 1)
            for (int s = 1; s < C::kStates; ++s)
              dnext[s] += load_dtype(p.dstates_dtype, outside, s * p.dstates_stride + offset);
        }
        if (p.clip > 0) {
          const Batch h = at(p.saved[row] + Kernel::kSaved * p.slot_stride + offset);
          dnext[0] = xsimd::select(xsimd::abs(h) > Batch(p.clip), Batch(0.0F), dnext[0]);
        }
        Kernel::template backward<M>(saved, prev, dnext, da, dprev);
        float* out = p.da + row * p.da_row_stride + offset;
        for (int s = 0; s < C::kBiases; ++s) da[s].store_unaligned(out + p.position[s] * p.da_stride);
        for (int s = 0; s < C::kStates; ++s) dprev[s].store_unaligned(carry + s * p.carry_stride);
        if (p.da_pairs != nullptr)
          for (int g = 0; g < C::kRecurrentGates; ++g)
            store_dtype(FLASHRNN_BF16, da[C::recurrent_slot(g)],
                        p.da_pairs + row * p.da_pairs_row_stride + g * p.da_pairs_gate_stride, offset);
      }
    }
  }

  template <class M>
  static void operand(const PointwiseForward& p) {
    for (std::int64_t row = 0; row < p.rows; ++row) {
      for (std::int64_t unit = 0; unit < p.units; ++unit) {
        Batch a[C::kBiases];
        Batch prev[C::kStates];
        preactivate<false>(p, row, unit, a);
        load_states(p, row, unit, prev);
        const Batch q = C::template operand<M>(a, prev);
        q.store_unaligned(p.operand + row * p.operand_row_stride + unit * kWidth);
      }
    }
  }

  template <class M>
  static void saved_operand(const SavedOperand& p) {
    for (std::int64_t row = 0; row < p.rows; ++row) {
      for (std::int64_t unit = 0; unit < p.units; ++unit) {
        const std::int64_t offset = unit * kWidth;
        Batch saved[Kernel::kSaved];
        Batch prev[C::kStates];
        load_saved(p.saved[row], p.prev[row], p.slot_stride, offset, saved, prev);
        const Batch q = Kernel::template saved_operand<M>(saved, prev);
        q.store_unaligned(p.operand + row * p.operand_row_stride + offset);
      }
    }
  }

  template <class M>
  static void operand_backward(const PointwiseBackward& p) {
    for (std::int64_t row = 0; row < p.rows; ++row) {
      for (std::int64_t unit = 0; unit < p.units; ++unit) {
        const std::int64_t offset = unit * kWidth;
        Batch saved[Kernel::kSaved];
        Batch prev[C::kStates];
        Batch da[C::kBiases];
        Batch dprev[C::kStates];
        load_saved(p.saved[row], p.prev[row], p.slot_stride, offset, saved, prev);
        const Batch dq = at(p.doperand + row * p.doperand_row_stride + offset);
        Kernel::template operand_backward<M>(saved, prev, dq, da, dprev);
        float* out = p.da + row * p.da_row_stride + offset;
        for (int s = 0; s < C::kBiases; ++s) {
          // The operand does not see these slots; and other threads may be multiplying them at this moment.
          if (is_second_stage(s)) continue;
          float* slot = out + p.position[s] * p.da_stride;
          (at(slot) + da[s]).store_unaligned(slot);
        }
        if (p.drop_operand_carry) continue;
        float* carry = p.carry + row * p.carry_row_stride + offset;
        for (int s = 0; s < C::kStates; ++s) {
          float* state = carry + s * p.carry_stride;
          (at(state) + dprev[s]).store_unaligned(state);
        }
      }
    }
  }

 private:
  static inline __attribute__((always_inline)) void load_saved(const float* saved_row, const float* prev_row,
                                                               std::int64_t slot_stride, std::int64_t offset,
                                                               Batch (&saved)[Kernel::kSaved],
                                                               Batch (&prev)[C::kStates]) {
    for (int s = 0; s < Kernel::kSaved; ++s) saved[s] = at(saved_row + s * slot_stride + offset);
    for (int s = 0; s < C::kStates; ++s) prev[s] = at(prev_row + s * slot_stride + offset);
  }
};

template <class C>
constexpr CellKernels make_cell_kernels() {
  using P = Pointwise<C>;
  CellKernels k = {
      {&P::template forward<cell::ExactMath>, &P::template forward<cell::FastMath>,
       &P::template forward<cell::LinearMath>},
      {&P::template backward<cell::ExactMath>, &P::template backward<cell::FastMath>,
       &P::template backward<cell::LinearMath>},
      {},
      {},
      {},
  };
  if constexpr (cell::TwoStages<C>) {
    k.operand[0] = &P::template operand<cell::ExactMath>;
    k.operand[1] = &P::template operand<cell::FastMath>;
    k.operand[2] = &P::template operand<cell::LinearMath>;
    k.operand_backward[0] = &P::template operand_backward<cell::ExactMath>;
    k.operand_backward[1] = &P::template operand_backward<cell::FastMath>;
    k.operand_backward[2] = &P::template operand_backward<cell::LinearMath>;
    k.saved_operand[0] = &P::template saved_operand<cell::ExactMath>;
    k.saved_operand[1] = &P::template saved_operand<cell::FastMath>;
    k.saved_operand[2] = &P::template saved_operand<cell::LinearMath>;
  }
  return k;
}

}  // namespace flashrnn::cpu::FLASHRNN_ISA_NAMESPACE

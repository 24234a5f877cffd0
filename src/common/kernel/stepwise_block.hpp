// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/product.hpp"
#include "common/kernel/rows.hpp"
#include "common/kernel/stepwise.hpp"

/// What the stepwise kernels share: which cells a block and a thread have, and how single cells reach tensors.
namespace flashrnn::kernel {

/// What the planner takes for the kernels of a Config; `gates` are those of its block's shape.
template <class C>
constexpr Needs stepwise_needs(int gates) {
  Needs needs;
  needs.gates = gates;
  needs.input_gates = C::Cell::kInputGates;
  needs.bias_gates = C::Cell::kBiases;
  needs.states = C::Cell::kStates;
  needs.second_stage_gates = gates == 1 ? 0 : C::Cell::kRecurrentGates - C::Kernel::first_stage_gates();
  needs.element_bytes = sizeof(typename C::Element);
  return needs;
}

/// The shared memory of a block, as the planner has it.
template <class C, int Gates>
inline constexpr Int64 kStepwiseShared = stepwise::shared_bytes(BlockShape<C, Gates>::kInstruction,
                                                                stepwise_needs<C>(Gates), C::kTile);

/// Blocks of a grid that covers `rows` rows of the batch (or tokens), all heads and units.
template <class Shape>
constexpr Int64 stepwise_blocks(Int64 rows, Int64 heads, Int64 padded_dim) {
  return ceil_div(padded_dim, Shape::kUnits) * heads * ceil_div(rows, Shape::kRows);
}

/// One block's share: units of one head in some rows.
template <class Shape>
struct BlockPlace {
  Int64 first_row;
  Int32 head;
  Int32 first_unit;

  template <class D>
  FLASHRNN_DEVICE_FN BlockPlace(D& dev, Int32 heads, Int32 padded_dim) {
    const int unit_blocks = (padded_dim + Shape::kUnits - 1) / Shape::kUnits;
    first_unit = dev.block() % unit_blocks * Shape::kUnits;
    head = dev.block() / unit_blocks % heads;
    first_row = static_cast<Int64>(dev.block() / unit_blocks / heads) * Shape::kRows;
  }
};

/// One cell of a block: a unit of a row.
struct CellPlace {
  Int64 row;  ///< of the batch, or token
  Int32 head;
  Int32 unit;  ///< of the head
  int row_in_block;
  int unit_in_block;
  bool inside;  ///< of the rows and of the padded units; other fields may then be used
};

/// Cells of a thread, neighbours in units side by side: what a warp reads lies together.
template <class Shape>
inline constexpr int kThreadCells = (Shape::kRows * Shape::kUnits + Shape::kThreads - 1) / Shape::kThreads;

template <class Shape, class D>
FLASHRNN_DEVICE_FN CellPlace cell_place(D& dev, const BlockPlace<Shape>& block, int i, Int64 rows, Int32 padded_dim) {
  const int index = dev.thread() + i * Shape::kThreads;
  CellPlace place;
  place.row_in_block = index / Shape::kUnits;
  place.unit_in_block = index % Shape::kUnits;
  place.row = block.first_row + place.row_in_block;
  place.head = block.head;
  place.unit = block.first_unit + place.unit_in_block;
  place.inside = place.row_in_block < Shape::kRows && place.row < rows && place.unit < padded_dim;
  return place;
}

/// -limit <= x <= limit; a NaN passes through.
FLASHRNN_DEVICE_FN float clamp(float x, float limit) {
  if (x > limit) return limit;
  return x < -limit ? -limit : x;
}

/// Whether row b is reset before its token at `time`.
template <Uint32 Compiled, class D>
FLASHRNN_DEVICE_FN bool is_reset(D& dev, const Extents<D>& e, const RowWalk& walk, Int64 b, Int64 time) {
  if (!has<Compiled>(e.flags, kResets)) return false;
  const Int64 row = has<Compiled>(e.flags, kPacked) ? walk.first_time : b * e.resets_stride_b;
  return dev.load(e.resets + (row + time)) != 0;
}

/// Element (s, b, head, unit) of a state tensor [S, B, N, D]; 0 where the tensor is null.
template <class D, class StateElement>
FLASHRNN_DEVICE_FN float load_state(D& dev, const Tensor<D, StateElement>& tensor, const Extents<D>& e, int s,
                                    const CellPlace& cell) {
  if (!tensor.data) return 0.0F;
  const Int64 unit = static_cast<Int64>(cell.head) * e.head_dim + cell.unit;
  return dev.to_float(dev.load(tensor.data + (s * tensor.stride_s + cell.row * tensor.stride_b + unit)));
}

template <class D, class StateElement>
FLASHRNN_DEVICE_FN void store_state(D& dev, const Tensor<D, StateElement>& tensor, const Extents<D>& e, int s,
                                    const CellPlace& cell, float value) {
  const Int64 unit = static_cast<Int64>(cell.head) * e.head_dim + cell.unit;
  dev.store(tensor.data + (s * tensor.stride_s + cell.row * tensor.stride_b + unit),
            dev.template from_float<StateElement>(value));
}

/// Of a buffer [..., rows, N, P] of the library: where a row's unit lies behind its plane.
FLASHRNN_DEVICE_FN Int64 padded_index(Int32 heads, Int32 padded_dim, Int64 row, Int32 head, Int32 unit) {
  return (row * heads + head) * padded_dim + unit;
}

/// Zeros in a buffer [M, values] from `first` token on: the whole grid does it together. `values` is a multiple of 16
/// bytes.
template <class Element, class D>
FLASHRNN_DEVICE_FN void zero_tokens(D& dev, Global<D, Element> buffer, Int64 first, Int64 tokens, Int64 values) {
  constexpr int kVector = 16 / static_cast<int>(sizeof(Element));
  const Int64 stride = static_cast<Int64>(dev.block_count()) * dev.thread_count() * kVector;
  const Int64 start = (static_cast<Int64>(dev.block()) * dev.thread_count() + dev.thread()) * kVector;
  for (Int64 i = first * values + start; i < tokens * values; i += stride) {
    dev.store(buffer + i, device::Vec<Element, kVector>{});
  }
}

/// The pre-activations of a cell before any product: biases and the input gates at `wx` (units of one head apart).
template <class D, class C>
FLASHRNN_DEVICE_FN void load_inputs(D& dev, float (&a)[C::Cell::kBiases],
                                    const PackedWeights<D, typename C::Element>& weights,
                                    Global<D, const typename C::Element> wx, const Extents<D>& e, Int32 head,
                                    Int32 unit) {
  FLASHRNN_UNROLL
  for (int slot = 0; slot < C::Cell::kBiases; ++slot) {
    a[slot] = dev.load(weights.bias + padded_index(e.heads, e.padded_dim, slot, head, unit));
  }
  const Int64 gate_stride = static_cast<Int64>(e.heads) * e.head_dim;
  const Int64 first = static_cast<Int64>(head) * e.head_dim + unit;
  FLASHRNN_UNROLL
  for (int gate = 0; gate < C::Cell::kInputGates; ++gate) {
    a[C::Cell::input_slot(gate)] += dev.to_float(dev.load(wx + (gate * gate_stride + first)));
  }
}

/// R of a gate and unit of a block, the last unit of the head where the block has more.
template <class D, class Element>
FLASHRNN_DEVICE_FN Global<D, const Element> weight_row(Global<D, const Element> r, const Extents<D>& e, int gate,
                                                       Int32 head, Int32 unit) {
  const Int64 row = unit < e.padded_dim ? unit : e.padded_dim - 1;
  return r + ((static_cast<Int64>(gate) * e.heads + head) * e.padded_dim + row) * e.padded_dim;
}

}  // namespace flashrnn::kernel

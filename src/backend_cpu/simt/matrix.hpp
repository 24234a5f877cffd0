// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simt/engine.hpp"
#include "common/device/half.hpp"
#include "common/device/tile.hpp"

/// The matrix instructions, from the layouts that their tiles state.
namespace flashrnn::simt {

template <device::MatrixTile T>
struct MatrixArguments {
  device::Accumulator<T>* c;
  const device::OperandA<T>* a;
  const device::OperandB<T>* b;
};

/// C += A B with products and sums in fp64, rounded once to fp32: at least as precise as any device, whose inner
/// rounding is not documented.
template <device::MatrixTile T>
void multiply_tile(Engine& engine, Warp& warp, WarpOperation& operation) {
  float a[T::kM][T::kK];
  float b[T::kN][T::kK];
  bool a_set[T::kM][T::kK] = {};
  bool b_set[T::kN][T::kK] = {};
  // Where several lanes hold copies of an element (WMMA), the copies have to be the same.
  const auto put = [&](int lane, const char* name, float& slot, bool& set, float value) {
    if (set && device::float_bits(slot) != device::float_bits(value)) {
      engine.fault(warp.lanes[lane], "gives a matrix product another copy of an element of %s than a lane before it",
                   name);
    }
    slot = value;
    set = true;
  };
  for (int lane = 0; lane < T::kLanes; ++lane) {
    const auto& arguments = *static_cast<const MatrixArguments<T>*>(operation.in[lane]);
    for (int i = 0; i < T::kA; ++i) {
      const device::Coordinate at = T::a(lane, i);
      put(lane, "A", a[at.row][at.column], a_set[at.row][at.column], device::to_float(arguments.a->element(i)));
    }
    for (int i = 0; i < T::kB; ++i) {
      const device::Coordinate at = T::b(lane, i);
      put(lane, "B", b[at.column][at.row], b_set[at.column][at.row], device::to_float(arguments.b->element(i)));
    }
  }
  for (int lane = 0; lane < T::kLanes; ++lane) {
    device::Accumulator<T>& c = *static_cast<const MatrixArguments<T>*>(operation.in[lane])->c;
    for (int i = 0; i < T::kC; ++i) {
      const device::Coordinate at = T::c(lane, i);
      double sum = c[i];
      for (int k = 0; k < T::kK; ++k) {
        sum += static_cast<double>(a[at.row][k]) * static_cast<double>(b[at.column][k]);
      }
      c[i] = static_cast<float>(sum);
    }
  }
}

/// ldmatrix (PTX ISA, "Warp-level matrix load instruction: ldmatrix"): lane l gets elements 2 (l % 4) and the next of
/// row l / 4 of each 8 x 8 matrix, or of its transpose.
template <int Count, bool Transposed>
void load_matrices(Engine& engine, Warp& warp, WarpOperation& operation) {
  device::Uint16 rows[8][8];
  for (int matrix = 0; matrix < Count; ++matrix) {
    for (int r = 0; r < 8; ++r) {
      const int lane = matrix * 8 + r;
      engine.read(warp.lanes[lane], *static_cast<const Place*>(operation.in[lane]), rows[r], 16, 16);
    }
    for (int lane = 0; lane < 32; ++lane) {
      const int row = lane / 4;
      const int column = lane % 4 * 2;
      const device::Uint32 low = Transposed ? rows[column][row] : rows[row][column];
      const device::Uint32 high = Transposed ? rows[column + 1][row] : rows[row][column + 1];
      (*static_cast<device::Vec<device::Uint32, Count>*>(operation.out[lane]))[matrix] = low | high << 16;
    }
  }
}

template <int Count>
struct StoreMatrixArguments {
  const Place* row;
  device::Vec<device::Uint32, Count> registers;
};

/// stmatrix (PTX ISA, "Warp-level matrix store instruction: stmatrix"): lane l holds the elements that ldmatrix would
/// have given it.
template <int Count, bool Transposed>
void store_matrices(Engine& engine, Warp& warp, WarpOperation& operation) {
  const auto arguments = [&](int lane) -> const StoreMatrixArguments<Count>& {
    return *static_cast<const StoreMatrixArguments<Count>*>(operation.in[lane]);
  };
  device::Uint16 rows[8][8];
  for (int matrix = 0; matrix < Count; ++matrix) {
    for (int lane = 0; lane < 32; ++lane) {
      const device::Uint32 pair = arguments(lane).registers[matrix];
      for (int half = 0; half < 2; ++half) {
        const int row = lane / 4;
        const int column = lane % 4 * 2 + half;
        (Transposed ? rows[column][row] : rows[row][column]) = static_cast<device::Uint16>(pair >> (half * 16));
      }
    }
    for (int r = 0; r < 8; ++r) {
      const int lane = matrix * 8 + r;
      engine.write(warp.lanes[lane], *arguments(lane).row, rows[r], 16, 16);
    }
  }
}

}  // namespace flashrnn::simt

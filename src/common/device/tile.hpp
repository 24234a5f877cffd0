// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/types.hpp"

/// A matrix tile: C [M, N] += A [M, K] B [K, N], held by the lanes of one warp. A tile says which element of each
/// matrix the i-th element of a lane is; everything else (loads, stores, the emulation's product, tests) follows from
/// that. A and B may be held by several lanes at once, C never.
namespace flashrnn::device {

struct Coordinate {
  int row;
  int column;
};

template <class T>
concept MatrixTile = requires(int lane, int i) {
  typename T::Input;
  requires T::kLanes == 32 || T::kLanes == 64;
  requires T::kM >
  0 && T::kN > 0 && T::kK > 0;
  requires T::kA >
  0 && T::kB > 0 && T::kC > 0;            // elements a lane
  { T::a(lane, i) } -> Same<Coordinate>;  // row in M, column in K
  { T::b(lane, i) } -> Same<Coordinate>;  // row in K, column in N
  { T::c(lane, i) } -> Same<Coordinate>;  // row in M, column in N
};

/// The 32-bit registers of an operand. Elements fill them from the lower half up.
template <class Input, int Count>
struct OperandRegisters {
  static_assert(Count * sizeof(Input) % 4 == 0, "An operand fills whole registers.");
  static constexpr int kElements = Count;
  static constexpr int kRegisters = Count * static_cast<int>(sizeof(Input)) / 4;
  Uint32 reg[kRegisters];

  FLASHRNN_DEVICE_FN Input element(int i) const {
    if constexpr (sizeof(Input) == 2) {
      return Input{static_cast<Uint16>(reg[i / 2] >> (i % 2 * 16))};
    } else {
      return __builtin_bit_cast(Input, reg[i]);
    }
  }
  FLASHRNN_DEVICE_FN void set_element(int i, Input x) {
    if constexpr (sizeof(Input) == 2) {
      const int shift = i % 2 * 16;
      reg[i / 2] = (reg[i / 2] & ~(0xffffU << shift)) | static_cast<Uint32>(x.bits) << shift;
    } else {
      reg[i] = __builtin_bit_cast(Uint32, x);
    }
  }
};

template <MatrixTile T>
struct OperandA : OperandRegisters<typename T::Input, T::kA> {};
template <MatrixTile T>
struct OperandB : OperandRegisters<typename T::Input, T::kB> {};

template <MatrixTile T>
struct Accumulator {
  float v[T::kC];
  FLASHRNN_DEVICE_FN float& operator[](int i) { return v[i]; }
  FLASHRNN_DEVICE_FN const float& operator[](int i) const { return v[i]; }
  FLASHRNN_DEVICE_FN void clear() {
    for (int i = 0; i < T::kC; ++i) v[i] = 0.0F;
  }
};

}  // namespace flashrnn::device

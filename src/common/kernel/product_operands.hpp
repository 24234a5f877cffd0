// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/device.hpp"
#include "common/device/tile_io.hpp"

/// Operands of a matrix tile from shared memory as quickly as the device can: with ldmatrix where the device has it and
/// the tile is laid out for it, else in the longest runs of k that a lane holds.
namespace flashrnn::kernel {

/// How many elements of k lie side by side in a lane's operand: they move as one access, of at most 16 bytes.
template <class T, bool IsA>
constexpr int operand_run() {
  constexpr int kCount = IsA ? T::kA : T::kB;
  int run = 16 / static_cast<int>(sizeof(typename T::Input));
  while (run > 1) {
    bool fits = kCount % run == 0;
    for (int lane = 0; fits && lane < T::kLanes; ++lane) {
      for (int i = 0; fits && i < kCount; ++i) {
        const device::Coordinate first = IsA ? T::a(lane, i / run * run) : T::b(lane, i / run * run);
        const device::Coordinate at = IsA ? T::a(lane, i) : T::b(lane, i);
        const int line = IsA ? at.row - first.row : at.column - first.column;
        const int k = IsA ? at.column - first.column : at.row - first.row;
        const int first_k = IsA ? first.column : first.row;
        fits = line == 0 && k == i % run && first_k % run == 0;
      }
    }
    if (fits) return run;
    run /= 2;
  }
  return 1;
}

template <class D, class T, class Stored>
inline constexpr bool kLoadsMatrices = false;
template <class D, class Input>
inline constexpr bool kLoadsMatrices<D, device::MmaSyncM16N8K16<Input>, Input> = D::kHasLdmatrix;

/// Operands whose rows (of A: M, of B: N) lie `Stride` elements apart in shared memory, k side by side. A row starts at
/// a multiple of 16 bytes.
template <class D, class T, class Stored, int Stride>
struct SharedOperands {
  using Source = device::Shared<D, const Stored>;

  static FLASHRNN_DEVICE_FN void load_a(D& dev, device::OperandA<T>& a, Source source) {
    if constexpr (kLoadsMatrices<D, T, Stored>) {
      const int lane = dev.lane();
      const auto r = dev.template ldmatrix<4, false>(source + (lane % 16 * Stride + lane / 16 * 8));
      FLASHRNN_UNROLL
      for (int i = 0; i < 4; ++i) a.reg[i] = r[i];
    } else {
      constexpr int kRun = operand_run<T, true>();
      FLASHRNN_UNROLL
      for (int i = 0; i < T::kA; i += kRun) {
        const device::Coordinate at = T::a(dev.lane(), i);
        const auto run = dev.template load_vec<kRun>(source + (at.row * Stride + at.column));
        FLASHRNN_UNROLL
        for (int j = 0; j < kRun; ++j) a.set_element(i + j, device::as_input<typename T::Input>(run[j]));
      }
    }
  }

  /// `Count` tiles side by side in N.
  template <int Count>
  static FLASHRNN_DEVICE_FN void load_b(D& dev, device::OperandB<T> (&b)[Count], Source source) {
    if constexpr (kLoadsMatrices<D, T, Stored>) {
      const int lane = dev.lane();
      FLASHRNN_UNROLL
      for (int i = 0; i + 1 < Count; i += 2) {
        const int row = i * T::kN + lane % 8 + lane / 16 * 8;
        const auto r = dev.template ldmatrix<4, false>(source + (row * Stride + lane / 8 % 2 * 8));
        b[i].reg[0] = r[0];
        b[i].reg[1] = r[1];
        b[i + 1].reg[0] = r[2];
        b[i + 1].reg[1] = r[3];
      }
      if constexpr (Count % 2 == 1) {
        const int row = (Count - 1) * T::kN + lane % 8;
        const auto r = dev.template ldmatrix<2, false>(source + (row * Stride + lane / 8 % 2 * 8));
        b[Count - 1].reg[0] = r[0];
        b[Count - 1].reg[1] = r[1];
      }
    } else {
      constexpr int kRun = operand_run<T, false>();
      FLASHRNN_UNROLL
      for (int tile = 0; tile < Count; ++tile) {
        FLASHRNN_UNROLL
        for (int i = 0; i < T::kB; i += kRun) {
          const device::Coordinate at = T::b(dev.lane(), i);
          const auto run = dev.template load_vec<kRun>(source + ((tile * T::kN + at.column) * Stride + at.row));
          FLASHRNN_UNROLL
          for (int j = 0; j < kRun; ++j) b[tile].set_element(i + j, device::as_input<typename T::Input>(run[j]));
        }
      }
    }
  }
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/device.hpp"
#include "common/device/tile_io.hpp"
#include "common/device/tile_mma_sync.hpp"

/// Loops over k of products that are many plain instructions: unrolled they would fill the instruction cache.
#if defined(__CUDACC__) || defined(__HIP__)
#define FLASHRNN_NO_UNROLL _Pragma("unroll 1")
#else
#define FLASHRNN_NO_UNROLL
#endif

/// Operands of a matrix tile from shared memory in which tokens are rows: both operands of the weight gradient lie
/// with K outside.
namespace flashrnn::kernel::weight_gradient {

/// mma.sync of 16-bit elements on a device with ldmatrix, which transposes on the way.
template <class T>
inline constexpr bool kMmaSync16 = false;
template <class Input>
inline constexpr bool kMmaSync16<device::MmaSyncM16N8K16<Input>> = true;
template <class D, class T>
inline constexpr bool kByLdmatrix = D::kHasLdmatrix&& kMmaSync16<T>;

/// How many of a lane's elements of one k are neighbours along M (of A) or N (of B) and come in one access.
constexpr int run_of(int count) { return count % 4 == 0 ? 4 : count % 2 == 0 ? 2 : 1; }
template <class T>
inline constexpr int kRunA = 0;  // unknown: element by element, as the layout says
template <class T>
inline constexpr int kRunB = 0;
template <class Input, int Lanes, int LaneRows, int Rows, int Columns, int Depth>
inline constexpr int kRunA<device::FmaTile<Input, Lanes, LaneRows, Rows, Columns, Depth>> = run_of(Rows);
template <class Input, int Lanes, int LaneRows, int Rows, int Columns, int Depth>
inline constexpr int kRunB<device::FmaTile<Input, Lanes, LaneRows, Rows, Columns, Depth>> = run_of(Columns);

/// What every load of a lane adds to its address: computed once.
template <class T, class D>
FLASHRNN_DEVICE_FN int lane_offset_a(D& dev, int stride) {
  if constexpr (kByLdmatrix<D, T>) {
    // Matrices: m 0 and 8 of k 0, then of k 8.
    const int matrix = dev.lane() / 8;
    return (matrix / 2 * 8 + dev.lane() % 8) * stride + matrix % 2 * 8;
  } else if constexpr (kRunA<T> > 0) {
    return T::a(dev.lane(), 0).row;
  } else {
    return 0;
  }
}
template <class T, class D>
FLASHRNN_DEVICE_FN int lane_offset_b(D& dev, int stride) {
  if constexpr (kByLdmatrix<D, T>) {
    // Matrices: k 0 and 8 of n 0, then of n 8.
    const int matrix = dev.lane() / 8;
    return (matrix % 2 * 8 + dev.lane() % 8) * stride + matrix / 2 * 8;
  } else if constexpr (kRunB<T> > 0) {
    return T::b(dev.lane(), 0).column;
  } else {
    return 0;
  }
}

/// A [M, K] from `source` [K][stride]; lane_offset_a is in `source` already.
template <class T, class D, class Pointer>
FLASHRNN_DEVICE_FN void load_tokens_a(D& dev, device::OperandA<T>& a, Pointer source, int stride) {
  if constexpr (kByLdmatrix<D, T>) {
    const auto four = dev.template ldmatrix<4, true>(source);
    for (int i = 0; i < 4; ++i) a.reg[i] = four[i];
  } else if constexpr (kRunA<T> > 0) {
    FLASHRNN_UNROLL
    for (int k = 0; k < T::kK; ++k) {
      FLASHRNN_UNROLL
      for (int row = 0; row < T::kA / T::kK; row += kRunA<T>) {
        const auto run = dev.template load_vec<kRunA<T>>(source + (k * stride + row));
        FLASHRNN_UNROLL
        for (int j = 0; j < kRunA<T>; ++j) a.set_element((row + j) * T::kK + k, run[j]);
      }
    }
  } else {
    for (int i = 0; i < T::kA; ++i) {
      const device::Coordinate at = T::a(dev.lane(), i);
      a.set_element(i, device::as_input<typename T::Input>(dev.load(source + (at.column * stride + at.row))));
    }
  }
}

/// Count (1 or 2) operands B [K, N] side by side from `source` [K][stride].
template <class T, int Count, class D, class Pointer>
FLASHRNN_DEVICE_FN void load_tokens_b(D& dev, device::OperandB<T> (&b)[Count], Pointer source, int stride) {
  if constexpr (kByLdmatrix<D, T> && Count == 2) {
    const auto four = dev.template ldmatrix<4, true>(source);
    for (int i = 0; i < 4; ++i) b[i / 2].reg[i % 2] = four[i];
  } else if constexpr (kByLdmatrix<D, T>) {
    const auto two = dev.template ldmatrix<2, true>(source);
    for (int i = 0; i < 2; ++i) b[0].reg[i] = two[i];
  } else {
    for (int n = 0; n < Count; ++n) {
      if constexpr (kRunB < T >> 0) {
        FLASHRNN_UNROLL
        for (int k = 0; k < T::kK; ++k) {
          FLASHRNN_UNROLL
          for (int column = 0; column < T::kB / T::kK; column += kRunB<T>) {
            const auto run = dev.template load_vec<kRunB<T>>(source + (k * stride + n * T::kN + column));
            FLASHRNN_UNROLL
            for (int j = 0; j < kRunB<T>; ++j) b[n].set_element((column + j) * T::kK + k, run[j]);
          }
        }
      } else {
        for (int i = 0; i < T::kB; ++i) {
          const device::Coordinate at = T::b(dev.lane(), i);
          b[n].set_element(
              i, device::as_input<typename T::Input>(dev.load(source + (at.row * stride + at.column + n * T::kN))));
        }
      }
    }
  }
}

/// A lane's sums come in pairs of neighbours of a row.
template <class T>
constexpr bool sums_are_pairs() {
  if (T::kC % 2 != 0 || T::kN % 2 != 0) return false;
  for (int lane = 0; lane < T::kLanes; ++lane) {
    for (int i = 0; i < T::kC; i += 2) {
      const device::Coordinate first = T::c(lane, i);
      const device::Coordinate second = T::c(lane, i + 1);
      if (first.column % 2 != 0 || second.row != first.row || second.column != first.column + 1) return false;
    }
  }
  return true;
}

/// C [M, N] to `target` [M][stride]; `stride` and the alignment of `target` are even.
template <class T, class D, class Pointer>
FLASHRNN_DEVICE_FN void store_sums(D& dev, const device::Accumulator<T>& c, Pointer target, int stride) {
  if constexpr (sums_are_pairs<T>()) {
    FLASHRNN_UNROLL
    for (int i = 0; i < T::kC; i += 2) {
      const device::Coordinate at = T::c(dev.lane(), i);
      dev.store(target + (at.row * stride + at.column), device::Vec<float, 2>{{c[i], c[i + 1]}});
    }
  } else {
    FLASHRNN_UNROLL
    for (int i = 0; i < T::kC; ++i) {
      const device::Coordinate at = T::c(dev.lane(), i);
      dev.store(target + (at.row * stride + at.column), c[i]);
    }
  }
}

}  // namespace flashrnn::kernel::weight_gradient

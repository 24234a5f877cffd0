// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/half.hpp"
#include "common/device/tile.hpp"

/// Operands from and accumulators to memory, for every tile and device, element by element as the tile's layout says.
/// `stride` counts elements between rows. Slow beside ldmatrix: for set-up, edges and devices without it.
namespace flashrnn::device {

/// What lies in memory as the tile's input: itself, or float that is rounded (tf32).
template <class Input, class Stored>
FLASHRNN_DEVICE_FN Input as_input(Stored x) {
  if constexpr (kSame<Input, Stored>) {
    return x;
  } else {
    return from_float<Input>(to_float(x));
  }
}

/// A [M, K], rows along M.
template <MatrixTile T, class D, class Pointer>
FLASHRNN_DEVICE_FN void load_a(D& dev, OperandA<T>& a, Pointer source, int stride) {
  for (int i = 0; i < T::kA; ++i) {
    const Coordinate at = T::a(dev.lane(), i);
    a.set_element(i, as_input<typename T::Input>(dev.load(source + (at.row * stride + at.column))));
  }
}

/// B [K, N] given as its transpose [N, K]: rows along N.
template <MatrixTile T, class D, class Pointer>
FLASHRNN_DEVICE_FN void load_b_transposed(D& dev, OperandB<T>& b, Pointer source, int stride) {
  for (int i = 0; i < T::kB; ++i) {
    const Coordinate at = T::b(dev.lane(), i);
    b.set_element(i, as_input<typename T::Input>(dev.load(source + (at.column * stride + at.row))));
  }
}

/// B [K, N], rows along K.
template <MatrixTile T, class D, class Pointer>
FLASHRNN_DEVICE_FN void load_b(D& dev, OperandB<T>& b, Pointer source, int stride) {
  for (int i = 0; i < T::kB; ++i) {
    const Coordinate at = T::b(dev.lane(), i);
    b.set_element(i, as_input<typename T::Input>(dev.load(source + (at.row * stride + at.column))));
  }
}

/// C [M, N], rows along M, in fp32.
template <MatrixTile T, class D, class Pointer>
FLASHRNN_DEVICE_FN void store_c(D& dev, const Accumulator<T>& c, Pointer target, int stride) {
  for (int i = 0; i < T::kC; ++i) {
    const Coordinate at = T::c(dev.lane(), i);
    dev.store(target + (at.row * stride + at.column), c[i]);
  }
}

}  // namespace flashrnn::device

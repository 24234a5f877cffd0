// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/config.hpp"
#include "common/kernel/stepwise_parameters.hpp"

namespace flashrnn::kernel {

/// R and b into PackedWeights: padded with zeros, R also transposed, b in fp32. Any number of blocks.
template <class D, class C>
struct PackWeights {
  using Cell = typename C::Cell;
  using Element = typename C::Element;
  using Parameters = PackParameters<D, Element>;
  static constexpr int kThreads = 256;
  static constexpr int kSide = 32;
  static constexpr int kStride = kSide + 1;  // against bank conflicts, of elements of 4 bytes

  struct Shared {
    device::SharedArray<D, float, kSide * kStride> tile;
  };

  /// Squares of R, and one for b.
  static constexpr Int64 blocks(Int64 heads, Int64 padded_dim) {
    const Int64 side = ceil_div(padded_dim, kSide);
    return Cell::kRecurrentGates * heads * side * side + 1;
  }

  static FLASHRNN_DEVICE_FN void run(D& dev, const Parameters& p) {
    Shared& shared = dev.template shared<Shared>();
    const Int64 side = ceil_div(p.padded_dim, kSide);
    const Int64 squares = Cell::kRecurrentGates * static_cast<Int64>(p.heads) * side * side;
    for (Int64 i = dev.block(); i <= squares; i += dev.block_count()) {
      if (i == squares) {
        pack_bias(dev, p);
      } else {
        pack_square(dev, p, shared, i / (side * side), i / side % side * kSide, i % side * kSide);
      }
    }
  }

 private:
  static FLASHRNN_DEVICE_FN void pack_bias(D& dev, const Parameters& p) {
    const Int64 count = static_cast<Int64>(Cell::kBiases) * p.heads * p.padded_dim;
    for (Int64 i = dev.thread(); i < count; i += kThreads) {
      const Int64 unit = i % p.padded_dim;
      float x = 0.0F;
      if (p.b && unit < p.head_dim) x = dev.to_float(dev.load(p.b + (i / p.padded_dim * p.head_dim + unit)));
      dev.store(p.packed_bias + i, x);
    }
  }

  // One square of the block of R of one gate and head.
  static FLASHRNN_DEVICE_FN void pack_square(D& dev, const Parameters& p, Shared& shared, Int64 block, Int64 first_row,
                                             Int64 first_column) {
    const Int64 dim = p.head_dim;
    const Int64 padded = p.padded_dim;
    const Int64 packed_block = block * padded * padded;
    for (int i = dev.thread(); i < kSide * kSide; i += kThreads) {
      const Int64 row = first_row + i / kSide;
      const Int64 column = first_column + i % kSide;
      Element x = dev.template from_float<Element>(0.0F);
      if (row < dim && column < dim) x = dev.load(p.r + ((block * dim + row) * dim + column));
      if (row < padded && column < padded) dev.store(p.packed_r + (packed_block + row * padded + column), x);
      dev.store(shared.tile.data() + (i / kSide * kStride + i % kSide), dev.to_float(x));
    }
    if (!p.packed_r_transposed) return;
    dev.block_barrier();
    for (int i = dev.thread(); i < kSide * kSide; i += kThreads) {
      const Int64 row = first_column + i / kSide;
      const Int64 column = first_row + i % kSide;
      if (row >= padded || column >= padded) continue;
      const float x = dev.load(shared.tile.data() + (i % kSide * kStride + i / kSide));
      dev.store(p.packed_r_transposed + (packed_block + row * padded + column), dev.template from_float<Element>(x));
    }
    dev.block_barrier();  // the next square overwrites the tile
  }
};

}  // namespace flashrnn::kernel

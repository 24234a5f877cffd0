// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/parameters.hpp"

/// Which token a row of the batch reads at a step, with lengths, packing and reverse time.
namespace flashrnn::kernel {

/// One row. Steps count from 0 in the order of processing; the row takes part in steps 0 to length - 1.
struct RowWalk {
  Int64 length = 0;
  Int64 first_token = 0;  ///< in the numbering of the library's own buffers
  Int64 first_time = 0;   ///< what time counts from in the caller's tensors: cu_seqlens[b] with kPacked, else 0

  /// The time of `step` in the row. Steps past the end stand for the positions behind it, which are padding: there the
  /// caller's outputs are zeros. (Packed rows have none: ask `reaches` first.)
  template <Uint32 Compiled>
  FLASHRNN_DEVICE_FN Int64 time(Uint32 flags, Int64 step) const {
    return has<Compiled>(flags, kReverse) && step < length ? length - 1 - step : step;
  }
  FLASHRNN_DEVICE_FN bool reaches(Int64 step) const { return step < length; }
};

/// The walk of row `b`; for b >= batch (padding of a tile) a row of length 0 at token 0.
template <Uint32 Compiled, class D>
FLASHRNN_DEVICE_FN RowWalk row_walk(D& dev, const Extents<D>& e, Int64 b) {
  RowWalk walk;
  if (b >= e.batch) return walk;
  if (has<Compiled>(e.flags, kPacked)) {
    walk.first_token = walk.first_time = dev.load(e.cu_seqlens + b);
    walk.length = dev.load(e.cu_seqlens + (b + 1)) - walk.first_token;
    return walk;
  }
  walk.first_token = b * e.steps;
  walk.length = has<Compiled>(e.flags, kLengths) ? dev.load(e.lengths + b) : e.steps;
  return walk;
}

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/parameters.hpp"

namespace flashrnn::kernel {

/// Of WeightGradient and of WeightGradientSum, which is launched after it. Their letters are those of parameters.hpp.
template <class D, class Element>
struct WeightGradientParameters {
  Extents<D> extents;
  Global<D, const Element> gradients{};  ///< [M, N, A, P], as BackwardParameters::gradients
  Global<D, const Element> kept{};       ///< [M, N, kept_values, P], of which value 0 is read; as Reserve::kept
  Int32 kept_values = 1;                 ///< V
  Int32 accumulate = 0;                  ///< 1: dr and dbias are added to, not written
  /// Blocks of the WeightGradient launch (the sum's own launch has other ones).
  Int32 blocks = 1;
  /// 1: `gradients` is [M, A, N, P], as a dense dwx is where every slot has its input gate.
  Int32 slots_first = 0;
  Global<D, float> partial{};  ///< workspace, weight_gradient::Launch::workspace_bytes; aligned to 16
  Global<D, float> dr{};       ///< out [Gr, N, D, D], the caller's; null: not wanted
  Global<D, float> dbias{};    ///< out [Gb, N, D], the caller's; null: not wanted

  template <class To, class Map>
  WeightGradientParameters<To, Element> convert(const Map& map) const {
    return {extents.template convert<To>(map),
            map(gradients),
            map(kept),
            kept_values,
            accumulate,
            blocks,
            slots_first,
            map(partial),
            map(dr),
            map(dbias)};
  }
};

}  // namespace flashrnn::kernel

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cpu/simt/engine.hpp"

/// Shuffles and votes.
namespace flashrnn::simt {

template <class T>
struct ShuffleArguments {
  T value;
  int source;  // a lane; the caller's own where the operation has no other for it
};

template <class T>
void shuffle_lanes(Engine& engine, Warp& warp, WarpOperation& operation) {
  for (std::uint64_t rest = operation.mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctzll(rest);
    const int source = static_cast<const ShuffleArguments<T>*>(operation.in[lane])->source;
    if (source < 0 || source >= engine.kernel.warp_size || (operation.mask >> source & 1) == 0) {
      engine.fault(warp.lanes[lane], "shuffles from lane %d, which its mask 0x%llx does not name", source,
                   static_cast<unsigned long long>(operation.mask));
    }
    *static_cast<T*>(operation.out[lane]) = static_cast<const ShuffleArguments<T>*>(operation.in[source])->value;
  }
}

/// Bit l of the result: what lane l of the mask said.
inline void vote_lanes(Engine&, Warp&, WarpOperation& operation) {
  std::uint64_t votes = 0;
  for (std::uint64_t rest = operation.mask; rest != 0; rest &= rest - 1) {
    const int lane = __builtin_ctzll(rest);
    if (*static_cast<const bool*>(operation.in[lane])) votes |= std::uint64_t{1} << lane;
  }
  for (std::uint64_t rest = operation.mask; rest != 0; rest &= rest - 1) {
    *static_cast<std::uint64_t*>(operation.out[__builtin_ctzll(rest)]) = votes;
  }
}

}  // namespace flashrnn::simt

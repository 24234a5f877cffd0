// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/flags.hpp"

/// What kernels are given. All structs are templates over D, whose Global<T> is a pointer: T* on a GPU and for the host
/// that fills them in (Plain), a checked pointer in the emulation. Every struct has `convert<To>(map)`, which makes the
/// same struct for another D by `map(pointer)`.
///
/// Letters: B rows of the batch, T steps, N heads, D units of a head, P = padded_dim: D rounded up to kDimPadding,
/// which is how the library's own buffers store it (the padding holds zeros). A *token* is one row's input at one time:
/// token b T + t, or t of cu_seqlens' numbering with kPacked. M = all tokens. S states, Gx input gates, Gr recurrent
/// gates, Gb biases, which are also the slots of the pre-activations.
namespace flashrnn::kernel {

using device::Global;
using device::Int32;
using device::Int64;
using device::Uint32;
using device::Uint8;

/// The library's own buffers store each head's units padded to a multiple of this.
inline constexpr int kDimPadding = 16;

/// The host's pointers, laid out as a GPU's.
struct Plain {
  template <class T>
  using Global = T*;
};

/// A tensor with free strides, in elements. `data` may be null where its owner says so. The units of a head, the heads
/// and the gates are dense; with kPacked stride_b is 0 and stride_t lies between tokens.
template <class D, class T>
struct Tensor {
  Global<D, T> data{};
  Int64 stride_s = 0;
  Int64 stride_b = 0;
  Int64 stride_t = 0;

  template <class To, class Map>
  Tensor<To, T> convert(const Map& map) const {
    return {map(data), stride_s, stride_b, stride_t};
  }
};

/// The sizes of a problem and where its rows lie. Every kernel has one.
template <class D>
struct Extents {
  Int64 batch = 0;   ///< B
  Int64 steps = 0;   ///< T; with kPacked the longest row
  Int64 tokens = 0;  ///< M: B T, or with kPacked the most there can be
  Int32 heads = 0;
  Int32 head_dim = 0;
  Int32 padded_dim = 0;
  Uint32 flags = 0;                     ///< Flag bits, for kernels that were not compiled for some
  Global<D, const Int64> lengths{};     ///< [B]; with kLengths
  Global<D, const Int64> cu_seqlens{};  ///< [B + 1]; with kPacked
  Global<D, const Uint8> resets{};      ///< [B, T] or [M]; with kResets
  Int64 resets_stride_b = 0;
  float forward_clip = 0.0F;
  float gradient_clip = 0.0F;

  template <class To, class Map>
  Extents<To> convert(const Map& map) const {
    return {batch,        steps,           tokens,      heads,           head_dim,     padded_dim,   flags,
            map(lengths), map(cu_seqlens), map(resets), resets_stride_b, forward_clip, gradient_clip};
  }
};

/// R and b as `pack_weights` leaves them. The padding holds zeros.
template <class D, class Element>
struct PackedWeights {
  Global<D, const Element> r{};             ///< [Gr, N, P, P]: r[g, n, d, p] multiplies h[p] into unit d
  Global<D, const Element> r_transposed{};  ///< [Gr, N, P, P]: [g, n, p, d]; null without training
  Global<D, const float> bias{};            ///< [Gb, N, P]; zeros where the caller has none

  template <class To, class Map>
  PackedWeights<To, Element> convert(const Map& map) const {
    return {map(r), map(r_transposed), map(bias)};
  }
};

/// What forward keeps for backward. Of each token's step:
/// `kept` [M, N, V, P]: value 0 is h as it entered the step (after a reset), which R multiplied. With the gates kept
/// there follow the cell's saved values, and with kForwardClip the factor 0 or 1 of the gradient of h. So V is 1 with
/// kRecompute, else 1 + saved + (clip ? 1 : 0).
/// `states` [M, N, S - 1, P] fp32: the other states as they entered the step; null when S is 1.
/// Positions that no row reaches (padding behind a row's end) hold zeros in `kept`, anything in `states`.
template <class D, class Element>
struct Reserve {
  Global<D, Element> kept{};
  Global<D, float> states{};

  template <class To, class Map>
  Reserve<To, Element> convert(const Map& map) const {
    return {map(kept), map(states)};
  }
};

/// The number of values in Reserve::kept.
constexpr int kept_values(int saved, bool recompute, bool forward_clip) {
  return recompute ? 1 : 1 + saved + (forward_clip ? 1 : 0);
}

/// Forward over all steps: fused kernels. (Stepwise kernels have it inside their own parameters.)
template <class D, class Element, class StateElement>
struct ForwardParameters {
  Extents<D> extents;
  PackedWeights<D, Element> weights;
  Tensor<D, const Element> wx;                   ///< [B, T, Gx, N, D]
  Tensor<D, const StateElement> initial_states;  ///< [S, B, N, D]; null: zeros
  Tensor<D, const StateElement> reset_states;    ///< [S, B, N, D]; null: zeros
  Tensor<D, Element> states;                     ///< out, [1 or S, B, T, N, D]; null without a sequence
  Tensor<D, StateElement> final_states;          ///< out, [S, B, N, D]; null: not wanted. May be initial_states
  Reserve<D, Element> reserve;                   ///< out; null without kTraining
  /// Between the blocks of a grid exchange, else null. Words are 0 before the kernel starts.
  Global<D, Uint32> barriers{};
  Global<D, Element> exchange{};  ///< [2, groups, ...] as the kernel declares
  /// Every row of wx, states and reserve starts at a multiple of 16 bytes, and D elements fill such a multiple.
  Int32 aligned = 0;

  template <class To, class Map>
  ForwardParameters<To, Element, StateElement> convert(const Map& map) const {
    return {extents.template convert<To>(map),
            weights.template convert<To>(map),
            wx.template convert<To>(map),
            initial_states.template convert<To>(map),
            reset_states.template convert<To>(map),
            states.template convert<To>(map),
            final_states.template convert<To>(map),
            reserve.template convert<To>(map),
            map(barriers),
            map(exchange),
            aligned};
  }
};

/// Backward over all steps. Reads the reserve with the gates kept (with kRecompute a kernel has filled such a one in
/// the workspace before).
template <class D, class Element, class StateElement>
struct BackwardParameters {
  Extents<D> extents;
  PackedWeights<D, Element> weights;
  Tensor<D, const Element> dstates;             ///< [1 or S, B, T, N, D]; null: zeros
  Tensor<D, const StateElement> dfinal_states;  ///< [S, B, N, D]; null: zeros
  Reserve<D, const Element> reserve;
  Tensor<D, Element> dwx;  ///< out [B, T, Gx, N, D]; null: not wanted
  /// Out [M, N, A, P]: gradients of the pre-activations, one for each of the Gb slots; for a cell of two stages one
  /// more value, the second stage's operand (what R multiplied there). Zeros at positions that no row reaches.
  /// Null: not wanted, as where the weights' gradients are made from dwx; FusedBackward alone allows it.
  Global<D, Element> gradients{};
  Tensor<D, StateElement> dinitial_states;  ///< out [S, B, N, D]; null: not wanted
  Tensor<D, StateElement> dreset_states;    ///< out [S, B, N, D], the sum over the row's resets; null: not wanted
  Global<D, Uint32> barriers{};
  Global<D, float> exchange{};
  Int32 aligned = 0;  ///< as above, for dstates and dwx

  template <class To, class Map>
  BackwardParameters<To, Element, StateElement> convert(const Map& map) const {
    return {extents.template convert<To>(map),
            weights.template convert<To>(map),
            dstates.template convert<To>(map),
            dfinal_states.template convert<To>(map),
            reserve.template convert<To>(map),
            dwx.template convert<To>(map),
            map(gradients),
            dinitial_states.template convert<To>(map),
            dreset_states.template convert<To>(map),
            map(barriers),
            map(exchange),
            aligned};
  }
};

}  // namespace flashrnn::kernel

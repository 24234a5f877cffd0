// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/types.hpp"

/// What a problem asks for beyond the plain recurrence, a bit each. A kernel that is compiled for one problem has them
/// as constants, one that serves many (generic kernels, the host emulation) reads them from its parameters.
namespace flashrnn::kernel {

enum Flag : device::Uint32 {
  kPacked = 1U << 0,        ///< rows lie one behind the other, cu_seqlens says where
  kLengths = 1U << 1,       ///< rows end at `lengths`
  kResets = 1U << 2,        ///< a mask replaces states before a step
  kReverse = 1U << 3,       ///< rows run from their last token to their first
  kForwardClip = 1U << 4,   ///< h is clamped after each step
  kGradientClip = 1U << 5,  ///< so is the gradient that leaves a step towards h
  kGradientCut = 1U << 6,   ///< no gradient flows through R
  kTraining = 1U << 7,      ///< forward fills the reserve
  kRecompute = 1U << 8,     ///< the reserve keeps states alone
  kSequenceH = 1U << 9,     ///< forward: states are h alone; backward: dstates are
  kSequenceAll = 1U << 10,  ///< every state; neither bit: no sequence
};

/// As a kernel's compile-time flags: they are read from the parameters instead.
inline constexpr device::Uint32 kRuntimeFlags = 1U << 31;

/// Whether `flag` is asked for: a constant unless Compiled is kRuntimeFlags.
template <device::Uint32 Compiled>
FLASHRNN_DEVICE_FN constexpr bool has(device::Uint32 at_run_time, Flag flag) {
  if constexpr (Compiled == kRuntimeFlags) {
    return (at_run_time & flag) != 0;
  } else {
    return (Compiled & flag) != 0;
  }
}

}  // namespace flashrnn::kernel

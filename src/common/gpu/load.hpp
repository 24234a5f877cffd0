// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/gpu/kernel_set.hpp"
#include "common/gpu/prepared.hpp"
#include "common/runtime/backend.hpp"

namespace flashrnn::gpu {

/// Loads the kernels of `set` into `p`, several at a time. Where the device refuses the kernel of a pass, `chooser`
/// replaces its form in `set`, until one is taken or none is left.
Status load_kernels(const Device& device, const Logger& logger, Chooser* chooser, KernelSet* set, Prepared* p);

}  // namespace flashrnn::gpu

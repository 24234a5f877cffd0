// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/jit/image.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::cuda {

struct CompiledKernel {
  std::string name;
  jit::Resources resources;
  std::int64_t code_bytes = 0;
};

/// The kernels of a cubin (an ELF file for one sm_XX) in the order of their names. Made for any bytes: what is cut off
/// or damaged is an error, or is left out. Errors: INVALID_ARGUMENT.
Status read_cubin(std::string_view cubin, std::vector<CompiledKernel>* kernels);

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/runtime/status.hpp"

/// What a compiled AMD kernel takes: LLVM, "User Guide for AMDGPU Backend", section "Code Object Metadata".
namespace flashrnn::hip {

/// Of one kernel, as the compiler reports it; -1 where it does not.
struct CodeObjectKernel {
  std::string name;
  std::int64_t vector_registers = -1;  ///< of a lane, those for accumulators (`agprs`) among them
  std::int64_t accumulator_registers = -1;
  std::int64_t scalar_registers = -1;  ///< of a wave
  std::int64_t vector_spills = -1;     ///< registers; may go to accumulator registers
  std::int64_t scalar_spills = -1;     ///< registers; mostly to lanes of vector registers
  std::int64_t scratch_bytes = -1;     ///< of a lane: what is spilled to memory is here
  std::int64_t static_shared = -1;     ///< bytes of a block
  std::int64_t most_threads = -1;      ///< of a block
  std::int64_t wave_size = -1;
};

struct CodeObject {
  std::string target;  ///< "amdgcn-amd-amdhsa--gfx942"
  std::vector<CodeObjectKernel> kernels;
};

/// Reads the metadata of a code object (an ELF file for one target, version 3 or later). Made for any bytes: what is
/// cut off or damaged is an error. Errors: INVALID_ARGUMENT.
Status read_code_object(std::string_view file, CodeObject* object);

}  // namespace flashrnn::hip

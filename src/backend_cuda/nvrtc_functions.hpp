// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

/// The part of NVRTC's interface that is used, as its documentation ("NVRTC", chapter "User Interface") gives it.
/// Declared here, because the library is built without CUDA.
namespace flashrnn::cuda {

using NvrtcProgram = struct NvrtcProgramStruct*;
using NvrtcResult = int;

inline constexpr NvrtcResult kNvrtcSuccess = 0;
inline constexpr NvrtcResult kNvrtcOutOfMemory = 1;
inline constexpr NvrtcResult kNvrtcCompilation = 6;

/// A member for each function; all versions from 11.2 on have them.
struct NvrtcFunctions {
  const char* (*error_string)(NvrtcResult);
  NvrtcResult (*version)(int* major, int* minor);
  NvrtcResult (*count_architectures)(int* count);
  NvrtcResult (*architectures)(int* list);
  NvrtcResult (*create)(NvrtcProgram*, const char* source, const char* name, int headers, const char* const* texts,
                        const char* const* names);
  NvrtcResult (*destroy)(NvrtcProgram*);
  NvrtcResult (*compile)(NvrtcProgram, int count, const char* const* options);
  NvrtcResult (*log_size)(NvrtcProgram, std::size_t*);
  NvrtcResult (*log)(NvrtcProgram, char*);
  NvrtcResult (*cubin_size)(NvrtcProgram, std::size_t*);
  NvrtcResult (*cubin)(NvrtcProgram, char*);
};

}  // namespace flashrnn::cuda

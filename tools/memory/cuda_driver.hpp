// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace flashrnn::memory {

/// The functions of CUDA's driver API that a caller's memory takes, found when they are first needed. Types and
/// versions as cuda.h has them ("CUDA Driver API", modules Initialization, Primary Context, Memory Management, Event).
struct CudaDriver {
  using Address = unsigned long long;
  using Handle = void*;  // context, stream, event

  int (*init)(unsigned flags);
  int (*device_get)(int* device, int ordinal);
  int (*primary_context_retain)(Handle* context, int device);
  int (*primary_context_release)(int device);
  int (*context_set_current)(Handle context);
  int (*context_synchronize)();
  int (*memory_allocate)(Address* address, std::size_t bytes);
  int (*memory_free)(Address address);
  int (*copy_to_device)(Address to, const void* from, std::size_t bytes);
  int (*copy_to_host)(void* to, Address from, std::size_t bytes);
  int (*event_create)(Handle* event, unsigned flags);
  int (*event_destroy)(Handle event);
  int (*event_record)(Handle event, Handle stream);
  int (*event_synchronize)(Handle event);
  int (*event_elapsed)(float* milliseconds, Handle start, Handle end);
  int (*error_string)(int error, const char** text);

  /// Throws std::runtime_error, "cuMemAlloc: out of memory", for a result that is not success.
  void check(int result, const char* function) const;
};

/// Loaded at the first call. Throws std::runtime_error when there is no driver or a function is missing.
[[nodiscard]] const CudaDriver& cuda_driver();

}  // namespace flashrnn::memory

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The part of the CUDA driver's interface that is used, as its documentation ("CUDA Driver API", version 12.0) gives
/// it. Declared here, because the library is built without CUDA; values are those of the enumerations there.
namespace flashrnn::cuda {

using CuResult = int;
using CuDevice = int;
using CuDevicePointer = std::uint64_t;
using CuContext = struct CuContextStruct*;
using CuModule = struct CuModuleStruct*;
using CuFunction = struct CuFunctionStruct*;
using CuStream = struct CuStreamStruct*;

inline constexpr CuResult kCuSuccess = 0;
inline constexpr CuResult kCuInvalidValue = 1;
inline constexpr CuResult kCuOutOfMemory = 2;
inline constexpr CuResult kCuDeviceUnavailable = 46;
inline constexpr CuResult kCuNoDevice = 100;
inline constexpr CuResult kCuInvalidDevice = 101;
inline constexpr CuResult kCuInvalidImage = 200;
inline constexpr CuResult kCuNoBinaryForGpu = 209;
inline constexpr CuResult kCuInvalidPtx = 218;
inline constexpr CuResult kCuUnsupportedPtxVersion = 222;
inline constexpr CuResult kCuInvalidSource = 300;
inline constexpr CuResult kCuCooperativeLaunchTooLarge = 720;
inline constexpr CuResult kCuNotSupported = 801;
inline constexpr CuResult kCuInvalidClusterSize = 912;

enum class CuDeviceAttribute : int {
  kMaxThreadsPerBlock = 1,
  kWarpSize = 10,
  kClockRateKhz = 13,
  kMultiprocessorCount = 16,
  kL2CacheBytes = 38,
  kMaxThreadsPerMultiprocessor = 39,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
  kMaxSharedMemoryPerMultiprocessor = 81,
  kMaxRegistersPerMultiprocessor = 82,
  kCooperativeLaunch = 95,
  kMaxSharedMemoryPerBlockOptIn = 97,
  kMaxBlocksPerMultiprocessor = 106,
  kReservedSharedMemoryPerBlock = 111,
  kClusterLaunch = 120,
};

enum class CuFunctionAttribute : int {
  kMaxThreadsPerBlock = 0,
  kSharedBytes = 1,
  kLocalBytes = 3,
  kRegisters = 4,
  kMaxDynamicSharedBytes = 8,
  kNonPortableClusterSizeAllowed = 14,
};

enum class CuLaunchAttributeId : int { kCooperative = 2, kClusterDimension = 4 };

struct CuLaunchAttribute {
  CuLaunchAttributeId id;
  char padding[4];
  union {
    char bytes[64];
    std::uint64_t align;
    int cooperative;
    struct {
      unsigned x, y, z;
    } cluster;
  } value;
};
static_assert(sizeof(CuLaunchAttribute) == 72 && alignof(CuLaunchAttribute) == 8, "As CUlaunchAttribute.");

struct CuLaunchConfig {
  unsigned grid_x, grid_y, grid_z;
  unsigned block_x, block_y, block_z;
  unsigned shared_bytes;
  CuStream stream;
  const CuLaunchAttribute* attributes;
  unsigned attribute_count;
};
static_assert(sizeof(CuLaunchConfig) == 56 && offsetof(CuLaunchConfig, stream) == 32, "As CUlaunchConfig.");

/// A member for each function; all drivers from 12.0 on have them.
struct DriverFunctions {
  CuResult (*init)(unsigned flags);
  CuResult (*version)(int* version);
  CuResult (*error_name)(CuResult, const char** name);
  CuResult (*error_string)(CuResult, const char** text);
  CuResult (*device_count)(int* count);
  CuResult (*device_get)(CuDevice*, int ordinal);
  CuResult (*device_name)(char* name, int size, CuDevice);
  CuResult (*device_attribute)(int* value, CuDeviceAttribute, CuDevice);
  CuResult (*device_memory)(std::size_t* bytes, CuDevice);
  CuResult (*primary_retain)(CuContext*, CuDevice);
  CuResult (*primary_release)(CuDevice);
  CuResult (*context_current)(CuContext*);
  CuResult (*context_push)(CuContext);
  CuResult (*context_pop)(CuContext*);
  CuResult (*module_load)(CuModule*, const void* image);
  CuResult (*module_unload)(CuModule);
  CuResult (*module_function)(CuFunction*, CuModule, const char* name);
  CuResult (*function_attribute)(int* value, CuFunctionAttribute, CuFunction);
  CuResult (*set_function_attribute)(CuFunction, CuFunctionAttribute, int value);
  CuResult (*active_blocks)(int* blocks, CuFunction, int threads, std::size_t shared_bytes);
  CuResult (*active_clusters)(int* clusters, CuFunction, const CuLaunchConfig*);
  CuResult (*launch)(const CuLaunchConfig*, CuFunction, void** parameters, void** extra);
  CuResult (*set_bytes)(CuDevicePointer, unsigned char value, std::size_t count, CuStream);
  CuResult (*set_words)(CuDevicePointer, unsigned value, std::size_t count, CuStream);
};

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backend_cuda/driver_functions.hpp"

/// A libcuda.so.1 for tests: a library with the driver's functions, which keep books here. One device, an H200 unless
/// told otherwise. For one thread.
namespace flashrnn::cuda::fake {

struct Launch {
  CuLaunchConfig config;
  std::vector<CuLaunchAttribute> attributes;
  CuFunction function;
  std::uint64_t parameter;  ///< the first eight bytes of what the kernel is given
  CuContext context;        ///< current at the launch
};

struct Books {
  // What it says.
  int version = 13000;
  std::string name = "NVIDIA H200";
  int devices = 1;
  std::map<int, int> attributes;  ///< by CuDeviceAttribute
  int active_blocks = 1;
  int active_clusters = 16;
  int kernel_threads = 512;
  int kernel_static_shared = 1024;
  std::string refused_image;  ///< what a module is not made of

  /// The call of this number from now on (1: the next) fails with this result; 0: none does.
  int fail_after = 0;
  CuResult failure = 700;

  // What was asked.
  std::vector<std::string> calls;
  std::vector<CuContext> contexts;  ///< the thread's stack; the last is current
  std::vector<Launch> launches;
  std::vector<std::string> clears;  ///< "D32 0x40 8 stream 0x0"
  std::map<int, int> function_attributes;
  int retained = 0;
  int modules = 0;
  std::string last_image;
  /// Calls that need a context and found another than the primary one.
  int astray = 0;
};

/// The primary context's handle.
inline CuContext primary() { return reinterpret_cast<CuContext>(std::uintptr_t{0x1000}); }
inline CuContext foreign() { return reinterpret_cast<CuContext>(std::uintptr_t{0x2000}); }

}  // namespace flashrnn::cuda::fake

/// The books, for whoever has loaded the library.
extern "C" flashrnn::cuda::fake::Books* flashrnn_fake_books();

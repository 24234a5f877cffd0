// SPDX-License-Identifier: Apache-2.0
#include "memory/memory_space.hpp"

#include <charconv>
#include <stdexcept>
#include <string>

namespace flashrnn::memory {

std::unique_ptr<MemorySpace> memory_of(std::string_view device) {
  constexpr std::string_view kCuda = "cuda:";
  if (!device.starts_with(kCuda)) return host_memory();
  int ordinal = 0;
  const char* end = device.data() + device.size();
  const auto [stop, error] = std::from_chars(device.data() + kCuda.size(), end, ordinal);
  if (error != std::errc() || stop != end) {
    throw std::runtime_error("'" + std::string(device) + "' names no CUDA device; a name is 'cuda:0'");
  }
  return cuda_memory(ordinal);
}

}  // namespace flashrnn::memory

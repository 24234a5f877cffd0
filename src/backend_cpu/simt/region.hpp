// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "backend_cpu/simt/shadow.hpp"

namespace flashrnn::simt {

struct Block;

/// A range of memory that kernels reach: a block's shared memory or a buffer of the host.
struct Region {
  std::string name;
  std::byte* data = nullptr;
  std::int64_t size = 0;
  Shadow shadow;  // none for buffers that are only read
  bool written_before = false;
  Block* owner = nullptr;  // of shared memory
};

/// A place in a region, with the bounds of the array that it was reached through, all in bytes.
struct Place {
  Region* region = nullptr;
  std::int64_t offset = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

}  // namespace flashrnn::simt

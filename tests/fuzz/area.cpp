// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/area.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "tests/fuzz/bytes.hpp"

#ifdef FLASHRNN_SANITIZE_ADDRESS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#endif

namespace flashrnn::fuzz {

Area::Area(std::size_t size)
    : size_(size), memory_(static_cast<std::byte*>(::operator new (size + 2 * kGuard, std::align_val_t{64}))) {
  std::memset(memory_, static_cast<int>(kPattern), size + 2 * kGuard);
  ASAN_POISON_MEMORY_REGION(memory_, kGuard);
  ASAN_POISON_MEMORY_REGION(memory_ + kGuard + size_, kGuard);
}

Area::~Area() {
  ASAN_UNPOISON_MEMORY_REGION(memory_, size_ + 2 * kGuard);
  ::operator delete (memory_, std::align_val_t{64});
}

void Area::check_guards() const {
  ASAN_UNPOISON_MEMORY_REGION(memory_, kGuard);
  ASAN_UNPOISON_MEMORY_REGION(memory_ + kGuard + size_, kGuard);
  const auto intact = [](const std::byte* zone) {
    return std::all_of(zone, zone + kGuard, [](std::byte b) { return b == kPattern; });
  };
  FUZZ_CHECK(intact(memory_), "written before an area of %zu bytes", size_);
  FUZZ_CHECK(intact(memory_ + kGuard + size_), "written behind an area of %zu bytes", size_);
  ASAN_POISON_MEMORY_REGION(memory_, kGuard);
  ASAN_POISON_MEMORY_REGION(memory_ + kGuard + size_, kGuard);
}

bool Area::changed() const { return !std::equal(before_.begin(), before_.end(), data()); }

}  // namespace flashrnn::fuzz

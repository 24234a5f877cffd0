// SPDX-License-Identifier: Apache-2.0
#include "common/runtime/last_error.hpp"

#include <cstddef>
#include <cstring>

namespace flashrnn {
namespace {

constexpr std::size_t kCapacity = 2048;
thread_local char text_of_thread[kCapacity] = "";

}  // namespace

void set_last_error(std::string_view text) noexcept {
  const bool cut = text.size() >= kCapacity;
  const std::size_t size = cut ? kCapacity - 4 : text.size();
  // memmove: the text may be this buffer's own.
  std::memmove(text_of_thread, text.data(), size);
  std::memcpy(text_of_thread + size, cut ? "..." : "", cut ? 4 : 1);
}

const char* last_error() noexcept { return text_of_thread; }

}  // namespace flashrnn

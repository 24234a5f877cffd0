// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/memory.hpp"

#include <cstring>
#include <utility>

namespace flashrnn::simt {

Region* Memory::add(std::string_view name, void* data, std::int64_t bytes, Use use) {
  Shadow shadow;
  if (use != Use::kInput) shadow = Shadow(bytes);
  if (use == Use::kOutput && bytes != 0) std::memset(data, 0xff, static_cast<std::size_t>(bytes));
  return &regions_.emplace_back(
      Region{std::string(name), static_cast<std::byte*>(data), bytes, std::move(shadow), use != Use::kOutput, nullptr});
}

}  // namespace flashrnn::simt

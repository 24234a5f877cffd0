// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/backend/call_memory.hpp"

#include <algorithm>

namespace flashrnn::simt {

CallMemory::CallMemory(const gpu::Device::Buffer* buffers, std::size_t count) {
  using Use = gpu::Device::Buffer::Use;
  for (std::size_t i = 0; i < count; ++i) {
    const gpu::Device::Buffer& buffer = buffers[i];
    auto* data = static_cast<std::byte*>(const_cast<void*>(buffer.data));
    // final_states may be the memory of initial_states: then what is written counts.
    const bool written_too = std::any_of(buffers, buffers + count, [&](const gpu::Device::Buffer& other) {
      return &other != &buffer && other.data == buffer.data && other.use != Use::kRead;
    });
    if (buffer.use == Use::kRead && written_too) continue;
    const auto bytes = static_cast<std::int64_t>(buffer.bytes);
    const Place place = buffer.use == Use::kRead    ? memory_.input(buffer.name, data, bytes).place()
                        : buffer.use == Use::kWrite ? memory_.buffer(buffer.name, data, bytes).place()
                                                    : memory_.output(buffer.name, data, bytes).place();
    named_.push_back({data, data + bytes, place});
  }
}

Place CallMemory::find(void* address) {
  const auto* at = static_cast<const std::byte*>(address);
  // A buffer's own start first: the places of interleaved tensors overlap.
  for (const Named& named : named_) {
    if (named.begin == at) return named.place;
  }
  for (const Named& named : named_) {
    if (at < named.begin || at >= named.end) continue;
    Place place = named.place;
    place.offset += at - named.begin;
    return place;
  }
  return memory_.input("memory that the call did not name", static_cast<std::byte*>(address), 0).place();
}

}  // namespace flashrnn::simt

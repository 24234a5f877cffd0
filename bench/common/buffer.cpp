// SPDX-License-Identifier: Apache-2.0
#include "bench/common/buffer.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

#include "bench/common/point.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace flashrnn::bench {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

/// splitmix64, folded to a float in [-1, 1).
class Uniform {
 public:
  explicit Uniform(uint64_t seed) : state_(seed) {}
  float next() {
    uint64_t x = (state_ += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return static_cast<float>(static_cast<int32_t>(x >> 32)) * 0x1p-31f;
  }

 private:
  uint64_t state_;
};

// Truncation is good enough for random data.
uint16_t to_bf16(float value) { return static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16); }

// Values below the smallest normal half (6e-5) become 0, so that no benchmark measures subnormal numbers.
uint16_t to_fp16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const int exponent = static_cast<int>((bits >> 23) & 0xff) - 127 + 15;
  if (exponent <= 0) return 0;
  return static_cast<uint16_t>(((bits >> 16) & 0x8000) | (static_cast<uint32_t>(exponent) << 10) |
                               ((bits >> 13) & 0x3ff));
}

}  // namespace

void Buffer::Free::operator()(void* pointer) const { std::free(pointer); }

Buffer::Buffer(size_t bytes) : size_(bytes) {
  const size_t alignment = bytes >= kHugePage ? kHugePage : 64;
  const size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  data_.reset(std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded));
  if (!data_) throw std::bad_alloc();
#if defined(__linux__)
  if (alignment == kHugePage) madvise(data_.get(), rounded, MADV_HUGEPAGE);
#endif
  std::memset(data_.get(), 0, bytes);
}

Buffer random_buffer(int64_t count, const std::string& dtype, float limit, uint64_t seed) {
  Buffer buffer(static_cast<size_t>(count * dtype_bytes(dtype)));
  Uniform uniform(seed);
  if (dtype == "fp32") {
    for (int64_t i = 0; i < count; ++i) buffer.as<float>()[i] = limit * uniform.next();
  } else if (dtype == "bf16") {
    for (int64_t i = 0; i < count; ++i) buffer.as<uint16_t>()[i] = to_bf16(limit * uniform.next());
  } else {
    for (int64_t i = 0; i < count; ++i) buffer.as<uint16_t>()[i] = to_fp16(limit * uniform.next());
  }
  return buffer;
}

}  // namespace flashrnn::bench

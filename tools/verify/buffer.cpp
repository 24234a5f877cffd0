// SPDX-License-Identifier: Apache-2.0
#include "verify/buffer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <stdexcept>

#if defined(__SANITIZE_ADDRESS__)
#define FLASHRNN_VERIFY_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FLASHRNN_VERIFY_ASAN 1
#endif
#endif
#ifdef FLASHRNN_VERIFY_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) (static_cast<void>(address), static_cast<void>(size))
#endif

namespace flashrnn::verify {
namespace {

using reference::Precision;

constexpr std::align_val_t kBoundary{FLASHRNN_BUFFER_ALIGNMENT};
constexpr std::size_t kGuardBytes = 256;  // whole boundaries
constexpr std::byte kUnwritten{0xFF};     // repeated, a NaN in fp32, fp16 and bf16

// Little-endian bytes, repeated from any even place on: another NaN in each format, so that garbage that was read can
// be told from an output that was not written; and an unlikely number.
constexpr std::array<std::byte, 4> kNaNPattern = {std::byte{0xE1}, std::byte{0xFF}, std::byte{0xE1}, std::byte{0x7F}};
constexpr std::array<std::byte, 4> kNumberPattern = {std::byte{0xA5}, std::byte{0xA5}, std::byte{0xA5},
                                                     std::byte{0xA5}};

std::byte pattern_byte(Fill fill, std::size_t position) {
  return (fill == Fill::kNaN ? kNaNPattern : kNumberPattern)[position % 4];
}

std::int64_t bytes_of(Precision precision) { return precision == Precision::kF32 ? 4 : 2; }

}  // namespace

GuardedBytes::GuardedBytes(memory::MemorySpace& space, std::size_t size, std::size_t offset, Fill fill)
    : space_(&space),
      total_(size + 2 * kGuardBytes + offset),
      storage_(static_cast<std::byte*>(::operator new(total_, kBoundary))),
      start_(kGuardBytes + offset),
      size_(size),
      fill_(fill) {
  for (std::size_t i = 0; i < total_; ++i) storage_[i] = pattern_byte(fill, i);
  poison();
}

GuardedBytes::~GuardedBytes() {
  if (storage_ != nullptr) unpoison();
}

void GuardedBytes::Free::operator()(std::byte* bytes) const { ::operator delete(bytes, kBoundary); }

void GuardedBytes::poison() {
  if (!space_->is_host()) return;
  ASAN_POISON_MEMORY_REGION(storage_.get(), start_);
  ASAN_POISON_MEMORY_REGION(storage_.get() + start_ + size_, total_ - start_ - size_);
}

void GuardedBytes::unpoison() {
  if (space_->is_host()) ASAN_UNPOISON_MEMORY_REGION(storage_.get(), total_);
}

void* GuardedBytes::address() const {
  if (space_->is_host()) return storage_.get() + start_;
  if (!sent_) on_device_ = memory::Block(*space_, storage_.get(), total_);
  sent_ = stale_ = true;
  return static_cast<std::byte*>(on_device_.data()) + start_;
}

void GuardedBytes::fetch() const {
  if (!stale_) return;
  space_->copy_out(storage_.get(), on_device_.data(), total_);
  stale_ = false;
}

std::byte* GuardedBytes::data() {
  fetch();
  return storage_.get() + start_;
}

const std::byte* GuardedBytes::data() const {
  fetch();
  return storage_.get() + start_;
}

std::vector<std::byte> GuardedBytes::content() const { return {data(), data() + size_}; }

void GuardedBytes::check_guards(const std::string& name) {
  fetch();
  unpoison();
  for (std::size_t i = 0; i < total_; ++i) {
    if (i == start_) i += size_;
    if (i == total_ || storage_[i] == pattern_byte(fill_, i)) continue;
    throw std::runtime_error(name + ": memory " + (i < start_ ? "before" : "behind") + " the buffer was written");
  }
  poison();
}

Geometry Geometry::dense(std::int64_t S, std::int64_t B, std::int64_t T, std::int64_t inner) {
  return {S, B, T, inner, B * T * inner, T * inner, inner};
}

std::int64_t Geometry::extent() const {
  if (elements() == 0) return 0;
  return (S - 1) * stride_s + (B - 1) * stride_b + (T - 1) * stride_t + inner;
}

std::int64_t Geometry::position(std::int64_t i) const {
  const std::int64_t token = i / inner;
  return token / (B * T) * stride_s + token / T % B * stride_b + token % T * stride_t + i % inner;
}

Tensor::Tensor(memory::MemorySpace& space, const Geometry& geometry, Precision precision, std::int64_t offset,
               const std::vector<double>& values)
    : geometry_(geometry),
      precision_(precision),
      element_size_(bytes_of(precision)),
      bytes_(space, static_cast<std::size_t>(geometry.extent() * element_size_),
             static_cast<std::size_t>(offset * element_size_), Fill::kNaN) {
  if (static_cast<std::int64_t>(values.size()) != geometry.elements()) {
    throw std::logic_error("a tensor has values of another size than its geometry");
  }
  for (std::size_t i = 0; i < values.size(); ++i) put(geometry_.position(static_cast<std::int64_t>(i)), values[i]);
  before_ = bytes_.content();
}

Tensor::Tensor(memory::MemorySpace& space, const Geometry& geometry, Precision precision, std::int64_t offset)
    : geometry_(geometry),
      precision_(precision),
      element_size_(bytes_of(precision)),
      bytes_(space, static_cast<std::size_t>(geometry.extent() * element_size_),
             static_cast<std::size_t>(offset * element_size_), Fill::kNumber) {
  for (std::int64_t i = 0; i < geometry_.elements(); ++i) {
    std::fill_n(bytes_.data() + geometry_.position(i) * element_size_, element_size_, kUnwritten);
  }
  before_ = bytes_.content();
}

void Tensor::put(std::int64_t position, double value) {
  std::byte* at = bytes_.data() + position * element_size_;
  if (precision_ == Precision::kF32) {
    const auto number = static_cast<float>(value);
    std::memcpy(at, &number, sizeof number);
  } else {
    const std::uint16_t bits = reference::to_bits16(precision_, value);
    std::memcpy(at, &bits, sizeof bits);
  }
}

std::vector<double> Tensor::values() const {
  std::vector<double> result(static_cast<std::size_t>(geometry_.elements()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::byte* at = bytes_.data() + geometry_.position(static_cast<std::int64_t>(i)) * element_size_;
    if (precision_ == Precision::kF32) {
      float number = 0.0F;
      std::memcpy(&number, at, sizeof number);
      result[i] = number;
    } else {
      std::uint16_t bits = 0;
      std::memcpy(&bits, at, sizeof bits);
      result[i] = reference::from_bits16(precision_, bits);
    }
  }
  return result;
}

void Tensor::check_unchanged(const std::string& name) {
  bytes_.check_guards(name);
  if (bytes_.content() != before_) throw std::runtime_error(name + ": an input was written");
}

void Tensor::check_written(const std::string& name) {
  bytes_.check_guards(name);
  for (std::int64_t i = 0; i < geometry_.elements(); ++i) {
    const auto at = static_cast<std::size_t>(geometry_.position(i) * element_size_);
    const auto* element = bytes_.data() + at;
    if (std::all_of(element, element + element_size_, [](std::byte value) { return value == kUnwritten; })) {
      throw std::runtime_error(name + ": element " + std::to_string(i) + " was not written");
    }
    std::copy_n(element, element_size_, before_.data() + at);  // what is left must be the gaps
  }
  if (bytes_.content() != before_) throw std::runtime_error(name + ": memory between the elements was written");
}

}  // namespace flashrnn::verify

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "backend_cpu/simt/pointer.hpp"
#include "backend_cpu/simt/region.hpp"

namespace flashrnn::simt {

/// The global memory of an emulated device: buffers of the host that kernels may reach, each with its name for
/// messages. Launches on one Memory run one after the other. Not thread-safe.
class Memory {
 public:
  Memory() = default;
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  /// `count` elements at `data`, which outlive this object.
  template <class T>
  Pointer<const T, Space::kGlobal> input(std::string_view name, const T* data, std::int64_t count) {
    return make<const T>(add(name, const_cast<T*>(data), count * static_cast<std::int64_t>(sizeof(T)), Use::kInput));
  }
  /// The same, to be read and written: its contents count.
  template <class T>
  Pointer<T, Space::kGlobal> buffer(std::string_view name, T* data, std::int64_t count) {
    return make<T>(add(name, data, count * static_cast<std::int64_t>(sizeof(T)), Use::kBuffer));
  }
  /// The same, but its contents are lost: it is filled with 0xff (NaN), and reading what no kernel wrote is a fault.
  template <class T>
  Pointer<T, Space::kGlobal> output(std::string_view name, T* data, std::int64_t count) {
    return make<T>(add(name, data, count * static_cast<std::int64_t>(sizeof(T)), Use::kOutput));
  }

  /// Time passes from one launch to the next, so that what an earlier one did is in the past of a later one.
  [[nodiscard]] Time now() const { return now_; }
  void advance(Time time) { now_ = time; }

 private:
  enum class Use { kInput, kBuffer, kOutput };
  Region* add(std::string_view name, void* data, std::int64_t bytes, Use use);
  template <class T>
  static Pointer<T, Space::kGlobal> make(Region* region) {
    return Pointer<T, Space::kGlobal>(Place{region, 0, 0, region->size});
  }

  std::deque<Region> regions_;
  Time now_ = 1;
};

}  // namespace flashrnn::simt

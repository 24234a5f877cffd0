// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "backend_cpu/simt/region.hpp"

/// Pointers and arrays of the emulated device. Arithmetic may lead anywhere; an access is checked.
namespace flashrnn::simt {

enum class Space { kGlobal, kShared, kPeer };

/// One access by the running lane. `alignment` is what a GPU would ask for.
void read_bytes(const Place& place, void* out, int bytes, int alignment);
void write_bytes(const Place& place, const void* in, int bytes, int alignment);
/// Where an object of the running block's shared memory lies.
Place place_in_shared(const void* object, std::int64_t bytes);

template <class T>
T read_value(const Place& place) {
  T value;
  read_bytes(place, &value, sizeof(T), alignof(T));
  return value;
}

/// What `pointer[i]` gives: reads when it is converted, writes when it is assigned to. A copy of it would read late, so
/// it is only usable where it arises.
template <class T>
class Reference {
 public:
  using Value = std::remove_const_t<T>;
  explicit Reference(const Place& place) : place_(place) {}
  Reference(const Reference&) = default;

  operator Value() const&& { return read(); }  // NOLINT: stands for the value
  Reference&& operator=(Value value) && { return write(value); }
  Reference&& operator=(const Reference& other) && { return write(other.read()); }
  Reference&& operator+=(Value value) && { return write(read() + value); }

 private:
  [[nodiscard]] Value read() const { return read_value<Value>(place_); }
  Reference&& write(Value value) {
    static_assert(!std::is_const_v<T>, "A kernel writes through a pointer to const.");
    write_bytes(place_, &value, sizeof(Value), alignof(Value));
    return static_cast<Reference&&>(*this);
  }
  Place place_;
};

template <class T, Space S>
class Pointer {
 public:
  static_assert(std::is_trivially_copyable_v<T>, "Device memory holds plain data.");
  using Value = std::remove_const_t<T>;

  Pointer() = default;
  explicit Pointer(const Place& place) : place_(place) {}
  operator Pointer<const T, S>() const  // NOLINT: as T* converts to const T*
      requires(!std::is_const_v<T>) {
    return Pointer<const T, S>(place_);
  }

  [[nodiscard]] const Place& place() const { return place_; }
  Reference<T> operator[](std::int64_t i) const { return Reference<T>((*this + i).place_); }
  Reference<T> operator*() const { return Reference<T>(place_); }
  explicit operator bool() const { return place_.region != nullptr; }

  friend Pointer operator+(Pointer pointer, std::int64_t i) {
    pointer.place_.offset += i * static_cast<std::int64_t>(sizeof(T));
    return pointer;
  }
  friend Pointer operator-(Pointer pointer, std::int64_t i) { return pointer + -i; }
  Pointer& operator+=(std::int64_t i) { return *this = *this + i; }
  Pointer& operator-=(std::int64_t i) { return *this = *this + -i; }
  friend std::int64_t operator-(const Pointer& a, const Pointer& b) {
    return (a.place_.offset - b.place_.offset) / static_cast<std::int64_t>(sizeof(T));
  }
  friend bool operator==(const Pointer& a, const Pointer& b) {
    return a.place_.region == b.place_.region && a.place_.offset == b.place_.offset;
  }

  /// The same bytes as another type.
  template <class U>
  [[nodiscard]] Pointer<U, S> cast() const {
    return Pointer<U, S>(place_);
  }

 private:
  Place place_;
};

/// An array of a shared-memory struct: of the same size and alignment as on a GPU, reached through checks only.
template <class T, int N, int Align>
class SharedArray {
 public:
  static_assert(N > 0, "A shared array has elements.");
  static constexpr int kSize = N;
  Pointer<T, Space::kShared> data() { return Pointer<T, Space::kShared>(place_in_shared(bytes_, sizeof(T) * N)); }
  Reference<T> operator[](std::int64_t i) { return data()[i]; }

 private:
  alignas(Align) alignas(T) unsigned char bytes_[sizeof(T) * N];
};

}  // namespace flashrnn::simt

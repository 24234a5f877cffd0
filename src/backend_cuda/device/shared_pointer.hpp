// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/types.hpp"

/// Pointers into shared memory as 32-bit addresses of its window, which is what ldmatrix, cp.async and mbarriers take:
/// half the registers of generic pointers, and no conversion in a loop.
namespace flashrnn::cuda {

using device::Int64;
using device::Uint32;

/// An address where the compiler sees that it is shared memory, so plain loads and stores of it are ld.shared and
/// st.shared, which it may order and merge as the language allows.
FLASHRNN_DEVICE_FN void* generic(Uint32 shared_address) { return __cvta_shared_to_generic(shared_address); }

template <class T>
class SharedPointer {
 public:
  SharedPointer() = default;
  FLASHRNN_DEVICE_FN explicit SharedPointer(Uint32 address) : address_(address) {}
  template <class U>
  requires device::Same<const U, T> FLASHRNN_DEVICE_FN SharedPointer(SharedPointer<U> other)  // NOLINT: as T* does
      : address_(other.address()) {}

  [[nodiscard]] FLASHRNN_DEVICE_FN Uint32 address() const { return address_; }
  [[nodiscard]] FLASHRNN_DEVICE_FN T* get() const { return static_cast<T*>(generic(address_)); }
  FLASHRNN_DEVICE_FN T& operator[](Int64 i) const { return *(*this + i).get(); }
  FLASHRNN_DEVICE_FN T& operator*() const { return *get(); }

  friend FLASHRNN_DEVICE_FN SharedPointer operator+(SharedPointer pointer, Int64 i) {
    return SharedPointer(pointer.address_ + static_cast<Uint32>(i) * static_cast<Uint32>(sizeof(T)));
  }
  friend FLASHRNN_DEVICE_FN SharedPointer operator-(SharedPointer pointer, Int64 i) { return pointer + -i; }
  FLASHRNN_DEVICE_FN SharedPointer& operator+=(Int64 i) { return *this = *this + i; }
  FLASHRNN_DEVICE_FN SharedPointer& operator-=(Int64 i) { return *this = *this + -i; }
  friend FLASHRNN_DEVICE_FN Int64 operator-(SharedPointer a, SharedPointer b) {
    return static_cast<Int64>(static_cast<int>(a.address_ - b.address_) / static_cast<int>(sizeof(T)));
  }
  friend FLASHRNN_DEVICE_FN bool operator==(SharedPointer a, SharedPointer b) { return a.address_ == b.address_; }

  /// The same bytes as another type.
  template <class U>
  [[nodiscard]] FLASHRNN_DEVICE_FN SharedPointer<U> cast() const {
    return SharedPointer<U>(address_);
  }

 private:
  Uint32 address_;
};

template <class T, int N, int Align>
class SharedArray {
 public:
  static_assert(N > 0, "A shared array has elements.");
  static constexpr int kSize = N;
  FLASHRNN_DEVICE_FN SharedPointer<T> data() {
    return SharedPointer<T>(static_cast<Uint32>(__cvta_generic_to_shared(bytes_)));
  }
  FLASHRNN_DEVICE_FN T& operator[](Int64 i) { return data()[i]; }

 private:
  alignas(Align) alignas(T) unsigned char bytes_[sizeof(T) * N];
};

/// Shared memory of a block of the cluster, as an address of the cluster's window.
template <class T>
struct PeerPointer {
  Uint32 address;

  friend FLASHRNN_DEVICE_FN PeerPointer operator+(PeerPointer pointer, Int64 i) {
    return {pointer.address + static_cast<Uint32>(i) * static_cast<Uint32>(sizeof(T))};
  }
  friend FLASHRNN_DEVICE_FN PeerPointer operator-(PeerPointer pointer, Int64 i) { return pointer + -i; }
  template <class U>
  [[nodiscard]] FLASHRNN_DEVICE_FN PeerPointer<U> cast() const {
    return {address};
  }
};

}  // namespace flashrnn::cuda

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/types.hpp"

/// Memory of a GPU by address space: 1 is global memory, 3 the block's LDS (AMDGPU backend guide of LLVM, "Address
/// Spaces"). One access of 1 to 16 bytes is one instruction, whatever the type: through a word of the same size.
namespace flashrnn::hip {

using device::Int64;
using device::Uint16;
using device::Uint32;
using device::Uint64;
using device::Uint8;
using device::Vec;

template <int Bytes>
struct WordOf;
template <>
struct WordOf<1> {
  using Type = Uint8;
};
template <>
struct WordOf<2> {
  using Type = Uint16;
};
template <>
struct WordOf<4> {
  using Type = Uint32;
};
template <>
struct WordOf<8> {
  using Type = Uint32 __attribute__((ext_vector_type(2)));
};
template <>
struct WordOf<16> {
  using Type = Uint32 __attribute__((ext_vector_type(4)));
};
template <class T>
using Word = typename WordOf<static_cast<int>(sizeof(T))>::Type;

template <class T>
using GlobalSpace = __attribute__((address_space(1))) T;
template <class T>
using LocalSpace = __attribute__((address_space(3))) T;

template <class T>
struct WithoutConst {
  using Type = T;
};
template <class T>
struct WithoutConst<const T> {
  using Type = T;
};
template <class T>
using Value = typename WithoutConst<T>::Type;

/// Keeps a parameter out of deduction, so that another decides the type.
template <class T>
struct Same {
  using Type = T;
};
template <class T>
using Identity = typename Same<T>::Type;

template <class V>
FLASHRNN_DEVICE_FN V read_global(const void* from) {
  return __builtin_bit_cast(V, *(const GlobalSpace<Word<V>>*)from);
}
template <class V>
FLASHRNN_DEVICE_FN void write_global(void* to, const V& value) {
  *(GlobalSpace<Word<V>>*)to = __builtin_bit_cast(Word<V>, value);
}
/// Read or written once: it leaves the caches first.
template <class V>
FLASHRNN_DEVICE_FN V read_streaming(const void* from) {
  return __builtin_bit_cast(V, __builtin_nontemporal_load((const GlobalSpace<Word<V>>*)from));
}
template <class V>
FLASHRNN_DEVICE_FN void write_streaming(void* to, const V& value) {
  __builtin_nontemporal_store(__builtin_bit_cast(Word<V>, value), (GlobalSpace<Word<V>>*)to);
}

/// A pointer into the block's LDS: 32 bits, and the compiler sees which memory it means.
template <class T>
class SharedPointer {
 public:
  using Bytes = LocalSpace<Uint8>;

  SharedPointer() = default;
  FLASHRNN_DEVICE_FN explicit SharedPointer(Bytes* bytes) : bytes_(bytes) {}
  template <class U>
  requires device::Same<const U, T> FLASHRNN_DEVICE_FN SharedPointer(SharedPointer<U> other)  // NOLINT: as T* does
      : bytes_(other.bytes()) {}

  [[nodiscard]] FLASHRNN_DEVICE_FN Bytes* bytes() const { return bytes_; }
  FLASHRNN_DEVICE_FN T& operator[](Int64 i) const { return *(*this + i).get(); }
  FLASHRNN_DEVICE_FN T& operator*() const { return *get(); }

  friend FLASHRNN_DEVICE_FN SharedPointer operator+(SharedPointer pointer, Int64 i) {
    return SharedPointer(pointer.bytes_ + static_cast<int>(i) * static_cast<int>(sizeof(T)));
  }
  friend FLASHRNN_DEVICE_FN SharedPointer operator-(SharedPointer pointer, Int64 i) { return pointer + -i; }
  FLASHRNN_DEVICE_FN SharedPointer& operator+=(Int64 i) { return *this = *this + i; }
  FLASHRNN_DEVICE_FN SharedPointer& operator-=(Int64 i) { return *this = *this + -i; }
  friend FLASHRNN_DEVICE_FN Int64 operator-(SharedPointer a, SharedPointer b) {
    return static_cast<Int64>(a.bytes_ - b.bytes_) / static_cast<int>(sizeof(T));
  }
  friend FLASHRNN_DEVICE_FN bool operator==(SharedPointer a, SharedPointer b) { return a.bytes_ == b.bytes_; }

  /// The same bytes as another type.
  template <class U>
  [[nodiscard]] FLASHRNN_DEVICE_FN SharedPointer<U> cast() const {
    return SharedPointer<U>(bytes_);
  }

 private:
  [[nodiscard]] FLASHRNN_DEVICE_FN T* get() const { return (T*)bytes_; }

  Bytes* bytes_;
};

template <class V, class T>
FLASHRNN_DEVICE_FN V read_shared(SharedPointer<T> from) {
  return __builtin_bit_cast(V, *(LocalSpace<Word<V>>*)from.bytes());
}
template <class V, class T>
FLASHRNN_DEVICE_FN void write_shared(SharedPointer<T> to, const V& value) {
  *(LocalSpace<Word<V>>*)to.bytes() = __builtin_bit_cast(Word<V>, value);
}

template <class T, int N, int Align>
class SharedArray {
 public:
  static_assert(N > 0, "A shared array has elements.");
  static constexpr int kSize = N;
  FLASHRNN_DEVICE_FN SharedPointer<T> data() { return SharedPointer<T>((LocalSpace<Uint8>*)bytes_); }
  FLASHRNN_DEVICE_FN T& operator[](Int64 i) { return data()[i]; }

 private:
  alignas(Align) alignas(T) unsigned char bytes_[sizeof(T) * N];
};

}  // namespace flashrnn::hip

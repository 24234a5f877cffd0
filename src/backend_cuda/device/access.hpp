// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend_cuda/device/shared_pointer.hpp"

/// One access of 1 to 16 bytes as one instruction, whatever the type: through a word of the same size.
namespace flashrnn::cuda {

using device::Uint16;
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
  using Type = uint2;
};
template <>
struct WordOf<16> {
  using Type = uint4;
};
template <class T>
using Word = typename WordOf<static_cast<int>(sizeof(T))>::Type;

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

/// What lies at `from` as V.
template <class V>
FLASHRNN_DEVICE_FN V read(const void* from) {
  if constexpr (sizeof(V) <= 4) {
    return *static_cast<const V*>(from);
  } else {
    return __builtin_bit_cast(V, *static_cast<const Word<V>*>(from));
  }
}
template <class V>
FLASHRNN_DEVICE_FN void write(void* to, const V& value) {
  if constexpr (sizeof(V) <= 4) {
    *static_cast<V*>(to) = value;
  } else {
    *static_cast<Word<V>*>(to) = __builtin_bit_cast(Word<V>, value);
  }
}

/// To shared memory. The compiler takes a plain store of several words apart, so those are instructions by name.
template <class T, class V>
FLASHRNN_DEVICE_FN void write_shared(SharedPointer<T> to, const V& value) {
  if constexpr (sizeof(V) == 16) {
    const uint4 word = __builtin_bit_cast(uint4, value);
    asm volatile("st.shared.v4.b32 [%0], {%1,%2,%3,%4};" ::"r"(to.address()), "r"(word.x), "r"(word.y), "r"(word.z),
                 "r"(word.w)
                 : "memory");
  } else if constexpr (sizeof(V) == 8) {
    const uint2 word = __builtin_bit_cast(uint2, value);
    asm volatile("st.shared.v2.b32 [%0], {%1,%2};" ::"r"(to.address()), "r"(word.x), "r"(word.y) : "memory");
  } else {
    write(to.get(), value);
  }
}

/// Global memory that is read or written once: it leaves the caches first.
template <class V>
FLASHRNN_DEVICE_FN V read_streaming(const void* from) {
  return __builtin_bit_cast(V, __ldcs(static_cast<const Word<V>*>(from)));
}
template <class V>
FLASHRNN_DEVICE_FN void write_streaming(void* to, const V& value) {
  __stcs(static_cast<Word<V>*>(to), __builtin_bit_cast(Word<V>, value));
}

}  // namespace flashrnn::cuda

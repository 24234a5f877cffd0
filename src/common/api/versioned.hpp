// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/api/version_text.hpp"
#include "common/runtime/message.hpp"
#include "common/runtime/status.hpp"

/// Structs whose first member is their size, written by callers of this header's version or of another.
namespace flashrnn::api {

/// The size that T had in the first release that has it: the least that a caller may give. When T grows, specialise
/// this with the offset of the first new field.
template <typename T>
inline constexpr std::size_t kFirstSize = sizeof(T);

/// No version of any struct will be larger: what is beyond is not a size, and must not be read as one.
inline constexpr std::size_t kMostSize = 4096;

/// Checks the pointer and the size that stands at it; *size is what the caller gave.
template <typename T>
Status check_struct(const char* name, const T* from, std::size_t* size) {
  if (from == nullptr) return Status::invalid(message(name, " is null"));
  if (reinterpret_cast<std::uintptr_t>(from) % alignof(T) != 0) {
    return Status::invalid(message(name, " is at ", static_cast<const void*>(from), ", which is not a multiple of ",
                                   alignof(T), " bytes"));
  }
  std::size_t given = 0;
  std::memcpy(&given, static_cast<const void*>(from), sizeof given);
  if (given < kFirstSize<T> || given > kMostSize) {
    return Status::invalid(message(name, ".struct_size is ", given, "; this library knows sizes from ", kFirstSize<T>,
                                   " to ", sizeof(T), ": start from the struct's _INIT macro"));
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  if (given > sizeof(T) && std::any_of(bytes + sizeof(T), bytes + given, [](unsigned char b) { return b != 0; })) {
    return Status::invalid(message(name, ".struct_size is ", given, " and a field beyond byte ", sizeof(T),
                                   " is set, which this library (", kVersionText,
                                   ") does not know; leave it zero or use a newer library"));
  }
  *size = given;
  return {};
}

/// *out = the caller's struct; fields that the caller's header did not have are zero.
template <typename T>
Status read_struct(const char* name, const T* from, T* out) {
  std::size_t size = 0;
  FLASHRNN_RETURN_IF_ERROR(check_struct(name, from, &size));
  std::memset(static_cast<void*>(out), 0, sizeof(T));
  std::memcpy(static_cast<void*>(out), static_cast<const void*>(from), std::min(size, sizeof(T)));
  out->struct_size = sizeof(T);
  return {};
}

/// Writes the fields that the caller's header has; its struct_size stays. `size` is from check_struct.
template <typename T>
void write_struct(T value, std::size_t size, T* to) {
  value.struct_size = size;
  std::memcpy(static_cast<void*>(to), &value, std::min(size, sizeof(T)));
}

/// An enumeration's value as the caller wrote it. Loading the enum itself would be undefined for values out of range.
template <typename Enum>
std::int32_t enum_value(const Enum& field) {
  static_assert(sizeof(Enum) == sizeof(std::int32_t), "the C API's enumerations are 32 bits wide");
  std::int32_t value = 0;
  std::memcpy(&value, &field, sizeof value);
  return value;
}

}  // namespace flashrnn::api

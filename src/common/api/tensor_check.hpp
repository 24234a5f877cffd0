// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/api/memory_map.hpp"
#include "common/runtime/status.hpp"
#include "flashrnn/flashrnn.h"

namespace flashrnn::api {

/// A dimension that a tensor does not have.
inline constexpr std::int64_t kAbsent = -1;

/// What a call knows of a tensor before it looks at its strides. The dimensions with a free stride are s, b, t;
/// `row` covers the others, which are dense.
struct TensorSpec {
  const char* name;   ///< "Wx"
  const char* shape;  ///< "[B, T, Gx, N, D]", for messages
  std::int64_t states = kAbsent;
  std::int64_t batch = kAbsent;
  std::int64_t times = kAbsent;        ///< T, or the tokens that this call has; 0 is legal for tokens
  std::int64_t dense_times = kAbsent;  ///< the extent that a dense outer stride skips: T, or the plan's tokens
  std::int64_t row = 1;                ///< elements
  std::int64_t element_bytes = 1;
  Access access = Access::kRead;
};

/// Replaces strides of 0, and those of dimensions of extent 1, by their dense values (of dimensions that the tensor has
/// not: 0), checks strides, alignment and extent, and adds the memory to `memory`. With null data the strides become 0.
/// A dense stride is the next inner dimension's extent times its stride.
/// Errors, INVALID_ARGUMENT: a negative stride; one that is set for a dimension that is not there; one below a row's
/// length; one that makes written rows overlap, or read rows where a stride of 0 was given beside it (a mistake then,
/// where given strides alone may make windows); an extent past 2^63 - 1 bytes or past the end of the address space.
Status resolve(const TensorSpec& spec, flashrnn_const_tensor* tensor, MemoryMap* memory);
Status resolve(const TensorSpec& spec, flashrnn_tensor* tensor, MemoryMap* memory);

/// The same for a dense array of `elements`; null is left alone.
Status check_array(const char* name, const void* data, std::int64_t elements, std::int64_t element_bytes, Access access,
                   MemoryMap* memory);

}  // namespace flashrnn::api

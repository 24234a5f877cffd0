// SPDX-License-Identifier: Apache-2.0
#include "common/api/tensor_check.hpp"

#include <array>
#include <numeric>
#include <utility>

#include "common/runtime/checked.hpp"
#include "common/runtime/message.hpp"

namespace flashrnn::api {
namespace {

struct Dimension {
  const char* stride_name;
  std::int64_t extent;        ///< kAbsent when the tensor has it not
  std::int64_t dense_extent;  ///< what the next outer dimension skips when it is dense
  std::int64_t* stride;
};

Status check_alignment(const char* name, const void* data, std::int64_t element_bytes) {
  if (reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(element_bytes) == 0) return {};
  return Status::invalid(
      message(name, " is at ", data, "; it must be aligned to its elements' ", element_bytes, " bytes"));
}

/// Goes from the innermost dimension outwards. *defaulted: some stride was 0 where it matters.
Status resolve_strides(const TensorSpec& spec, std::array<Dimension, 3>& dims, bool* defaulted) {
  std::int64_t dense = spec.row;
  for (Dimension& dim : dims) {
    const std::int64_t given = *dim.stride;
    if (dim.extent == kAbsent) {
      if (given == 0) continue;
      return Status::invalid(message(spec.name, ".", dim.stride_name, " is ", given, "; it must be 0, because ",
                                     spec.name, " is ", spec.shape, " here"));
    }
    if (given < 0) {
      return Status::invalid(message(spec.name, ".", dim.stride_name, " is ", given, "; it must be at least ", spec.row,
                                     ", the elements of a row, or 0 for dense"));
    }
    if (given == 0 || dim.dense_extent == 1) {
      *defaulted = *defaulted || dim.dense_extent > 1;
      *dim.stride = dense;
    } else if (given < spec.row) {
      return Status::invalid(message(spec.name, ".", dim.stride_name, " is ", given, " elements; it must be at least ",
                                     spec.row, ", the elements of a row of ", spec.name, " ", spec.shape));
    }
    if (!checked_mul(*dim.stride, dim.dense_extent, &dense)) {
      return Status::invalid(message(spec.name, ".", dim.stride_name, " is ", *dim.stride, " elements; times ",
                                     dim.dense_extent, " that passes the limit of 2^63 - 1"));
    }
  }
  return {};
}

/// From the smallest stride to the largest, each has to step over what lies within. Sufficient, and also necessary but
/// for patterns that nobody stores tensors in.
Status check_nesting(const TensorSpec& spec, const std::array<Dimension, 3>& dims) {
  std::array<const Dimension*, 3> order = {&dims[0], &dims[1], &dims[2]};
  const auto out_of_order = [&](std::size_t i) { return *order[i]->stride > *order[i + 1]->stride; };
  if (out_of_order(0)) std::swap(order[0], order[1]);
  if (out_of_order(1)) std::swap(order[1], order[2]);
  if (out_of_order(0)) std::swap(order[0], order[1]);
  std::int64_t inner = spec.row;
  for (const Dimension* dim : order) {
    if (dim->extent <= 1) continue;
    if (*dim->stride < inner) {
      return Status::invalid(message(spec.name, ".", dim->stride_name, " is ", *dim->stride,
                                     " elements; it must be at least ", inner, ", or rows of ", spec.name, " ",
                                     spec.shape, " overlap (strides of 0 were taken as dense)"));
    }
    inner += *dim->stride * (dim->extent - 1);  // fits: no more than the extent that was checked before
  }
  return {};
}

/// *elements = from the first element to behind the last one; 0 when an extent is 0.
Status extent_of(const TensorSpec& spec, const std::array<Dimension, 3>& dims, std::int64_t* elements) {
  std::int64_t total = spec.row;
  bool empty = false;
  for (const Dimension& dim : dims) {
    empty = empty || dim.extent == 0;
    std::int64_t span = 0;
    if (dim.extent > 1 && (!checked_mul(*dim.stride, dim.extent - 1, &span) || !checked_add(total, span, &total))) {
      return Status::invalid(message(spec.name, ".", dim.stride_name, " is ", *dim.stride, " elements; ", dim.extent,
                                     " of them pass the limit of 2^63 - 1"));
    }
  }
  *elements = empty ? 0 : total;
  return {};
}

Status check_address_space(const char* name, const void* data, std::int64_t elements, std::int64_t element_bytes,
                           std::int64_t* bytes) {
  if (!checked_mul(elements, element_bytes, bytes) ||
      static_cast<std::uintptr_t>(*bytes) > UINTPTR_MAX - reinterpret_cast<std::uintptr_t>(data)) {
    return Status::invalid(message(name, " at ", data, " spans ", elements, " * ", element_bytes,
                                   " bytes, which passes the end of the address space"));
  }
  return {};
}

}  // namespace

Status resolve(const TensorSpec& spec, flashrnn_const_tensor* tensor, MemoryMap* memory) {
  if (tensor->data == nullptr) {
    *tensor = {nullptr, 0, 0, 0};
    return {};
  }
  std::array<Dimension, 3> dims = {{{"stride_t", spec.times, spec.dense_times, &tensor->stride_t},
                                    {"stride_b", spec.batch, spec.batch, &tensor->stride_b},
                                    {"stride_s", spec.states, spec.states, &tensor->stride_s}}};
  FLASHRNN_RETURN_IF_ERROR(check_alignment(spec.name, tensor->data, spec.element_bytes));
  bool defaulted = false;
  FLASHRNN_RETURN_IF_ERROR(resolve_strides(spec, dims, &defaulted));
  std::int64_t elements = 0;
  FLASHRNN_RETURN_IF_ERROR(extent_of(spec, dims, &elements));
  if (defaulted || spec.access == Access::kWrite) FLASHRNN_RETURN_IF_ERROR(check_nesting(spec, dims));

  MemoryRange range;
  range.name = spec.name;
  range.access = spec.access;
  range.begin = reinterpret_cast<std::uintptr_t>(tensor->data);
  FLASHRNN_RETURN_IF_ERROR(check_address_space(spec.name, tensor->data, elements, spec.element_bytes, &range.bytes));
  range.row_bytes = spec.row * spec.element_bytes;  // fits: check_problem held it against the limit
  for (const Dimension& dim : dims) {
    if (dim.extent > 1) range.period = std::gcd(range.period, *dim.stride * spec.element_bytes);
  }
  memory->add(range);
  return {};
}

Status resolve(const TensorSpec& spec, flashrnn_tensor* tensor, MemoryMap* memory) {
  flashrnn_const_tensor resolved = {tensor->data, tensor->stride_s, tensor->stride_b, tensor->stride_t};
  FLASHRNN_RETURN_IF_ERROR(resolve(spec, &resolved, memory));
  *tensor = {tensor->data, resolved.stride_s, resolved.stride_b, resolved.stride_t};
  return {};
}

Status check_array(const char* name, const void* data, std::int64_t elements, std::int64_t element_bytes, Access access,
                   MemoryMap* memory) {
  if (data == nullptr) return {};
  FLASHRNN_RETURN_IF_ERROR(check_alignment(name, data, element_bytes));
  MemoryRange range;
  range.name = name;
  range.access = access;
  range.begin = reinterpret_cast<std::uintptr_t>(data);
  FLASHRNN_RETURN_IF_ERROR(check_address_space(name, data, elements, element_bytes, &range.bytes));
  range.row_bytes = range.bytes;
  memory->add(range);
  return {};
}

}  // namespace flashrnn::api

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "flashrnn/flashrnn.h"
#include "tests/fuzz/area.hpp"
#include "tests/fuzz/bytes.hpp"

namespace flashrnn::fuzz {

enum class Use { kRead, kWrite, kScratch };  ///< kScratch: written where the device likes

/// The dimensions of a tensor; 0 = it has none of this kind, except times of a packed tensor.
struct Shape {
  std::int64_t states = 0;
  std::int64_t batch = 0;
  std::int64_t times = 0;
  std::int64_t dense_times = 0;  ///< what a dense stride_s skips; 0 = the tensor has no time
  std::int64_t row = 1;          ///< elements
  std::int64_t element = 1;      ///< bytes
};

/// The memory of one call and what the call may do with it. Faults are drawn from the input; a call with one has
/// to fail, a call with none to succeed.
class Scene {
 public:
  explicit Scene(Bytes* in) : in_(in) {}

  /// Null without a fault, else what the last one is.
  const char* fault = nullptr;

  /// A tensor with drawn strides, in memory of just its extent.
  flashrnn_tensor tensor(const Shape& shape, Use use, bool required);
  flashrnn_const_tensor input(const Shape& shape, bool required);
  /// A dense array. `filled`: its bytes; else drawn floats of `element` bytes.
  void* array(std::int64_t elements, std::int64_t element, Use use, bool required);
  /// A buffer of the plan with its size.
  void* buffer(std::size_t needed, Use use, std::size_t* size);
  /// Memory for indices or marks: the caller fills it, then calls spoil_pointer if it wants.
  template <typename T>
  T* indices(std::int64_t count) {
    return reinterpret_cast<T*>(add(static_cast<std::size_t>(count) * sizeof(T), Use::kRead)->data());
  }
  /// Sometimes misaligns a pointer to elements of more than one byte, or makes a required one null.
  template <typename T>
  T* spoil_pointer(T* pointer, std::int64_t element, bool required) {
    if (in_->rarely(64)) {
      if (required) fault = "a null pointer";
      return required ? nullptr : pointer;
    }
    if (element > 1 && in_->rarely(64)) {
      fault = "a misaligned pointer";
      return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(pointer) + 1);
    }
    return pointer;
  }
  /// Takes back the memory made last: the call is not given it.
  void forget_last() { pieces_.pop_back(); }
  /// Sometimes lays an output of `bytes` > 0 on other memory.
  void* spoil_place(void* output);

  void snapshot();
  /// After a call: guards are whole; what it only reads is as before; of its outputs only rows are changed, and on
  /// failure nothing is.
  void check(bool succeeded) const;
  /// The outputs' bytes, to compare two runs.
  [[nodiscard]] std::vector<std::byte> outputs() const;

 private:
  struct Piece {
    std::unique_ptr<Area> area;
    Use use;
    Shape shape;  ///< with `tensor`: which bytes are rows
    flashrnn_tensor tensor;
    bool whole;  ///< all bytes are rows
  };
  Area* add(std::size_t bytes, Use use);
  void fill(Area* area, std::int64_t element);
  void draw_strides(const Shape& shape, flashrnn_tensor* t);

  Bytes* in_;
  std::vector<Piece> pieces_;
};

}  // namespace flashrnn::fuzz

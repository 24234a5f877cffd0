// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "element.hpp"
#include "flashrnn/flashrnn.hpp"

namespace flashrnn::tool {

/// A dense tensor in host memory. Without a shape it is absent, and its data null.
class Tensor {
 public:
  Tensor() = default;
  Tensor(std::vector<std::int64_t> shape, flashrnn_dtype dtype);

  [[nodiscard]] bool present() const { return !shape_.empty(); }
  [[nodiscard]] const std::vector<std::int64_t>& shape() const { return shape_; }
  [[nodiscard]] flashrnn_dtype dtype() const { return dtype_; }
  [[nodiscard]] std::size_t elements() const { return data_.size() / element_size(dtype_); }
  [[nodiscard]] std::byte* data() const { return static_cast<std::byte*>(data_.data()); }
  [[nodiscard]] std::size_t bytes() const { return data_.size(); }
  [[nodiscard]] double at(std::size_t index) const { return load_element(dtype_, data(), index); }
  void set(std::size_t index, double value) { store_element(dtype_, data(), index, value); }

 private:
  std::vector<std::int64_t> shape_;
  flashrnn_dtype dtype_ = FLASHRNN_F32;
  Buffer data_;
};

/// What `run` says of a tensor, so that two runs can be compared.
struct TensorSummary {
  double norm = 0.0;            ///< of the finite elements
  double largest = 0.0;         ///< absolute value of the finite elements
  std::int64_t not_finite = 0;  ///< elements that are NaN or infinite
  std::string checksum;         ///< 16 hexadecimal digits over the bytes (FNV-1a): equal for equal bits
};

TensorSummary summarize(const Tensor& tensor);

}  // namespace flashrnn::tool

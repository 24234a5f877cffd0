// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace flashrnn::verify {

struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> data;  ///< row-major
};

/// Reads a NumPy file of little-endian float64 or float32 in C order (format versions 1 to 3). Throws
/// std::runtime_error, with the file's name and what is wrong with it.
Array read_npy(const std::filesystem::path& path);

}  // namespace flashrnn::verify

// SPDX-License-Identifier: Apache-2.0
#include "npy_write.hpp"

#include <bit>
#include <fstream>
#include <string>
#include <vector>

#include "error.hpp"
#include "text.hpp"

namespace flashrnn::tool {
namespace {

static_assert(std::endian::native == std::endian::little, "The data is written as it lies in memory.");

/// Magic, version 1.0, and a header dictionary filled up so that the data starts at a multiple of 64.
std::string preamble(const Tensor& tensor) {
  constexpr std::size_t kFixed = 10;
  constexpr std::size_t kAlignment = 64;
  std::vector<std::string> extents;
  for (const std::int64_t extent : tensor.shape()) extents.push_back(std::to_string(extent));
  const std::string comma = extents.size() == 1 ? "," : "";
  std::string header = std::string("{'descr': '") + (tensor.dtype() == FLASHRNN_F16 ? "<f2" : "<f4") +
                       "', 'fortran_order': False, 'shape': (" + join(extents) + comma + "), }";
  const std::size_t whole = (kFixed + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment;
  header.append(whole - kFixed - header.size() - 1, ' ');
  header.push_back('\n');
  std::string text("\x93NUMPY\x01\x00", 8);
  text.push_back(static_cast<char>(header.size() & 0xff));
  text.push_back(static_cast<char>(header.size() >> 8));
  return text + header;
}

}  // namespace

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  std::ofstream file(path, std::ios::binary);
  file << preamble(tensor);
  if (tensor.dtype() == FLASHRNN_BF16) {
    std::vector<float> widened(tensor.elements());
    for (std::size_t i = 0; i < widened.size(); ++i) widened[i] = static_cast<float>(tensor.at(i));
    file.write(reinterpret_cast<const char*>(widened.data()),
               static_cast<std::streamsize>(widened.size() * sizeof(float)));
  } else {
    file.write(reinterpret_cast<const char*>(tensor.data()), static_cast<std::streamsize>(tensor.bytes()));
  }
  file.close();
  if (!file) throw UsageError("The file '" + path.string() + "' can't be written; give --output a folder with room.");
}

}  // namespace flashrnn::tool

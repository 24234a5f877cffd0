// SPDX-License-Identifier: Apache-2.0
#include "verify/npy.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace flashrnn::verify {
namespace {

static_assert(std::endian::native == std::endian::little, "The reader copies little-endian numbers as they are.");

constexpr std::string_view kMagic = "\x93NUMPY";

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) fail("cannot be opened");
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  Array read() {
    const std::string_view header = take_header();
    if (field(header, "fortran_order") != "False") fail("is in Fortran order; only C order is read");
    const std::string_view type = field(header, "descr");
    Array array;
    array.shape = shape(header);
    std::int64_t count = 1;
    for (const std::int64_t extent : array.shape) {
      if (extent != 0 && count > static_cast<std::int64_t>(bytes_.size()) / extent) fail("is shorter than its shape");
      count *= extent;
    }
    if (type == "'<f8'") {
      array.data = values<double>(count);
    } else if (type == "'<f4'") {
      array.data = values<float>(count);
    } else {
      fail("holds elements of type " + std::string(type) + "; '<f8' and '<f4' are read");
    }
    return array;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(path_.string() + " " + what); }

  std::string_view take_header() {
    const std::string_view all(bytes_);
    if (!all.starts_with(kMagic) || all.size() < 12) fail("is not a NumPy file");
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes_[i])); };
    const std::size_t version = byte(6);
    if (version < 1 || version > 3) fail("has NumPy format version " + std::to_string(version) + "; 1 to 3 are read");
    const std::size_t start = version == 1 ? 10 : 12;
    const std::size_t size = byte(8) | byte(9) << 8 | (version == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
    if (start + size > bytes_.size()) fail("ends inside its header");
    data_ = start + size;
    return all.substr(start, size);
  }

  // The text of a value of the header's Python dictionary: up to the comma, or to the bracket that closes it.
  [[nodiscard]] std::string_view field(std::string_view header, const std::string& key) const {
    const std::size_t at = header.find("'" + key + "':");
    if (at == std::string_view::npos) fail("has no '" + key + "' in its header");
    std::string_view value = header.substr(at + key.size() + 3);
    value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
    const bool tuple = value.starts_with('(');
    const std::size_t end = value.find_first_of(tuple ? ")" : ",}");
    if (end == std::string_view::npos) fail("has a broken header");
    return value.substr(0, end);
  }

  [[nodiscard]] std::vector<std::int64_t> shape(std::string_view header) const {
    const std::string_view text = field(header, "shape");
    if (!text.starts_with('(')) fail("has a broken shape");
    std::vector<std::int64_t> result;
    const char* at = text.data() + 1;
    const char* end = text.data() + text.size();
    while (true) {
      at = std::find_if(at, end, [](char c) { return c != ' ' && c != ','; });
      if (at == end) return result;
      std::int64_t extent = 0;
      const auto [next, error] = std::from_chars(at, end, extent);
      if (error != std::errc() || extent < 0) fail("has a broken shape");
      result.push_back(extent);
      at = next;
    }
  }

  template <class Value>
  [[nodiscard]] std::vector<double> values(std::int64_t count) const {
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(Value);
    if (bytes_.size() - data_ != bytes) {
      fail("holds " + std::to_string(bytes_.size() - data_) + " bytes of data; its shape asks for " +
           std::to_string(bytes));
    }
    std::vector<Value> values(static_cast<std::size_t>(count));
    if (bytes > 0) std::memcpy(values.data(), bytes_.data() + data_, bytes);
    return {values.begin(), values.end()};
  }

  std::filesystem::path path_;
  std::string bytes_;
  std::size_t data_ = 0;
};

}  // namespace

Array read_npy(const std::filesystem::path& path) { return Reader(path).read(); }

}  // namespace flashrnn::verify

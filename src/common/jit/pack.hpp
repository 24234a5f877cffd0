// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/jit/image.hpp"
#include "common/jit/key.hpp"
#include "common/jit/sha256.hpp"
#include "common/runtime/status.hpp"

/// A pack is one read-only file with many images, shipped beside the library for machines that have no compiler. Images
/// are found by all parts of their key but the compiler.
namespace flashrnn::jit {

class Pack {
 public:
  /// Reads the index. Errors: INVALID_ARGUMENT when the file can't be read, is no pack, or its index is damaged.
  static Status open(const std::filesystem::path& path, std::unique_ptr<const Pack>* pack);
  ~Pack();
  Pack(const Pack&) = delete;
  Pack& operator=(const Pack&) = delete;

  /// Whether the pack has an undamaged image of the key; it is checked at every call. Thread-safe.
  [[nodiscard]] bool find(const Key& key, Image* image) const;

  [[nodiscard]] std::size_t size() const { return index_.size(); }
  /// The bytes of an entry, in the order of the index, for listing; see entry.hpp. "" when they can't be read.
  [[nodiscard]] std::string entry(std::size_t index) const;

 private:
  struct Place {
    Digest digest;
    std::uint64_t offset;
    std::uint64_t bytes;
  };
  explicit Pack(int fd) : fd_(fd) {}

  // Read from, not mapped: a file that shrinks under a mapping would end the process.
  const int fd_;
  std::vector<Place> index_;  ///< in ascending order of the digests
};

class PackWriter {
 public:
  /// A second image of the same key (but the compiler) replaces the first.
  void add(const KeyParts& parts, const Image& image);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Replaces the file in one step. Errors: INVALID_ARGUMENT with what the system says.
  Status write(const std::filesystem::path& path) const;

 private:
  std::map<Digest, std::string> entries_;
};

/// The packs that this process uses: the files and folders (each with its files *.pack) of $FLASHRNN_PACK_PATH, split
/// at
/// ':', then those of the folder `flashrnn` beside this library, or beside the program where it is linked in.
[[nodiscard]] std::vector<std::filesystem::path> default_packs();

}  // namespace flashrnn::jit

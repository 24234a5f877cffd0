// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/jit/image.hpp"
#include "common/jit/key.hpp"

/// The folder of the disk cache: one immutable file an image, named by its key's digest.
namespace flashrnn::jit {

class Folder {
 public:
  /// An empty path is a folder that has nothing and keeps nothing.
  explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

  /// Whether there is an undamaged entry of this very key.
  [[nodiscard]] bool find(const Key& key, Image* image) const;

  /// Makes the folder where it is missing. False where nothing can be kept.
  [[nodiscard]] bool prepare() const;

  /// Replaces the entry. Without success where the folder or the disk does not allow it: then a damaged entry is at
  /// least removed, if it can be. Errors go nowhere.
  void store(const Key& key, const Image& image) const;

  [[nodiscard]] std::filesystem::path path_of(const Key& key, std::string_view suffix = kEntrySuffix) const;

  static constexpr std::string_view kEntrySuffix = ".image";

 private:
  std::filesystem::path path_;
};

/// A file of the folder, for people.
struct FolderEntry {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
  std::chrono::seconds age{0};  ///< since its last use, to a day
  std::string damage;           ///< what is wrong with it, else ""
  KeyParts key;                 ///< where it is not damaged
  Resources resources;
  std::uint64_t code_bytes = 0;
};

/// The entries, last used first. Reads and checks all of them.
[[nodiscard]] std::vector<FolderEntry> list_folder(const std::filesystem::path& folder);

struct PruneOptions {
  std::optional<std::chrono::seconds> older_than;  ///< removes what was not used for longer
  std::optional<std::uint64_t> max_bytes;          ///< then the longest unused, until the others fit
};
struct Pruned {
  std::vector<FolderEntry> removed;
  std::uint64_t kept = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t leftovers = 0;                     ///< removed files that processes left when they were killed
  std::vector<std::filesystem::path> not_removed;  ///< what the system did not let go
};
/// Removes damaged entries, those that the options name, and what killed processes left.
Pruned prune_folder(const std::filesystem::path& folder, const PruneOptions& options);

}  // namespace flashrnn::jit

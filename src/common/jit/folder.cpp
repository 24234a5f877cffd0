// SPDX-License-Identifier: Apache-2.0
#include "common/jit/folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <system_error>
#include <utility>

#include "common/jit/entry.hpp"
#include "common/jit/file_lock.hpp"
#include "common/jit/files.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr seconds kDay{24 * 60 * 60};
/// After that long no process is still at a temporary file.
constexpr seconds kLeftoverAge{60 * 60};

seconds age_of(const struct stat& status) {
  return seconds{std::max<std::int64_t>(0, ::time(nullptr) - status.st_mtime)};
}

/// The time of change is the time of the last use. To a day, so that most uses write nothing.
void mark_used(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && age_of(status) > kDay) {
    (void)::utimensat(AT_FDCWD, path.c_str(), nullptr, 0);
  }
}

struct File {
  fs::path path;
  std::uint64_t bytes;
  seconds age;
};

std::vector<File> files_with(const fs::path& folder, std::string_view suffix) {
  std::vector<File> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    struct stat status {};
    if (!it->path().native().ends_with(suffix) || ::lstat(it->path().c_str(), &status) != 0) continue;
    if (S_ISREG(status.st_mode)) {
      files.push_back({it->path(), static_cast<std::uint64_t>(status.st_size), age_of(status)});
    }
  }
  return files;
}

/// What processes left when they were killed.
std::uint64_t remove_leftovers(const fs::path& folder) {
  std::uint64_t removed = 0;
  for (const std::string_view suffix : {kTemporarySuffix, kLockSuffix}) {
    for (const File& file : files_with(folder, suffix)) {
      if (file.age > kLeftoverAge && ::unlink(file.path.c_str()) == 0) ++removed;
    }
  }
  return removed;
}

FolderEntry read_entry(const File& file) {
  FolderEntry found;
  found.path = file.path;
  found.bytes = file.bytes;
  found.age = file.age;
  const std::optional<std::string> bytes = read_file(file.path);
  if (!bytes) {
    found.damage = "can't be read";
    return found;
  }
  std::optional<Entry> entry = decode_entry(*bytes);
  std::optional<KeyParts> key = entry ? decode_key(entry->key) : std::nullopt;
  if (!key) {
    found.damage = "its bytes are not those that were written";
  } else if (file.path.filename() != hex(sha256(entry->key)) + std::string(Folder::kEntrySuffix)) {
    found.damage = "its name is not its key's";
  } else {
    found.key = std::move(*key);
    found.resources = entry->image.resources;
    found.code_bytes = entry->image.code.size();
  }
  return found;
}

}  // namespace

fs::path Folder::path_of(const Key& key, std::string_view suffix) const {
  return path_ / (hex(key.digest()) + std::string(suffix));
}

bool Folder::find(const Key& key, Image* image) const {
  if (path_.empty()) return false;
  const fs::path path = path_of(key);
  const std::optional<std::string> bytes = read_file(path);
  std::optional<Entry> entry = bytes ? decode_entry(*bytes) : std::nullopt;
  if (!entry || entry->key != key.encoding()) return false;
  mark_used(path);
  *image = std::move(entry->image);
  return true;
}

bool Folder::prepare() const {
  return !path_.empty() && make_folders(path_) && ::access(path_.c_str(), W_OK | X_OK) == 0;
}

void Folder::store(const Key& key, const Image& image) const {
  if (path_.empty()) return;
  const fs::path path = path_of(key);
  Image kept;
  if (!write_file(path, encode_entry(key.encoding(), image), Readers::kOwner) && !find(key, &kept))
    ::unlink(path.c_str());
  remove_leftovers(path_);
}

std::vector<FolderEntry> list_folder(const fs::path& folder) {
  std::vector<FolderEntry> entries;
  for (const File& file : files_with(folder, Folder::kEntrySuffix)) entries.push_back(read_entry(file));
  std::sort(entries.begin(), entries.end(), [](const FolderEntry& a, const FolderEntry& b) {
    return std::pair(a.age, a.path) < std::pair(b.age, b.path);
  });
  return entries;
}

Pruned prune_folder(const fs::path& folder, const PruneOptions& options) {
  Pruned pruned;
  const auto remove = [&](const fs::path& path) {
    const bool gone = ::unlink(path.c_str()) == 0;
    if (!gone) pruned.not_removed.push_back(path);
    return gone;
  };
  bool full = false;
  for (FolderEntry& entry : list_folder(folder)) {  // last used first
    bool goes = !entry.damage.empty() || (options.older_than && entry.age > *options.older_than);
    if (!goes && options.max_bytes) {
      full = full || pruned.kept_bytes + entry.bytes > *options.max_bytes;
      goes = full;
    }
    if (goes && remove(entry.path)) {
      pruned.removed.push_back(std::move(entry));
    } else {
      ++pruned.kept;
      pruned.kept_bytes += entry.bytes;
    }
  }
  pruned.leftovers = remove_leftovers(folder);
  return pruned;
}

}  // namespace flashrnn::jit

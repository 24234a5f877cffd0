// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string_view>

namespace flashrnn::jit {

/// A lock between processes: a file of this name, held by flock, which the kernel releases when its process dies. It
/// only spares work: where the file can't be made, locks do not work, or the holder takes longer than `patience`, the
/// caller goes on without it.
class FileLock {
 public:
  FileLock(const std::filesystem::path& path, std::chrono::milliseconds patience);
  /// Removes the file, if held.
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  [[nodiscard]] bool held() const { return fd_ >= 0; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// Ends the names of lock files.
inline constexpr std::string_view kLockSuffix = ".lock";

}  // namespace flashrnn::jit

// SPDX-License-Identifier: Apache-2.0
#include "common/jit/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace flashrnn::jit {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

enum class Attempt { kHeld, kBusy, kImpossible };

/// Asks again and again: a call that waits could not give up on a holder that was stopped.
Attempt try_lock(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return Attempt::kHeld;
  return errno == EWOULDBLOCK || errno == EINTR ? Attempt::kBusy : Attempt::kImpossible;
}

/// The last holder removed its file: a lock on that keeps nobody out.
bool is_still_there(int fd, const std::filesystem::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_dev == named.st_dev &&
         held.st_ino == named.st_ino;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path, milliseconds patience) : path_(path) {
  const Clock::time_point end = Clock::now() + patience;
  milliseconds pause{1};
  for (;;) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return;
    Attempt attempt = try_lock(fd);
    while (attempt == Attempt::kBusy && Clock::now() < end) {
      std::this_thread::sleep_for(pause);
      pause = std::min(2 * pause, milliseconds{16});
      attempt = try_lock(fd);
    }
    if (attempt == Attempt::kHeld && is_still_there(fd, path)) {
      fd_ = fd;
      return;
    }
    ::close(fd);
    if (attempt != Attempt::kHeld || Clock::now() >= end) return;
  }
}

FileLock::~FileLock() {
  if (fd_ < 0) return;
  ::unlink(path_.c_str());
  // Said, for a process that was forked meanwhile has the same lock.
  ::flock(fd_, LOCK_UN);
  ::close(fd_);
}

}  // namespace flashrnn::jit

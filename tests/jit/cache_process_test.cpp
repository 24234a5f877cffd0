// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>
#include <vector>

#include "common/jit/cache.hpp"
#include "common/jit/file_lock.hpp"
#include "common/jit/folder.hpp"
#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using test::example_image;
using test::example_key;
using test::only_folder;
using test::TemporaryFolder;

/// A byte for every compilation, whichever process it happens in.
void count_in(const fs::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  EXPECT_EQ(::write(file, "x", 1), 1);
  ::close(file);
}

bool ask_with_threads(const fs::path& folder, const fs::path& counter, int count) {
  Cache cache(only_folder(folder));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      std::shared_ptr<const Image> image;
      const auto compile = [&](Image* compiled) {
        count_in(counter);
        std::this_thread::sleep_for(milliseconds(100));
        *compiled = example_image();
        return Status();
      };
      if (cache.find_or_compile(example_key(), compile, &image).ok() && *image == example_image()) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return right == count;
}

TEST(CacheProcesses, TwoOf32ThreadsCompileOnce) {
  const TemporaryFolder folder;
  for (int round = 0; round < 3; ++round) {
    const fs::path cache = folder.path() / ("cache" + std::to_string(round));
    const fs::path counter = folder.path() / ("compiled" + std::to_string(round));
    const int first = test::start_child([&] { return ask_with_threads(cache, counter, 32); });
    const int second = test::start_child([&] { return ask_with_threads(cache, counter, 32); });
    EXPECT_TRUE(test::wait_child(first));
    EXPECT_TRUE(test::wait_child(second));
    EXPECT_EQ(test::read_all(counter), "x");
  }
}

/// Locks that do not work, as on some network file systems, cost work and nothing else.
TEST(CacheProcesses, AreRightWithoutLocks) {
  const TemporaryFolder folder;
  const fs::path cache = folder.path() / "cache";
  fs::create_directory(cache);
  fs::create_directory(Folder(cache).path_of(Key(example_key()), kLockSuffix));  // so it can't be opened as a file
  std::vector<int> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(test::start_child([&] { return ask_with_threads(cache, folder.path() / "compiled", 4); }));
  }
  for (const int child : children) EXPECT_TRUE(test::wait_child(child));
  EXPECT_GE(test::read_all(folder.path() / "compiled").size(), 1);
}

TEST(CacheProcesses, KilledWhileCompilingLetTheNextOneIn) {
  const TemporaryFolder folder;
  const fs::path counter = folder.path() / "compiled";
  const int child = test::start_child([&] {
    Cache cache(only_folder(folder.path() / "cache"));
    std::shared_ptr<const Image> image;
    return cache
        .find_or_compile(
            example_key(),
            [&](Image*) {
              count_in(counter);
              std::this_thread::sleep_for(std::chrono::minutes(5));
              return Status();
            },
            &image)
        .ok();
  });
  while (!fs::exists(counter)) std::this_thread::sleep_for(milliseconds(1));
  std::thread killer([&] {
    std::this_thread::sleep_for(milliseconds(50));
    ::kill(child, SIGKILL);
  });
  EXPECT_TRUE(ask_with_threads(folder.path() / "cache", counter, 2));
  killer.join();
  EXPECT_FALSE(test::wait_child(child));
  EXPECT_EQ(test::read_all(counter), "xx");
}

/// A large entry is written again and again by a process that is killed somewhere on the way.
TEST(CacheProcesses, KilledWhileWritingLeaveNoHalfEntry) {
  const TemporaryFolder folder;
  const Image large = example_image(std::size_t{4} << 20);
  const Key key(example_key());
  for (int round = 0; round < 12; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const int child = test::start_child([&] {
      const Folder cache(folder.path());
      EXPECT_EQ(::write(ready[1], "x", 1), 1);
      for (;;) cache.store(key, large);
      return true;
    });
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
    ::kill(child, SIGKILL);
    EXPECT_FALSE(test::wait_child(child));
    ::close(ready[0]);
    ::close(ready[1]);
    const fs::path entry = Folder(folder.path()).path_of(key);
    Image found;
    if (fs::exists(entry)) {
      EXPECT_TRUE(Folder(folder.path()).find(key, &found)) << "round " << round;
    }
    int compiles = 0;
    EXPECT_EQ(test::ask(only_folder(folder.path()), example_key(), large, &compiles), large) << "round " << round;
  }
}

TEST(FileLock, IsGivenOnAndGivenUp) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.lock";
  {
    const FileLock first(path, milliseconds(0));
    ASSERT_TRUE(first.held());
    const FileLock second(path, milliseconds(30));
    EXPECT_FALSE(second.held()) << "after its patience it goes on without";
  }
  EXPECT_FALSE(fs::exists(path));
  const FileLock third(path, milliseconds(0));
  EXPECT_TRUE(third.held());
  const FileLock nowhere(folder.path() / "none" / "a.lock", milliseconds(1000));
  EXPECT_FALSE(nowhere.held());
}

TEST(FileLock, KeepsAllButOneOut) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a.lock";
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        const FileLock lock(path, std::chrono::seconds(60));
        EXPECT_TRUE(lock.held());
        const int now = ++inside;
        if (now > most) most = now;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace flashrnn::jit

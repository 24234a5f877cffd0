// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "common/jit/cache.hpp"
#include "common/jit/entry.hpp"
#include "common/jit/folder.hpp"
#include "tests/jit/support.hpp"

/// Whatever happens to the disk, the result is right, and what can be is repaired.
namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using test::ask;
using test::example_image;
using test::example_key;
using test::only_folder;
using test::TemporaryFolder;

class CacheFault : public ::testing::Test {
 protected:
  void SetUp() override {
    int compiles = 0;
    ask(only_folder(folder_.path()), example_key(), example_image(), &compiles);
    good_ = test::read_all(entry_);
    ASSERT_FALSE(good_.empty());
  }

  /// With these bytes as the entry, the image is compiled once, is right, and the entry is good again.
  void expect_repaired(const std::string& bytes, const std::string& what) {
    test::write_all(entry_, bytes);
    int compiles = 0;
    EXPECT_EQ(ask(only_folder(folder_.path()), example_key(), example_image(), &compiles), example_image()) << what;
    EXPECT_EQ(compiles, 1) << what;
    EXPECT_EQ(ask(only_folder(folder_.path()), example_key(), example_image(), &compiles), example_image()) << what;
    EXPECT_EQ(compiles, 1) << what;
    EXPECT_EQ(test::read_all(entry_), good_) << what;
  }

  const TemporaryFolder folder_;
  const fs::path entry_ = Folder(folder_.path()).path_of(Key(example_key()));
  std::string good_;
};

TEST_F(CacheFault, TruncatedEntries) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{8}, std::size_t{39}, std::size_t{40},
                                   good_.size() / 2, good_.size() - 1}) {
    expect_repaired(good_.substr(0, length), "cut to " + std::to_string(length));
  }
}

/// A position in the magic, the digest, the lengths, the key, the resources and the code each: entry_test has them all.
TEST_F(CacheFault, FlippedBits) {
  const std::size_t code = good_.size() - example_image().code.size();
  for (const std::size_t at : {std::size_t{0}, std::size_t{9}, std::size_t{40}, std::size_t{47}, std::size_t{60},
                               code - 30, code - 10, code - 1, code, good_.size() - 1}) {
    std::string bytes = good_;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    expect_repaired(bytes, "flipped at " + std::to_string(at));
  }
}

TEST_F(CacheFault, AnEntryOfAnotherKey) {
  expect_repaired(encode_entry(Key(example_key("another")).encoding(), example_image(7)), "another key");
}

TEST_F(CacheFault, AnEntryThatIsNoFile) {
  fs::remove(entry_);
  fs::create_directory(entry_);
  int compiles = 0;
  EXPECT_EQ(ask(only_folder(folder_.path()), example_key(), example_image(), &compiles), example_image());
  EXPECT_EQ(compiles, 1);
}

TEST_F(CacheFault, LeftoversOfKilledProcesses) {
  fs::path lock = entry_;
  lock.replace_extension(".lock");
  test::write_all(lock, "");  // nobody holds it
  test::write_all(entry_.string() + ".1-2-3.tmp", good_.substr(0, 50));
  expect_repaired("", "a lock file without a holder");
  EXPECT_FALSE(fs::exists(lock));
}

TEST(CacheFolder, ThatCannotBeMade) {
  const TemporaryFolder folder;
  test::write_all(folder.path() / "file", "");
  for (const fs::path& path :
       {folder.path() / "file", folder.path() / "file" / "below", fs::path("/proc/none/below")}) {
    int compiles = 0;
    EXPECT_EQ(ask(only_folder(path), example_key(), example_image(), &compiles), example_image()) << path;
    EXPECT_EQ(compiles, 1) << path;
  }
}

/// In a child that is nobody, for root may write anywhere.
TEST(CacheFolder, ThatCannotBeWritten) {
  const TemporaryFolder folder;
  int compiles = 0;
  ask(only_folder(folder.path()), example_key(), example_image(), &compiles);
  const fs::path entry = Folder(folder.path()).path_of(Key(example_key()));
  ASSERT_EQ(::chmod(entry.c_str(), 0444), 0);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0555), 0);
  const int child = test::start_child([&] {
    constexpr unsigned kNobody = 65534;
    if (::getuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return false;
    int count = 0;
    const bool finds =
        ask(only_folder(folder.path()), example_key(), example_image(), &count) == example_image() && count == 0;
    const bool compiled =
        ask(only_folder(folder.path()), example_key("b"), example_image(5), &count) == example_image(5) && count == 1;
    return finds && compiled;
  });
  EXPECT_TRUE(test::wait_child(child));
  EXPECT_EQ(folder.file_count(), 1);
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
}

/// A limit on the size of files ends a write as a full disk does: some bytes are written, then an error comes.
TEST(CacheFolder, OnAFullDisk) {
  const TemporaryFolder folder;
  const int child = test::start_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{500, 500};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    int compiles = 0;
    for (int i = 0; i < 2; ++i) {
      if (ask(only_folder(folder.path()), example_key(), example_image(), &compiles) != example_image()) return false;
    }
    return compiles == 2;
  });
  EXPECT_TRUE(test::wait_child(child));
  EXPECT_EQ(folder.file_count(), 0) << "no half an entry, no temporary file";
}

TEST(CacheFolder, OnAFullDiskWithADamagedEntry) {
  const TemporaryFolder folder;
  const fs::path entry = Folder(folder.path()).path_of(Key(example_key()));
  test::write_all(entry, "damaged");
  const int child = test::start_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{500, 500};
    int compiles = 0;
    return ::setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           ask(only_folder(folder.path()), example_key(), example_image(), &compiles) == example_image();
  });
  EXPECT_TRUE(test::wait_child(child));
  EXPECT_EQ(folder.file_count(), 0) << "the damaged entry is removed";
}

}  // namespace
}  // namespace flashrnn::jit

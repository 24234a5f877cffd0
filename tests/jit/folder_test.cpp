// SPDX-License-Identifier: Apache-2.0
#include "common/jit/folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using test::example_image;
using test::example_key;
using test::TemporaryFolder;
constexpr std::chrono::hours kDay{24};

void set_age(const fs::path& path, std::chrono::seconds age) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

class FolderTest : public ::testing::Test {
 protected:
  /// One entry for each number, that old in days.
  void fill(const std::vector<int>& days) {
    for (const int age : days) {
      const Key key(example_key("kernel " + std::to_string(age)));
      folder_.store(key, example_image());
      set_age(folder_.path_of(key), kDay * age);
    }
  }
  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const FolderEntry& entry : list_folder(temporary_.path())) names.push_back(entry.key.specification);
    return names;
  }
  const TemporaryFolder temporary_;
  const Folder folder_{temporary_.path()};
};

TEST_F(FolderTest, ListsItsEntriesLastUsedFirst) {
  fill({3, 1, 2});
  test::write_all(temporary_.path() / "notes.txt", "not of the cache");
  const std::vector<FolderEntry> entries = list_folder(temporary_.path());
  ASSERT_EQ(entries.size(), 3);
  EXPECT_THAT(left(), ::testing::ElementsAre("kernel 1", "kernel 2", "kernel 3"));
  EXPECT_EQ(entries[0].damage, "");
  EXPECT_EQ(entries[0].key, example_key("kernel 1"));
  EXPECT_EQ(entries[0].resources, example_image().resources);
  EXPECT_EQ(entries[0].code_bytes, 1000);
  EXPECT_EQ(entries[0].bytes, fs::file_size(entries[0].path));
  EXPECT_NEAR(static_cast<double>(entries[0].age.count()), 86400, 60);
}

TEST_F(FolderTest, TellsDamage) {
  fill({1, 2, 3});
  const std::vector<FolderEntry> before = list_folder(temporary_.path());
  fs::resize_file(before[0].path, 100);
  fs::rename(before[1].path, temporary_.path() / "0123.image");
  int damaged = 0;
  for (const FolderEntry& entry : list_folder(temporary_.path())) damaged += entry.damage.empty() ? 0 : 1;
  EXPECT_EQ(damaged, 2);
  const Pruned pruned = prune_folder(temporary_.path(), {});
  EXPECT_EQ(pruned.removed.size(), 2);
  EXPECT_THAT(left(), ::testing::ElementsAre("kernel 3"));
}

TEST_F(FolderTest, PrunesByAge) {
  fill({0, 5, 10, 20});
  PruneOptions options;
  options.older_than = kDay * 9;
  const Pruned pruned = prune_folder(temporary_.path(), options);
  EXPECT_EQ(pruned.removed.size(), 2);
  EXPECT_EQ(pruned.kept, 2);
  EXPECT_THAT(left(), ::testing::ElementsAre("kernel 0", "kernel 5"));
}

TEST_F(FolderTest, PrunesBySizeTheLongestUnused) {
  fill({1, 2, 3, 4});
  const std::uint64_t one = list_folder(temporary_.path())[0].bytes;
  PruneOptions options;
  options.max_bytes = 2 * one + one / 2;
  const Pruned pruned = prune_folder(temporary_.path(), options);
  EXPECT_EQ(pruned.kept_bytes, 2 * one);
  EXPECT_THAT(left(), ::testing::ElementsAre("kernel 1", "kernel 2"));
}

TEST_F(FolderTest, UseMakesAnEntryYoung) {
  fill({30});
  Image image;
  ASSERT_TRUE(folder_.find(Key(example_key("kernel 30")), &image));
  EXPECT_LT(list_folder(temporary_.path())[0].age, kDay);
}

TEST_F(FolderTest, RemovesWhatKilledProcessesLeft) {
  const fs::path old = temporary_.path() / "x.image.1-2-3.tmp";
  const fs::path fresh = temporary_.path() / "x.image.4-5-6.tmp";
  const fs::path lock = temporary_.path() / "x.lock";
  for (const fs::path& path : {old, fresh, lock}) test::write_all(path, "part");
  set_age(old, kDay);
  set_age(lock, kDay);
  EXPECT_EQ(prune_folder(temporary_.path(), {}).leftovers, 2);
  EXPECT_TRUE(fs::exists(fresh)) << "a process may be writing it";
  set_age(fresh, kDay);
  fill({0});
  EXPECT_FALSE(fs::exists(fresh)) << "storing an entry cleans up too";
}

TEST(MissingFolder, HasNothing) {
  EXPECT_TRUE(list_folder("/proc/none").empty());
  EXPECT_EQ(prune_folder("/proc/none", {}).kept, 0);
}

}  // namespace
}  // namespace flashrnn::jit

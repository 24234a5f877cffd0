// SPDX-License-Identifier: Apache-2.0
#include "common/jit/pack.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "common/jit/entry.hpp"
#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;
using test::ask;
using test::example_image;
using test::example_key;
using test::TemporaryFolder;
using ::testing::HasSubstr;

KeyParts by_other_compiler(const std::string& specification) {
  KeyParts parts = example_key(specification);
  parts.compiler = "nvrtc 12.4";
  return parts;
}

class PackTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PackWriter writer;
    for (std::size_t i = 0; i < 20; ++i) writer.add(example_key("kernel " + std::to_string(i)), example_image(100 + i));
    EXPECT_EQ(writer.size(), 20);
    const Status status = writer.write(path_);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  Status open(const std::string& bytes) {
    test::write_all(temporary_.path() / "other.pack", bytes);
    std::unique_ptr<const Pack> pack;
    return Pack::open(temporary_.path() / "other.pack", &pack);
  }
  CacheOptions with_pack() const {
    CacheOptions options;
    options.packs = {path_};
    return options;
  }
  const TemporaryFolder temporary_;
  const fs::path path_ = temporary_.path() / "kernels.pack";
};

TEST_F(PackTest, FindsItsImagesWhateverTheCompiler) {
  std::unique_ptr<const Pack> pack;
  ASSERT_TRUE(Pack::open(path_, &pack).ok());
  ASSERT_EQ(pack->size(), 20);
  for (std::size_t i = 0; i < 20; ++i) {
    Image image;
    ASSERT_TRUE(pack->find(Key(by_other_compiler("kernel " + std::to_string(i))), &image)) << i;
    EXPECT_EQ(image, example_image(100 + i));
    EXPECT_TRUE(decode_entry(pack->entry(i)).has_value());
  }
  Image image;
  EXPECT_FALSE(pack->find(Key(example_key("kernel 20")), &image));
}

TEST_F(PackTest, StandsBeforeDiskAndCompiler) {
  int compiles = 0;
  Origin origin{};
  EXPECT_EQ(ask(with_pack(), by_other_compiler("kernel 3"), {}, &compiles, &origin), example_image(103));
  EXPECT_EQ(origin, Origin::kPack);
  EXPECT_EQ(compiles, 0);
  EXPECT_EQ(ask(with_pack(), example_key("new"), example_image(1), &compiles, &origin), example_image(1));
  EXPECT_EQ(origin, Origin::kCompiled);
}

/// The driver did not take the image: the compiler's is asked for, and stays.
TEST_F(PackTest, CanBePassedOver) {
  Cache cache(with_pack());
  std::shared_ptr<const Image> image;
  Origin origin{};
  const auto compile = [](Image* compiled) {
    *compiled = example_image(7);
    return Status();
  };
  const KeyParts key = example_key("kernel 3");
  ASSERT_TRUE(cache.find_or_compile(key, compile, &image, &origin).ok());
  EXPECT_EQ(*image, example_image(103));
  ASSERT_TRUE(cache.find_or_compile(key, compile, &image, &origin, Cache::Use::kWithoutPacks).ok());
  EXPECT_EQ(*image, example_image(7));
  EXPECT_EQ(origin, Origin::kCompiled);
  ASSERT_TRUE(cache.find_or_compile(key, compile, &image, &origin, Cache::Use::kWithoutPacks).ok());
  EXPECT_EQ(origin, Origin::kMemory);
  EXPECT_EQ(*image, example_image(7));
}

TEST_F(PackTest, DamageIsSeen) {
  const std::string good = test::read_all(path_);
  const std::size_t index_end = 8 + 32 + 8 + 20 * 48;
  for (std::size_t at = 0; at < index_end; ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    EXPECT_FALSE(open(bytes).ok()) << at;
  }
  for (std::size_t length = 0; length < good.size(); length += 13)
    EXPECT_FALSE(open(good.substr(0, length)).ok()) << length;
  // Behind the index a flipped byte costs one entry.
  for (std::size_t at = index_end; at < good.size(); at += 97) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    test::write_all(path_, bytes);
    std::unique_ptr<const Pack> pack;
    ASSERT_TRUE(Pack::open(path_, &pack).ok());
    int found = 0;
    for (std::size_t i = 0; i < 20; ++i) {
      Image image;
      if (!pack->find(Key(example_key("kernel " + std::to_string(i))), &image)) continue;
      EXPECT_EQ(image, example_image(100 + i));
      ++found;
    }
    EXPECT_EQ(found, 19);
  }
}

TEST_F(PackTest, ThatCannotBeUsedIsNoError) {
  CacheOptions options;
  test::write_all(temporary_.path() / "damaged.pack", test::read_all(path_).substr(0, 100));
  options.packs = {temporary_.path() / "none.pack", temporary_.path() / "damaged.pack", temporary_.path(), path_};
  int compiles = 0;
  EXPECT_EQ(ask(options, example_key("kernel 3"), {}, &compiles), example_image(103));
}

TEST_F(PackTest, SaysWhatIsWrong) {
  std::unique_ptr<const Pack> pack;
  EXPECT_THAT(Pack::open(temporary_.path() / "none.pack", &pack).message(), HasSubstr("No such file"));
  EXPECT_THAT(open("something else").message(), HasSubstr("is no pack"));
  EXPECT_THAT(open(test::read_all(path_).substr(0, 300)).message(), HasSubstr("damaged"));
  EXPECT_THAT(PackWriter().write("/proc/none/a.pack").message(), HasSubstr("can't be written"));
}

/// It is shipped: other users read it.
TEST_F(PackTest, IsReadableAsOtherFilesAre) {
  test::write_all(temporary_.path() / "plain", "");
  EXPECT_EQ(fs::status(path_).permissions(), fs::status(temporary_.path() / "plain").permissions());
}

TEST_F(PackTest, MayBeEmpty) {
  ASSERT_TRUE(PackWriter().write(path_).ok());
  std::unique_ptr<const Pack> pack;
  ASSERT_TRUE(Pack::open(path_, &pack).ok());
  Image image;
  EXPECT_FALSE(pack->find(Key(example_key()), &image));
}

TEST_F(PackTest, IsFoundByTheEnvironment) {
  fs::create_directory(temporary_.path() / "more");
  for (const char* name : {"b.pack", "a.pack", "c.txt"}) test::write_all(temporary_.path() / "more" / name, "");
  const std::string value = path_.string() + "::" + (temporary_.path() / "more").string() + ":/none/of/this";
  ::setenv("FLASHRNN_PACK_PATH", value.c_str(), 1);
  const std::vector<fs::path> packs = default_packs();
  ASSERT_GE(packs.size(), 3);
  EXPECT_EQ(packs[0], path_);
  EXPECT_EQ(packs[1], temporary_.path() / "more" / "a.pack");
  EXPECT_EQ(packs[2], temporary_.path() / "more" / "b.pack");
}

/// Beside the program, as this test has the library linked in.
TEST_F(PackTest, IsFoundBesideTheLibrary) {
  ::unsetenv("FLASHRNN_PACK_PATH");
  const fs::path folder = fs::canonical("/proc/self/exe").parent_path() / "flashrnn";
  const bool is_new = fs::create_directory(folder);
  const fs::path pack = folder / "of_the_test.pack";
  fs::copy_file(path_, pack, fs::copy_options::overwrite_existing);
  EXPECT_THAT(default_packs(), ::testing::Contains(pack));
  fs::remove(pack);
  if (is_new) fs::remove(folder);
}

}  // namespace
}  // namespace flashrnn::jit

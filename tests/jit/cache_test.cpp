// SPDX-License-Identifier: Apache-2.0
#include "common/jit/cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "tests/jit/support.hpp"

namespace flashrnn::jit {
namespace {

using test::ask;
using test::example_image;
using test::example_key;
using test::only_folder;
using test::TemporaryFolder;

Cache::Compile counting(std::atomic<int>* compiles, const Image& image = example_image()) {
  return [=](Image* compiled) {
    ++*compiles;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    *compiled = image;
    return Status();
  };
}

TEST(Cache, ComesFromTheCompilerThenMemoryThenDisk) {
  const TemporaryFolder folder;
  std::atomic<int> compiles = 0;
  std::shared_ptr<const Image> first;
  std::shared_ptr<const Image> second;
  Origin origin{};
  {
    Cache cache(only_folder(folder.path() / "a" / "b"));
    ASSERT_TRUE(cache.find_or_compile(example_key(), counting(&compiles), &first, &origin).ok());
    EXPECT_EQ(origin, Origin::kCompiled);
    ASSERT_TRUE(cache.find_or_compile(example_key(), counting(&compiles), &second, &origin).ok());
    EXPECT_EQ(origin, Origin::kMemory);
    EXPECT_EQ(first, second);
  }
  Cache cache(only_folder(folder.path() / "a" / "b"));
  ASSERT_TRUE(cache.find_or_compile(example_key(), counting(&compiles), &second, &origin).ok());
  EXPECT_EQ(origin, Origin::kDisk);
  EXPECT_EQ(*second, example_image());
  EXPECT_EQ(compiles, 1);
  EXPECT_EQ(folder.file_count(), 1) << "an entry, no lock, no temporary file";
}

TEST(Cache, KeepsKeysApart) {
  const TemporaryFolder folder;
  int compiles = 0;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 1; i < 5; ++i) {
      const KeyParts key = example_key("kernel " + std::to_string(i));
      EXPECT_EQ(ask(only_folder(folder.path()), key, example_image(i), &compiles), example_image(i));
    }
  }
  EXPECT_EQ(compiles, 4);
}

TEST(Cache, WorksWithoutAFolder) {
  int compiles = 0;
  EXPECT_EQ(ask({}, example_key(), example_image(), &compiles), example_image());
  EXPECT_EQ(compiles, 1);
}

TEST(Cache, ManyThreadsCompileOnce) {
  const TemporaryFolder folder;
  Cache cache(only_folder(folder.path()));
  std::atomic<int> compiles = 0;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 32; ++i) {
    threads.emplace_back([&] {
      std::shared_ptr<const Image> image;
      if (cache.find_or_compile(example_key(), counting(&compiles), &image).ok() && *image == example_image()) ++right;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(compiles, 1);
  EXPECT_EQ(right, 32);
}

TEST(Cache, ThreadsWithOtherKeysDoNotWaitForEachOther) {
  Cache cache(CacheOptions{});
  std::atomic<int> inside = 0;
  const auto meet = [&](Image* image) {
    ++inside;
    // Ends when both compile at the same time.
    while (inside < 2) std::this_thread::yield();
    *image = example_image();
    return Status();
  };
  std::shared_ptr<const Image> a;
  std::shared_ptr<const Image> b;
  std::thread other([&] { EXPECT_TRUE(cache.find_or_compile(example_key("a"), meet, &a).ok()); });
  EXPECT_TRUE(cache.find_or_compile(example_key("b"), meet, &b).ok());
  other.join();
}

TEST(Cache, AnErrorIsHandedOnAndNotKept) {
  const TemporaryFolder folder;
  Cache cache(only_folder(folder.path()));
  std::shared_ptr<const Image> image;
  const auto fail = [](Image*) { return Status::unsupported("no such instruction"); };
  const Status status = cache.find_or_compile(example_key(), fail, &image);
  EXPECT_EQ(status.code(), FLASHRNN_UNSUPPORTED);
  EXPECT_EQ(status.message(), "no such instruction");
  EXPECT_EQ(image, nullptr);
  EXPECT_EQ(folder.file_count(), 0);
  std::atomic<int> compiles = 0;
  EXPECT_TRUE(cache.find_or_compile(example_key(), counting(&compiles), &image).ok());
  EXPECT_EQ(compiles, 1);
}

TEST(Cache, AnExceptionEndsTheWaitOfTheOthers) {
  Cache cache(CacheOptions{});
  std::atomic<bool> inside = false;
  std::atomic<bool> go_on = false;
  std::thread thrower([&] {
    std::shared_ptr<const Image> image;
    const auto fail = [&](Image*) -> Status {
      inside = true;
      while (!go_on) std::this_thread::yield();
      throw std::bad_alloc();
    };
    EXPECT_THROW((void)cache.find_or_compile(example_key(), fail, &image), std::bad_alloc);
  });
  while (!inside) std::this_thread::yield();
  std::thread waiter([&] {
    std::shared_ptr<const Image> image;
    std::atomic<int> compiles = 0;
    const Status status = cache.find_or_compile(example_key(), counting(&compiles), &image);
    // It waited and was told, or came after the exception and compiled.
    EXPECT_TRUE(status.code() == FLASHRNN_OUT_OF_MEMORY || compiles == 1);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  go_on = true;
  thrower.join();
  waiter.join();
}

TEST(Cache, ForgetsTheLongestUnusedWhenMemoryIsFull) {
  CacheOptions options;
  options.memory_bytes = 2500;  // two images of 1000 bytes
  Cache cache(options);
  std::atomic<int> compiles = 0;
  std::shared_ptr<const Image> image;
  Origin origin{};
  const auto get = [&](const char* name) {
    EXPECT_TRUE(cache.find_or_compile(example_key(name), counting(&compiles), &image, &origin).ok());
    return origin;
  };
  get("a");
  get("b");
  EXPECT_EQ(get("a"), Origin::kMemory);
  get("c");
  EXPECT_EQ(get("a"), Origin::kMemory);
  EXPECT_EQ(get("b"), Origin::kCompiled);
  EXPECT_EQ(get("c"), Origin::kCompiled);
  const Image large = example_image(9000);
  ASSERT_TRUE(cache.find_or_compile(example_key("large"), counting(&compiles, large), &image).ok());
  EXPECT_EQ(*image, large) << "too large to be kept, and still right";
}

class NamedCompiler : public Compiler {
 public:
  std::string version() const override { return "named 1"; }
  Status compile(const Program& program, std::string_view isa, Image* image) const override {
    image->code = program.text + " for " + std::string(isa);
    return {};
  }
};

TEST(Cache, TakesProgramsAndSaysWhatIsMissing) {
  const TemporaryFolder folder;
  Cache cache(only_folder(folder.path()));
  Cache::Request request{.backend = "cuda", .isa = "sm_90a", .specification = "spec", .program = {}};
  request.program.text = "text";
  std::shared_ptr<const Image> image;
  const Status status = cache.find_or_compile(request, nullptr, Status::unsupported("no compiler"), &image);
  EXPECT_EQ(status.message(), "no compiler");
  const NamedCompiler compiler;
  ASSERT_TRUE(cache.find_or_compile(request, &compiler, Status(), &image).ok());
  EXPECT_EQ(image->code, "text for sm_90a");
  request.program.headers = {{"my_cell.hpp", "changed"}};
  Origin origin{};
  ASSERT_TRUE(cache.find_or_compile(request, &compiler, Status(), &image, &origin).ok());
  EXPECT_EQ(origin, Origin::kCompiled);
}

TEST(CacheOptions, ComeFromTheEnvironment) {
  ::setenv("HOME", "/someones", 1);
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  ::setenv("FLASHRNN_CACHE_DIR", "/own", 1);
  EXPECT_EQ(CacheOptions::from_environment().folder, "/own");
  ::setenv("FLASHRNN_CACHE_DIR", "", 1);
  EXPECT_EQ(CacheOptions::from_environment().folder, "");
  ::unsetenv("FLASHRNN_CACHE_DIR");
  EXPECT_EQ(CacheOptions::from_environment().folder, "/xdg/flashrnn");
  ::setenv("XDG_CACHE_HOME", "not/absolute", 1);
  EXPECT_EQ(CacheOptions::from_environment().folder, "/someones/.cache/flashrnn");
  ::unsetenv("XDG_CACHE_HOME");
  ::unsetenv("HOME");
  EXPECT_EQ(CacheOptions::from_environment().folder, "");
}

}  // namespace
}  // namespace flashrnn::jit

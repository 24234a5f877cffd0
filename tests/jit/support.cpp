// SPDX-License-Identifier: Apache-2.0
#include "tests/jit/support.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace flashrnn::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "flashrnn_jit_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder: " + name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::size_t TemporaryFolder::file_count() const {
  std::size_t count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path_)) count += entry.is_regular_file();
  return count;
}

jit::KeyParts example_key(const std::string& specification) {
  jit::KeyParts parts;
  parts.backend = "cuda";
  parts.isa = "sm_90a";
  parts.compiler = "nvrtc 13.0";
  parts.options = {"--std=c++20", "-default-device"};
  parts.sources = "0123abcd";
  parts.headers = {{"my_cell.hpp", "struct MyCell {};"}};
  parts.specification = specification;
  return parts;
}

jit::Image example_image(std::size_t code_bytes) {
  jit::Image image;
  image.resources = {.registers = 168, .spill_bytes = 0, .static_shared = 1024};
  for (std::size_t i = 0; i < code_bytes; ++i) image.code += static_cast<char>(i * 37 % 251);
  return image;
}

jit::CacheOptions only_folder(const fs::path& folder) {
  jit::CacheOptions options;
  options.folder = folder;
  return options;
}

jit::Image ask(const jit::CacheOptions& options, const jit::KeyParts& parts, const jit::Image& image, int* compiles,
               jit::Origin* origin) {
  jit::Cache cache(options);
  std::shared_ptr<const jit::Image> found;
  const auto compile = [&](jit::Image* compiled) {
    ++*compiles;
    *compiled = image;
    return Status();
  };
  const Status status = cache.find_or_compile(parts, compile, &found, origin);
  EXPECT_TRUE(status.ok()) << status.message();
  return found == nullptr ? jit::Image{} : *found;
}

std::string read_all(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

void write_all(const fs::path& path, const std::string& bytes) {
  // Some file systems wait for the disk when a file is cut and written again.
  fs::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

int start_child(const std::function<bool()>& body) {
  const int child = ::fork();
  if (child != 0) return child;
  bool good = false;
  try {
    good = body();
  } catch (...) {
  }
  ::_exit(good ? 0 : 1);
}

bool wait_child(int child) {
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace flashrnn::test

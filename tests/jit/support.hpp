// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/jit/cache.hpp"

namespace flashrnn::test {

/// An empty folder that is removed with its content at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::size_t file_count() const;

 private:
  std::filesystem::path path_;
};

jit::KeyParts example_key(const std::string& specification = "kernel");
jit::Image example_image(std::size_t code_bytes = 1000);

/// A cache of this folder alone.
jit::CacheOptions only_folder(const std::filesystem::path& folder);

/// Asks a new cache for `parts`; counts in `compiles`, and returns what came out. `image` is what the compiler gives.
jit::Image ask(const jit::CacheOptions& options, const jit::KeyParts& parts, const jit::Image& image, int* compiles,
               jit::Origin* origin = nullptr);

std::string read_all(const std::filesystem::path& path);
void write_all(const std::filesystem::path& path, const std::string& bytes);

/// Forks. Returns the child's process id; the child ends with 0 when `body` returns true.
int start_child(const std::function<bool()>& body);
/// True when the child ended with 0.
bool wait_child(int child);

}  // namespace flashrnn::test

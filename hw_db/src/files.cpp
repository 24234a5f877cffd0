// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "embedded.hpp"

namespace flashrnn::hw {
namespace {

namespace fs = std::filesystem;

// A device file is a few KB; what is larger is something else.
constexpr std::uintmax_t kFileBytesMax = 1 << 20;

std::optional<std::string> read_text(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kFileBytesMax) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return file.bad() ? std::nullopt : std::optional(std::move(text));
}

}  // namespace

std::vector<FileText> read_embedded_files() {
  std::vector<FileText> files;
  for (const EmbeddedFile& file : embedded_files()) {
    files.push_back({std::string(file.path), std::string(file.path), std::string(file.text)});
  }
  return files;
}

std::vector<FileText> read_folder_files(const fs::path& folder, std::vector<Problem>& problems) {
  std::vector<FileText> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code type_error;
    if (at->path().extension() != ".json" || !at->is_regular_file(type_error)) continue;
    std::optional<std::string> text = read_text(at->path());
    if (!text) {
      problems.push_back({at->path().string(), 0, "", "can't be read, or is larger than a device file"});
      continue;
    }
    const std::string relative = at->path().lexically_relative(folder).generic_string();
    files.push_back({relative, at->path().string(), std::move(*text)});
  }
  if (error) problems.push_back({folder.string(), 0, "", "can't be read: " + error.message()});
  std::sort(files.begin(), files.end(), [](const FileText& a, const FileText& b) { return a.path < b.path; });
  return files;
}

}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "common/jit/cache.hpp"
#include "common/jit/pack.hpp"

namespace flashrnn::jit {
namespace {

namespace fs = std::filesystem;

/// A relative path says something else in every folder, so XDG has it ignored.
fs::path absolute_from(const char* variable) {
  const char* value = std::getenv(variable);
  fs::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : fs::path();
}

fs::path cache_folder() {
  if (const char* own = std::getenv("FLASHRNN_CACHE_DIR"); own != nullptr) return own;
  if (const fs::path xdg = absolute_from("XDG_CACHE_HOME"); !xdg.empty()) return xdg / "flashrnn";
  if (const fs::path home = absolute_from("HOME"); !home.empty()) return home / ".cache" / "flashrnn";
  return {};
}

/// A file as it is, of a folder the packs in it, in the order of their names.
void add_packs(const fs::path& path, std::vector<fs::path>* packs) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    if (fs::exists(path, error)) packs->push_back(path);
    return;
  }
  const std::size_t before = packs->size();
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".pack") packs->push_back(it->path());
  }
  std::sort(packs->begin() + static_cast<std::ptrdiff_t>(before), packs->end());
}

/// The folder of the shared library, or of the program, that this code is part of.
fs::path own_folder() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code error;
  const fs::path file = fs::canonical(info.dli_fname, error);
  return error ? fs::path() : file.parent_path();
}

}  // namespace

std::vector<fs::path> default_packs() {
  std::vector<fs::path> packs;
  const char* variable = std::getenv("FLASHRNN_PACK_PATH");
  std::string_view left = variable == nullptr ? "" : variable;
  while (!left.empty()) {
    const std::string_view part = left.substr(0, left.find(':'));
    if (!part.empty()) add_packs(part, &packs);
    left.remove_prefix(std::min(left.size(), part.size() + 1));
  }
  if (const fs::path folder = own_folder(); !folder.empty()) {
    const fs::path beside = folder / "flashrnn";
    std::error_code error;
    if (fs::is_directory(beside, error)) add_packs(beside, &packs);
  }
  return packs;
}

CacheOptions CacheOptions::from_environment() {
  CacheOptions options;
  options.folder = cache_folder();
  options.packs = default_packs();
  return options;
}

}  // namespace flashrnn::jit

// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <fstream>
#include <iterator>

#include "cpu_facts.hpp"

namespace flashrnn::hw {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<int> take_int(std::string_view& text) {
  int value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return value;
}

}  // namespace

std::vector<CpuinfoEntry> parse_cpuinfo(std::string_view text) {
  std::vector<CpuinfoEntry> entries;
  bool open = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      open = false;
      continue;
    }
    if (!open) entries.emplace_back();
    open = true;
    entries.back().emplace(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return entries;
}

std::vector<int> parse_cpu_list(std::string_view text) {
  // More processors than any kernel has, so that a broken list can't take all memory.
  constexpr int kCpusMax = 1 << 16;
  std::vector<int> cpus;
  text = trim(text);
  while (!text.empty()) {
    const std::optional<int> low = take_int(text);
    if (!low) return {};
    std::optional<int> high = low;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      high = take_int(text);
    }
    if (!high || *high < *low || *high >= kCpusMax) return {};
    for (int cpu = *low; cpu <= *high; ++cpu) cpus.push_back(cpu);
    if (!text.empty() && text.front() != ',') return {};
    text.remove_prefix(text.empty() ? 0 : 1);
  }
  return cpus;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  constexpr std::int64_t kSizeMax = std::int64_t{1} << 40;
  text = trim(text);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || value < 0 || value > kSizeMax) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(result.ptr - text.data()));
  if (unit.empty()) return value;
  if (unit == "K") return value * 1024;
  if (unit == "M") return value * 1024 * 1024;
  return std::nullopt;
}

std::string read_small_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return std::string(trim(text));
}

}  // namespace flashrnn::hw

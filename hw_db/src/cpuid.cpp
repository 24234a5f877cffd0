// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "hw_db/cpu_probe.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define FLASHRNN_HAS_CPUID 1
#else
#define FLASHRNN_HAS_CPUID 0
#endif

namespace flashrnn::hw {
namespace {

/// The number behind "name=" or at the start of the text; moves the text behind it.
bool take_number(std::string_view& line, std::string_view before, std::uint32_t& value) {
  const std::size_t at = line.find(before);
  if (at == std::string_view::npos) return false;
  const std::size_t begin = line.find("0x", at);
  if (begin == std::string_view::npos) return false;
  line.remove_prefix(begin + 2);
  constexpr int kHex = 16;
  const auto result = std::from_chars(line.data(), line.data() + line.size(), value, kHex);
  if (result.ec != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(result.ptr - line.data()));
  return true;
}

#if FLASHRNN_HAS_CPUID
void add_leaf(CpuidDump& dump, std::uint32_t leaf, std::uint32_t subleaf) {
  CpuidLeaf entry{leaf, subleaf};
  __cpuid_count(leaf, subleaf, entry.eax, entry.ebx, entry.ecx, entry.edx);
  dump.push_back(entry);
}
#endif

}  // namespace

CpuidDump parse_cpuid_text(std::string_view text) {
  CpuidDump dump;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    CpuidLeaf leaf;
    if (take_number(line, "", leaf.leaf) && take_number(line, " ", leaf.subleaf) &&
        take_number(line, "eax=", leaf.eax) && take_number(line, "ebx=", leaf.ebx) &&
        take_number(line, "ecx=", leaf.ecx) && take_number(line, "edx=", leaf.edx)) {
      dump.push_back(leaf);
    }
  }
  return dump;
}

CpuidDump read_cpuid() {
  CpuidDump dump;
#if FLASHRNN_HAS_CPUID
  constexpr std::uint32_t kExtended = 0x80000000;
  const std::uint32_t highest = __get_cpuid_max(0, nullptr);
  const std::uint32_t highest_extended = __get_cpuid_max(kExtended, nullptr);
  const auto add = [&](std::uint32_t leaf, std::uint32_t subleaves) {
    if (leaf > (leaf < kExtended ? highest : highest_extended)) return;
    for (std::uint32_t subleaf = 0; subleaf < subleaves; ++subleaf) add_leaf(dump, leaf, subleaf);
  };
  // Identity, caches (Intel), features, brand, caches (AMD).
  constexpr std::uint32_t kCachesMax = 4;
  add(0x0, 1);
  add(0x1, 1);
  add(0x4, kCachesMax);
  add(0x7, 2);
  for (std::uint32_t leaf = kExtended; leaf <= kExtended + 4; ++leaf) add(leaf, 1);
  add(0x8000001d, kCachesMax);
#endif
  return dump;
}

}  // namespace flashrnn::hw

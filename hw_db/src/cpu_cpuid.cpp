// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>

#include "cpu_facts.hpp"

namespace flashrnn::hw {
namespace {

constexpr std::string_view kBy = "CPUID";

const CpuidLeaf* find_leaf(const CpuidDump& dump, std::uint32_t leaf, std::uint32_t subleaf = 0) {
  const auto found = std::find_if(dump.begin(), dump.end(),
                                  [&](const CpuidLeaf& l) { return l.leaf == leaf && l.subleaf == subleaf; });
  return found == dump.end() ? nullptr : &*found;
}

std::string text_of(std::initializer_list<std::uint32_t> words) {
  std::string text;
  for (const std::uint32_t word : words) {
    for (unsigned shift = 0; shift < 32; shift += 8) text += static_cast<char>((word >> shift) & 0xff);
  }
  return text.c_str();  // up to the first 0
}

constexpr std::uint32_t bits(std::uint32_t word, unsigned low, unsigned count) {
  return (word >> low) & ((1U << count) - 1U);
}

/// One cache of leaf 4 (Intel) or 0x8000001d (AMD), which have one layout.
void add_cache(const CpuidLeaf& leaf, CpuFacts& facts) {
  const std::uint32_t type = bits(leaf.eax, 0, 5);
  const std::uint32_t level = bits(leaf.eax, 5, 3);
  constexpr std::uint32_t kData = 1;
  constexpr std::uint32_t kUnified = 3;
  if (type != kData && type != kUnified) return;
  // (ways) * (partitions) * (line bytes) * (sets), each stored less one.
  const std::int64_t bytes = std::int64_t{bits(leaf.ebx, 22, 10) + 1} * (bits(leaf.ebx, 12, 10) + 1) *
                             (bits(leaf.ebx, 0, 12) + 1) * (std::int64_t{leaf.ecx} + 1);
  if (level == 1) report(facts, &CpuFacts::l1_data_bytes, "l1_data_bytes", bytes, kBy);
  if (level == 2) report(facts, &CpuFacts::l2_bytes, "l2_bytes", bytes, kBy);
  if (level == 3) report(facts, &CpuFacts::l3_bytes, "l3_bytes", bytes, kBy);
}

}  // namespace

void add_cpuid_identity(const CpuidDump& cpuid, ReportedCpu& reported) {
  const CpuidLeaf* vendor = find_leaf(cpuid, 0);
  const CpuidLeaf* version = find_leaf(cpuid, 1);
  if (vendor == nullptr || version == nullptr) return;
  CpuIdentity identity;
  identity.vendor = text_of({vendor->ebx, vendor->edx, vendor->ecx});
  constexpr std::uint32_t kExtendedFamily = 15;
  const std::uint32_t family = bits(version->eax, 8, 4);
  const bool has_extension = family == kExtendedFamily || family == 6;
  identity.family = static_cast<int>(family == kExtendedFamily ? family + bits(version->eax, 20, 8) : family);
  identity.model = static_cast<int>(bits(version->eax, 4, 4) + (has_extension ? bits(version->eax, 16, 4) << 4 : 0));
  reported.identities = {identity};
  std::string brand;
  for (std::uint32_t leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
    const CpuidLeaf* part = find_leaf(cpuid, leaf);
    if (part != nullptr) brand += text_of({part->eax, part->ebx, part->ecx, part->edx});
  }
  while (brand.ends_with(' ')) brand.pop_back();
  if (!brand.empty()) reported.brand = brand;
}

void add_cpuid_caches(const CpuidDump& cpuid, CpuFacts& facts) {
  if (facts.l1_data_bytes) return;
  for (const CpuidLeaf& leaf : cpuid) {
    if (leaf.leaf == 0x4 || leaf.leaf == 0x8000001d) add_cache(leaf, facts);
  }
}

}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#include "hw_db/cpu_probe.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "cpu_facts.hpp"

namespace flashrnn::hw {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kBy = "proc/cpuinfo";

int number_of(std::string_view text, int otherwise) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  int value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return result.ec == std::errc() ? value : otherwise;
}

std::string value_of(const CpuinfoEntry& entry, std::string_view key) {
  const auto found = entry.find(key);
  return found == entry.end() ? std::string() : found->second;
}

std::set<std::string, std::less<>> words_of(const std::string& text) {
  std::set<std::string, std::less<>> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

/// The flags say what the system lets programs use, which may be less than the processor has.
void add_x86_flags(const std::string& text, CpuFacts& facts) {
  const auto flags = words_of(text);
  if (flags.empty()) return;
  constexpr std::int64_t kAvx512Bytes = 64;
  constexpr std::int64_t kAvxBytes = 32;
  constexpr std::int64_t kSseBytes = 16;
  const std::int64_t bytes = flags.contains("avx512f") ? kAvx512Bytes : flags.contains("avx2") ? kAvxBytes : kSseBytes;
  report(facts, &CpuFacts::vector_bytes, "vector_bytes", bytes, kBy);
  if (!flags.contains("avx512_bf16") && !flags.contains("amx_bf16")) {
    report(facts, &CpuFacts::bf16_dot_flops_per_clock_per_core, "bf16_dot_flops_per_clock_per_core", 0.0, kBy);
  }
  const bool has_amx = flags.contains("amx_tile") && flags.contains("amx_bf16");
  report(facts, &CpuFacts::matrix_extension, "matrix_extension", std::string(has_amx ? "amx" : "none"), kBy);
}

void add_arm_features(const std::string& text, CpuFacts& facts) {
  const auto features = words_of(text);
  if (features.empty()) return;
  if (!features.contains("bf16") && !features.contains("svebf16")) {
    report(facts, &CpuFacts::bf16_dot_flops_per_clock_per_core, "bf16_dot_flops_per_clock_per_core", 0.0, kBy);
  }
  report(facts, &CpuFacts::matrix_extension, "matrix_extension", std::string(features.contains("sme") ? "sme" : "none"),
         kBy);
}

std::optional<CpuIdentity> midr_identity(const fs::path& root, int cpu) {
  const std::string text =
      read_small_file(root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "regs/identification/midr_el1");
  if (!text.starts_with("0x")) return std::nullopt;
  std::uint64_t midr = 0;
  const auto result = std::from_chars(text.data() + 2, text.data() + text.size(), midr, 16);
  if (result.ec != std::errc()) return std::nullopt;
  CpuIdentity identity;
  identity.implementer = static_cast<int>((midr >> 24) & 0xff);
  identity.part = static_cast<int>((midr >> 4) & 0xfff);
  return identity;
}

/// The kinds of cores: that of `first`, then the others in the order of cpuinfo.
void add_arm_identities(const fs::path& root, const std::vector<CpuinfoEntry>& entries, int first,
                        ReportedCpu& reported) {
  const auto add = [&](const CpuIdentity& identity) {
    auto& known = reported.identities;
    if (std::find(known.begin(), known.end(), identity) == known.end()) known.push_back(identity);
  };
  const auto add_entry = [&](const CpuinfoEntry& entry) {
    CpuIdentity identity;
    identity.implementer = number_of(value_of(entry, "CPU implementer"), -1);
    identity.part = number_of(value_of(entry, "CPU part"), -1);
    if (identity.implementer >= 0 && identity.part >= 0) add(identity);
  };
  if (const auto identity = midr_identity(root, first)) add(*identity);
  for (const CpuinfoEntry& entry : entries) {
    if (value_of(entry, "processor") == std::to_string(first)) add_entry(entry);
  }
  for (const CpuinfoEntry& entry : entries) add_entry(entry);
}

void add_x86_identity(const CpuinfoEntry& entry, ReportedCpu& reported) {
  CpuIdentity identity;
  identity.vendor = value_of(entry, "vendor_id");
  identity.family = number_of(value_of(entry, "cpu family"), -1);
  identity.model = number_of(value_of(entry, "model"), -1);
  if (reported.identities.empty() && identity.family >= 0) reported.identities = {identity};
  const std::string brand = value_of(entry, "model name");
  if (reported.brand.empty()) reported.brand = brand;
}

}  // namespace

ReportedCpu probe_cpu(const fs::path& root, const CpuidDump& cpuid) {
  ReportedCpu reported;
  const std::vector<CpuinfoEntry> entries = parse_cpuinfo(read_small_file(root / "proc/cpuinfo"));
  const CpuinfoEntry entry = entries.empty() ? CpuinfoEntry{} : entries.front();
  const int cpu = fastest_cpu(root);
  reported.system_vendor = read_small_file(root / "sys/class/dmi/id/sys_vendor");
  add_sysfs(root, cpu, reported.facts);
  add_cpuid_identity(cpuid, reported);
  add_cpuid_caches(cpuid, reported.facts);
  if (!cpuid.empty() || entry.contains("vendor_id")) {
    reported.isa = "x86-64";
    add_x86_identity(entry, reported);
    add_x86_flags(value_of(entry, "flags"), reported.facts);
  } else {
    reported.isa = "aarch64";
    add_arm_identities(root, entries, cpu, reported);
    add_arm_features(value_of(entry, "Features"), reported.facts);
  }
  if (reported.brand.empty() && !reported.identities.empty()) reported.brand = reported.identities.front().to_string();
  return reported;
}

ReportedCpu probe_this_cpu() { return probe_cpu("/", read_cpuid()); }

}  // namespace flashrnn::hw

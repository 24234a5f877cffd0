// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hw_db/cpu_probe.hpp"

namespace flashrnn::hw {

/// The entries of proc/cpuinfo, one map a processor; blanks around keys and values are gone.
using CpuinfoEntry = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] std::vector<CpuinfoEntry> parse_cpuinfo(std::string_view text);

/// "0-3,8" as the kernel writes lists of processors; empty where it is none.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

/// "32K", "1M", "36608K" or plain bytes.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);

/// Empty where the file can't be read; without the blanks at its end.
[[nodiscard]] std::string read_small_file(const std::filesystem::path& path);

/// What CPUID says of identity and brand, and of caches (of what `facts` lacks).
void add_cpuid_identity(const CpuidDump& cpuid, ReportedCpu& reported);
void add_cpuid_caches(const CpuidDump& cpuid, CpuFacts& facts);

/// What sys/devices/system/cpu says, of the processor `cpu` for its caches.
void add_sysfs(const std::filesystem::path& root, int cpu, CpuFacts& facts);

/// The processor of the fastest cores.
[[nodiscard]] int fastest_cpu(const std::filesystem::path& root);

/// Sets a figure and where it is from.
template <typename Value>
void report(CpuFacts& facts, std::optional<Value> CpuFacts::*member, std::string_view field, Value value,
            std::string_view by) {
  facts.*member = std::move(value);
  Origin origin;
  origin.where = by;
  facts.origins[std::string(field)] = std::move(origin);
}

}  // namespace flashrnn::hw

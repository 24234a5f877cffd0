// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <set>

#include "cpu_facts.hpp"

namespace flashrnn::hw {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kBy = "sysfs";

fs::path cpu_folder(const fs::path& root) { return root / "sys/devices/system/cpu"; }
fs::path one_cpu(const fs::path& root, int cpu) { return cpu_folder(root) / ("cpu" + std::to_string(cpu)); }

std::optional<std::int64_t> read_number(const fs::path& path) {
  const std::string text = read_small_file(path);
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return text.empty() || result.ec != std::errc() ? std::nullopt : std::optional(value);
}

std::string read_siblings(const fs::path& root, int cpu) {
  const fs::path topology = one_cpu(root, cpu) / "topology";
  std::string text = read_small_file(topology / "core_cpus_list");
  return text.empty() ? read_small_file(topology / "thread_siblings_list") : text;
}

/// Processors of `cpus` that are on cores of their own.
std::int64_t count_cores(const fs::path& root, const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const std::string siblings = read_siblings(root, cpu);
    cores.insert(siblings.empty() ? std::to_string(cpu) : siblings);
  }
  return static_cast<std::int64_t>(cores.size());
}

void add_cache(const fs::path& root, const fs::path& index, CpuFacts& facts) {
  const std::string type = read_small_file(index / "type");
  if (type != "Data" && type != "Unified") return;
  const auto size = parse_size(read_small_file(index / "size"));
  const auto level = read_number(index / "level");
  if (!size || *size == 0 || !level) return;
  const std::int64_t sharing = count_cores(root, parse_cpu_list(read_small_file(index / "shared_cpu_list")));
  if (*level == 1) report(facts, &CpuFacts::l1_data_bytes, "l1_data_bytes", *size, kBy);
  if (*level == 2) {
    report(facts, &CpuFacts::l2_bytes, "l2_bytes", *size, kBy);
    if (sharing > 0) report(facts, &CpuFacts::l2_sharing_cores, "l2_sharing_cores", sharing, kBy);
  }
  if (*level == 3) {
    report(facts, &CpuFacts::l3_bytes, "l3_bytes", *size, kBy);
    if (sharing > 0) report(facts, &CpuFacts::l3_sharing_cores, "l3_sharing_cores", sharing, kBy);
  }
}

}  // namespace

int fastest_cpu(const fs::path& root) {
  // On Intel's hybrids the kernel lists the performance cores; on AArch64 each processor has a capacity.
  const std::vector<int> performance = parse_cpu_list(read_small_file(root / "sys/devices/cpu_core/cpus"));
  if (!performance.empty()) return performance.front();
  int best = 0;
  std::int64_t best_capacity = -1;
  for (const int cpu : parse_cpu_list(read_small_file(cpu_folder(root) / "online"))) {
    const std::int64_t capacity = read_number(one_cpu(root, cpu) / "cpu_capacity").value_or(0);
    if (capacity > best_capacity) {
      best = cpu;
      best_capacity = capacity;
    }
  }
  return best;
}

void add_sysfs(const fs::path& root, int cpu, CpuFacts& facts) {
  const std::vector<int> online = parse_cpu_list(read_small_file(cpu_folder(root) / "online"));
  if (!online.empty()) report(facts, &CpuFacts::cores, "cores", count_cores(root, online), kBy);
  const std::vector<int> siblings = parse_cpu_list(read_siblings(root, cpu));
  if (!siblings.empty()) {
    report(facts, &CpuFacts::threads_per_core, "threads_per_core", static_cast<std::int64_t>(siblings.size()), kBy);
  }
  constexpr int kCachesMax = 8;
  for (int index = 0; index < kCachesMax; ++index) {
    add_cache(root, one_cpu(root, cpu) / "cache" / ("index" + std::to_string(index)), facts);
  }
  const auto khz = read_number(one_cpu(root, cpu) / "cpufreq/cpuinfo_max_freq");
  if (khz && *khz > 0) report(facts, &CpuFacts::clock_mhz, "clock_mhz", static_cast<double>(*khz) / 1000, kBy);
}

}  // namespace flashrnn::hw

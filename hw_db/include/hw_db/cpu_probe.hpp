// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "hw_db/database.hpp"

/// What the machine says of its CPU. All of it is a function of a folder (/, or a dump of one) and a list of CPUID
/// leaves, so that other machines can be replayed.
namespace flashrnn::hw {

struct CpuidLeaf {
  std::uint32_t leaf = 0;
  std::uint32_t subleaf = 0;
  std::uint32_t eax = 0;
  std::uint32_t ebx = 0;
  std::uint32_t ecx = 0;
  std::uint32_t edx = 0;
};

/// Empty on processors that have no CPUID.
using CpuidDump = std::vector<CpuidLeaf>;

/// Reads the text that `cpuid -1 -r` prints: lines `0x00000001 0x00: eax=0x00a10f11 ebx=... ecx=... edx=...`. Other
/// lines are skipped.
[[nodiscard]] CpuidDump parse_cpuid_text(std::string_view text);

/// The leaves that probe_cpu reads, of the processor this runs on.
[[nodiscard]] CpuidDump read_cpuid();

/// `root` holds proc/cpuinfo and sys/devices/system/cpu. What is missing there is left out, or taken from CPUID.
[[nodiscard]] ReportedCpu probe_cpu(const std::filesystem::path& root, const CpuidDump& cpuid);

/// probe_cpu of this machine.
[[nodiscard]] ReportedCpu probe_this_cpu();

}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/facts.hpp"

#include <tbb/info.h>

#include <fstream>
#include <thread>

namespace flashrnn::cpu {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// "32K", "1024K", "16M"; 0 when it is none of that.
std::int64_t parse_size(const std::string& text) {
  std::int64_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9' && value < (std::int64_t{1} << 40)) {
      value = value * 10 + (c - '0');
    } else {
      return c == 'K' ? value << 10 : c == 'M' ? value << 20 : 0;
    }
  }
  return value;
}

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const auto colon = line.find(": ");
    if (colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown processor";
}

Machine read_machine() {
  Machine m;
  m.description = processor_name();
  m.cores = tbb::info::default_concurrency();
  const std::string cache = "/sys/devices/system/cpu/cpu0/cache/index";
  for (int i = 0; i < 8; ++i) {
    const std::string folder = cache + std::to_string(i) + "/";
    const std::string level = first_line(folder + "level");
    if (level.empty()) break;
    if (first_line(folder + "type") == "Instruction") continue;
    const std::int64_t bytes = parse_size(first_line(folder + "size"));
    if (level == "1") m.l1_bytes = bytes;
    if (level == "2") m.l2_bytes = bytes;
    if (level == "3") m.l3_bytes = bytes;
  }
  return m;
}

}  // namespace

const Machine& this_machine() {
  static const Machine machine = read_machine();
  return machine;
}

Isa best_isa() {
  for (int i = kIsaCount - 1; i > 0; --i)
    if (isa_kernels(static_cast<Isa>(i)) != nullptr && isa_usable(static_cast<Isa>(i))) return static_cast<Isa>(i);
  return Isa::kBaseline;
}

}  // namespace flashrnn::cpu

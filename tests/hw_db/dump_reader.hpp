// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "hw_db/cpu_probe.hpp"
#include "tests/hw_db/temporary_folder.hpp"

namespace flashrnn::hw {

/// A machine of dumps/, unpacked to a folder. A dump is a text of files: a line "@ sys/devices/system/cpu/online" and
/// then what that file says; "@ cpuid" holds the CPUID leaves; "@ from" says where the dump comes from.
class Dump {
 public:
  explicit Dump(const std::string& name) {
    const std::string text = read_file(std::string(HW_DB_TEST_FOLDER "/dumps/") + name + ".txt");
    std::size_t at = text.find("@ ");
    while (at != std::string::npos) {
      const std::size_t line_end = text.find('\n', at);
      const std::size_t next = text.find("\n@ ", line_end - 1);
      const std::string file = text.substr(at + 2, line_end - at - 2);
      const std::size_t begin = line_end + 1;
      const std::size_t end = next == std::string::npos ? text.size() : next + 1;
      const std::string body = begin < end ? text.substr(begin, end - begin) : "";
      if (file == "cpuid") {
        cpuid_ = parse_cpuid_text(body);
      } else if (file != "from") {
        folder_.write(file, body);
      }
      at = next == std::string::npos ? next : next + 1;
    }
  }

  [[nodiscard]] const std::filesystem::path& root() const { return folder_.path(); }
  [[nodiscard]] const CpuidDump& cpuid() const { return cpuid_; }
  [[nodiscard]] ReportedCpu probe() const { return probe_cpu(root(), cpuid_); }

 private:
  TemporaryFolder folder_;
  CpuidDump cpuid_;
};

}  // namespace flashrnn::hw

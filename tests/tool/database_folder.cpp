// SPDX-License-Identifier: Apache-2.0
#include "tests/tool/database_folder.hpp"

#include <cstdlib>
#include <fstream>

namespace flashrnn::test {

DatabaseFolder::DatabaseFolder() { setenv("FLASHRNN_HW_DB_DIR", folder_.path().c_str(), 1); }
DatabaseFolder::~DatabaseFolder() { unsetenv("FLASHRNN_HW_DB_DIR"); }

void DatabaseFolder::write(const std::string& name, const std::string& text) const {
  const std::filesystem::path path = folder_.path() / (name + ".json");
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string h999(const std::string& l2_field) {
  return R"({
  "name": "nvidia/h999",
  "vendor": "nvidia",
  "kind": "gpu",
  "description": "NVIDIA H999",
  "isa": "sm_90a",
  "inherits": "families/sm_90",
  "driver_names": ["NVIDIA H999"],
  "sources": {"sheet": {"kind": "vendor", "title": "NVIDIA H999, datasheet", "date": "2026"}},
  "figures": {
    "compute_units": {"value": 7, "source": "sheet", "where": "page 1"},
    )" + l2_field +
         R"(: {"value": 4194304, "source": "sheet", "where": "page 1"},
    "memory_bytes": {"value": 8589934592, "source": "sheet", "where": "page 1"},
    "memory_gb_per_s": {"value": 300, "source": "sheet", "where": "page 1"},
    "clock_mhz": {"value": 1500, "source": "sheet", "where": "page 1"}
  }
}
)";
}

}  // namespace flashrnn::test

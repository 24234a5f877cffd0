// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "hw_db/database.hpp"
#include "json.hpp"

/// Devices of the hardware database, present here or not.
namespace flashrnn::tool {

/// Names that begin so are the database's: "nvidia/h200".
bool is_database_name(const std::string& name);

/// Throws DeviceError with near names and how to list them; says so where a file of that name has problems. `also` are
/// names that exist besides: the devices present.
const hw::Device& find_database_device(const std::string& name, const std::vector<std::string>& also = {});

/// Each problem of the database's files, a line on stderr.
void warn_of_database_problems(const std::string& command);
Json database_problems_json();

/// This machine's processor, and the sentences that were logged when its figures were put together.
struct ThisCpu {
  hw::Device device;
  std::string entry;  ///< of the database: "cpu/zen4", a family's name, or empty
  std::vector<std::string> log;
};
ThisCpu this_cpu();

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tests/tool/folder.hpp"

namespace flashrnn::test {

/// A folder of device files that the programs started while it lives find by $FLASHRNN_HW_DB_DIR.
class DatabaseFolder {
 public:
  DatabaseFolder();
  ~DatabaseFolder();
  /// The file <name>.json.
  void write(const std::string& name, const std::string& text) const;

 private:
  Folder folder_;
};

/// An invented GPU of 7 compute units, of Hopper's family. `l2_field` names its L2's size.
std::string h999(const std::string& l2_field = "\"l2_bytes\"");

}  // namespace flashrnn::test

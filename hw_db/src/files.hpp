// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "document.hpp"

namespace flashrnn::hw {

/// Every file that is built in.
[[nodiscard]] std::vector<FileText> read_embedded_files();

/// Every .json file below the folder, sorted by path. What can't be read is noted.
[[nodiscard]] std::vector<FileText> read_folder_files(const std::filesystem::path& folder,
                                                      std::vector<Problem>& problems);

}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "hw_db/database.hpp"

namespace flashrnn::hw {

/// A file of reports/: what a driver says of a device, under CUDA's or HIP's own names, and what has to come of it.
struct Replay {
  ReportedGpu reported;
  Match match = Match::kNone;
  std::string name;
  /// Sentences that match() logs.
  int logged = 0;
};

[[nodiscard]] Replay read_replay(const std::filesystem::path& path);

}  // namespace flashrnn::hw

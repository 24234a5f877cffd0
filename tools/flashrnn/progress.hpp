// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace flashrnn::tool {

/// A bar on stderr for work that takes long: shown on a terminal only, half a second after the start at the earliest.
class Progress {
 public:
  Progress();
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `part` in [0, 1].
  void show(double part, const std::string& what);
  /// Takes the bar away; the next show brings it back.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  bool visible_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace flashrnn::tool {

Progress::Progress() : terminal_(isatty(STDERR_FILENO) == 1) {}

void Progress::show(double part, const std::string& what) {
  constexpr auto kPatience = std::chrono::milliseconds(500);
  constexpr auto kInterval = std::chrono::milliseconds(100);
  constexpr int kWidth = 30;
  constexpr int kMostText = 60;  // with the bar less than a line of 100 columns
  if (!terminal_) return;
  const auto now = Clock::now();
  if (now - start_ < kPatience || (visible_ && now - last_ < kInterval)) return;
  last_ = now;
  visible_ = true;
  part = std::clamp(part, 0.0, 1.0);
  const int filled = static_cast<int>(part * kWidth);
  std::fprintf(stderr, "\r[%s%s] %3.0f %%  %.*s\033[K", std::string(filled, '#').c_str(),
               std::string(kWidth - filled, '.').c_str(), 100.0 * part, kMostText, what.c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (!visible_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  visible_ = false;
}

}  // namespace flashrnn::tool

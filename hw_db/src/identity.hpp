// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw_db/database.hpp"

namespace flashrnn::hw {

/// `*` in the pattern stands for any text, also none.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

/// A driver name of a CPU file, taken apart; see CpuIdentity. An x86 pattern without models, or a part of `*`, fits
/// all.
struct IdentityPattern {
  std::string vendor;
  int family = -1;
  std::vector<std::pair<int, int>> models;
  int implementer = -1;
  int part = -1;
  /// Empty: any system.
  std::string system;
};

[[nodiscard]] std::optional<IdentityPattern> parse_identity_pattern(std::string_view text);

/// How well it fits: 0 not at all, more for a pattern that says more.
[[nodiscard]] int identity_score(const IdentityPattern& pattern, const CpuIdentity& identity,
                                 std::string_view system_vendor);

/// "sm_90a" and "sm_90" are the same device, and so are "gfx90a:sramecc+:xnack-" and "gfx90a".
[[nodiscard]] std::string plain_isa(std::string_view isa);

}  // namespace flashrnn::hw

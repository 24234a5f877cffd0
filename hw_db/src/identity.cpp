// SPDX-License-Identifier: Apache-2.0
#include "identity.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <span>

namespace flashrnn::hw {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (text.empty()) return words;
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> number_of(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  int value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "16" or "16-31".
std::optional<std::pair<int, int>> range_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto low = number_of(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : number_of(text.substr(dash + 1));
  if (!low || !high || *low > *high) return std::nullopt;
  return std::pair(*low, *high);
}

/// implementer I part P [system S]
std::optional<IdentityPattern> parse_arm(std::span<const std::string_view> words, std::string_view text) {
  if (words.size() < 4 || words[2] != "part") return std::nullopt;
  IdentityPattern pattern;
  const auto implementer = number_of(words[1]);
  const auto part = words[3] == "*" ? std::optional(-1) : number_of(words[3]);
  if (!implementer || !part) return std::nullopt;
  pattern.implementer = *implementer;
  pattern.part = *part;
  if (words.size() == 4) return pattern;
  if (words.size() < 6 || words[4] != "system") return std::nullopt;
  // The name may hold blanks.
  pattern.system = text.substr(static_cast<std::size_t>(words[5].data() - text.data()));
  return pattern;
}

/// V family F [model M ...]
std::optional<IdentityPattern> parse_x86(std::span<const std::string_view> words) {
  if (words.size() < 3 || words[1] != "family") return std::nullopt;
  IdentityPattern pattern;
  pattern.vendor = words[0];
  const auto family = number_of(words[2]);
  if (!family) return std::nullopt;
  pattern.family = *family;
  if (words.size() == 3) return pattern;
  if (words[3] != "model" || words.size() == 4) return std::nullopt;
  for (const std::string_view word : words.subspan(4)) {
    const auto range = range_of(word);
    if (!range) return std::nullopt;
    pattern.models.push_back(*range);
  }
  return pattern;
}

}  // namespace

std::string CpuIdentity::to_string() const {
  char text[64] = "unknown";
  if (implementer >= 0) {
    std::snprintf(text, sizeof text, "implementer 0x%x part 0x%x", static_cast<unsigned>(implementer),
                  static_cast<unsigned>(part));
    return text;
  }
  if (family < 0) return text;
  return vendor + " family " + std::to_string(family) + " model " + std::to_string(model);
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // Backs up to the last star only: linear in practice, and never more than quadratic.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<IdentityPattern> parse_identity_pattern(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return std::nullopt;
  return words[0] == "implementer" ? parse_arm(words, text) : parse_x86(words);
}

int identity_score(const IdentityPattern& pattern, const CpuIdentity& identity, std::string_view system_vendor) {
  int score = 1;
  if (pattern.implementer >= 0) {
    if (identity.implementer != pattern.implementer) return 0;
    if (pattern.part >= 0) {
      if (identity.part != pattern.part) return 0;
      score += 2;
    }
  } else {
    if (identity.vendor != pattern.vendor || identity.family != pattern.family) return 0;
    const auto holds = [&](const auto& range) {
      return range.first <= identity.model && identity.model <= range.second;
    };
    if (!pattern.models.empty()) {
      if (std::none_of(pattern.models.begin(), pattern.models.end(), holds)) return 0;
      score += 2;
    }
  }
  if (!pattern.system.empty()) {
    if (!glob_match(pattern.system, system_vendor)) return 0;
    score += 4;
  }
  return score;
}

std::string plain_isa(std::string_view isa) {
  std::string plain(isa.substr(0, isa.find(':')));
  if (plain.starts_with("sm_") && (plain.ends_with('a') || plain.ends_with('f'))) plain.pop_back();
  return plain;
}

}  // namespace flashrnn::hw

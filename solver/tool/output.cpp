// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

namespace constrint::tool {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::string range_text(const Progression& p) {
  if (p.first == p.last) return std::to_string(p.first);
  if (static_cast<std::uint64_t>(p.last) - static_cast<std::uint64_t>(p.first) == static_cast<std::uint64_t>(p.step)) {
    return std::to_string(p.first) + ", " + std::to_string(p.last);
  }
  return std::to_string(p.first) + ".." + std::to_string(p.last) +
         (p.step == 1 ? "" : " step " + std::to_string(p.step));
}

}  // namespace

std::string aligned(const Rows& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string blanks(widths[c] - row[c].size(), ' ');
      if (c > 0) line += "  ";
      line += right[c] ? blanks + row[c] : row[c] + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  // Two neighbours exchanged are two edits.
  const std::size_t limit = std::max<std::size_t>(word.size() < 4 ? 1 : 2, word.size() / 3);
  const auto best = std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  });
  if (best == known.end() || edit_distance(word, *best) > limit) return "";
  return " Did you mean '" + *best + "'?";
}

std::string domain_text(const std::vector<Progression>& domain) {
  if (domain.size() == 1 && range_text(domain.front()).find(',') == std::string::npos)
    return range_text(domain.front());
  std::string text = "[";
  for (const Progression& p : domain) text += (text.size() > 1 ? ", " : "") + range_text(p);
  return text + "]";
}

std::string place_text(const Constraint& constraint) {
  if (constraint.where.line == 0) return constraint.part;
  return constraint.part + ":" + std::to_string(constraint.where.line);
}

std::string time_text(double milliseconds) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3g ms", milliseconds);
  return text.data();
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_json(const Json& json) {
  // A name may hold any bytes: what is no UTF-8 is replaced.
  print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace constrint::tool

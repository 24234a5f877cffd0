// SPDX-License-Identifier: Apache-2.0
#include "hw_db/facts.hpp"

namespace flashrnn::hw {
namespace {

const Origin* find_origin(const Origins& origins, std::string_view field) {
  const auto found = origins.find(field);
  return found == origins.end() ? nullptr : &found->second;
}

}  // namespace

std::string Origin::to_string() const {
  if (kind == SourceKind::kReported) return where.empty() ? "reported by the driver" : "reported by " + where;
  std::string text = file + ":" + std::to_string(line) + ": ";
  if (kind == SourceKind::kDerived) return text + "derived: " + formula + (where.empty() ? "" : " (" + where + ")");
  text += (kind == SourceKind::kMeasured ? "measured: " : "") + title;
  return where.empty() ? text : text + ", " + where;
}

const Origin* GpuFacts::origin(std::string_view field) const { return find_origin(origins, field); }
const Origin* CpuFacts::origin(std::string_view field) const { return find_origin(origins, field); }

}  // namespace flashrnn::hw

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "common/plan/report.hpp"
#include "json.hpp"

/// A plan and what was weighed for it, for people and as JSON.
namespace flashrnn::tool {

/// The plan with its resources and its cost, then the other candidates, then the notes. `description` of the device,
/// for people, or "".
std::string explain_text(const plan::Report& report, const std::string& description);
Json explain_json(const plan::Report& report);

/// One problem on many devices: the fastest first, those without a plan last.
void sort_by_time(std::vector<plan::Report>& reports);
std::string comparison_text(const std::vector<plan::Report>& reports);
Json comparison_json(const std::vector<plan::Report>& reports);

}  // namespace flashrnn::tool

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "constrint/model.hpp"
#include "domain/domain.hpp"
#include "search/evaluate.hpp"

/// Constraints in words.
namespace constrint {

/// "1..9 step 2" or "1, 2, 8..64 step 8", cut after some pieces.
std::string describe_domain(const Domain& domain);

/// The variables in a tree, ascending, each once.
std::vector<std::int32_t> variables_in(const Model& model, NodeId root);

/// Each side of each relation in the tree with its value: "100 % 24 is 4, LIMIT is 3".
std::string describe_values(const Model& model, NodeId constraint, std::span<const Value> values);

std::string number_text(Wide value);

}  // namespace constrint

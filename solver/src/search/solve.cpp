// SPDX-License-Identifier: Apache-2.0
#include "constrint/solve.hpp"

#include <numeric>

#include "search/search.hpp"

namespace constrint {
namespace {

std::vector<std::int32_t> all_constraints(const Model& model) {
  std::vector<std::int32_t> all(model.constraints().size());
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace

std::string describe_constraint(const Model& model, std::int32_t constraint) {
  const Constraint& c = model.constraints()[static_cast<std::size_t>(constraint)];
  std::string text = "constraint '" + model.text(c.root) + "'";
  if (!c.part.empty()) text += " of " + c.part;
  if (c.where.line != 0) text += ", line " + std::to_string(c.where.line);
  return text;
}

SolveResult solve(const Model& model, const SolveOptions& options) {
  const std::vector<std::int32_t> all = all_constraints(model);
  return Search(model, all, options).run();
}

Domains propagate(const Model& model) {
  Domains domains;
  const SolveOptions options;
  const std::vector<std::int32_t> all = all_constraints(model);
  Search search(model, all, options, false);
  SolveResult result;
  const std::vector<Domain> values = search.root_domains(&result);
  domains.message = result.message;
  domains.feasible = !result.exhausted || result.count != 0;
  domains.values.resize(model.variables().size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::uint32_t p = 0; p < values[i].piece_count(); ++p) domains.values[i].push_back(values[i].piece(p));
  }
  return domains;
}

}  // namespace constrint

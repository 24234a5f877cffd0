// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "propagation/flattener.hpp"
#include "search/search.hpp"

/// Checks of the options, and what a search starts from.
namespace constrint {

Search::Search(const Model& model, std::span<const std::int32_t> constraints, const SolveOptions& options,
               bool with_objective)
    : model_(model),
      constraints_(constraints),
      options_(options),
      with_objective_(with_objective),
      evaluator_(model),
      values_(model.variables().size()) {
  if (options.time_limit_ms > 0) {
    // Past any clock's range, a limit is none.
    const double most = 1e12;
    end_ = std::chrono::steady_clock::now() +
           std::chrono::duration_cast<std::chrono::steady_clock::duration>(
               std::chrono::duration<double, std::milli>(std::min(options.time_limit_ms, most)));
  }
}

bool Search::bad_options(std::string message) {
  result_.outcome = Outcome::kBadOptions;
  result_.message = std::move(message);
  return false;
}

bool Search::prepare() {
  if (options_.max_solutions < 0) {
    return bad_options("max_solutions is " + std::to_string(options_.max_solutions) + "; it must be 0 or more.");
  }
  if (options_.node_limit < 0) {
    return bad_options("node_limit is " + std::to_string(options_.node_limit) + "; it must be 0 or more.");
  }
  if (!(options_.time_limit_ms >= 0)) {
    return bad_options("time_limit_ms is " + std::to_string(options_.time_limit_ms) + "; it must be 0 or more.");
  }
  if (!order_variables() || !shallow()) return false;

  std::vector<NodeId> roots;
  roots.reserve(constraints_.size());
  for (const std::int32_t c : constraints_) roots.push_back(model_.constraints()[static_cast<std::size_t>(c)].root);
  // Most models make no more variables for terms than they have, and two propagators for each constraint.
  engine_.store().reserve(2 * model_.variables().size() + 16);
  engine_.reserve(2 * constraints_.size() + model_.variables().size() + 16);
  decisions_.reserve(model_.variables().size());
  Flattener flattener(model_, engine_);
  bool possible = flattener.add(roots);
  if (possible && with_objective_ && model_.objective()) {
    maximize_ = model_.objective()->maximize;
    possible = flattener.objective(model_.objective()->term, &objective_);
  }
  for (const std::vector<Assigned>& solution : options_.exclude) {
    std::vector<Var> variables;
    std::vector<Value> values;
    for (const Assigned& assigned : solution) {
      const auto x = model_.find(assigned.name);
      if (!x) return bad_options("exclude names the variable '" + assigned.name + "', which the model does not have.");
      if (std::find(variables.begin(), variables.end(), *x) != variables.end()) {
        return bad_options("exclude names the variable '" + assigned.name + "' twice in one solution.");
      }
      variables.push_back(*x);
      values.push_back(assigned.value);
    }
    if (possible) flattener.exclude(variables, values);
  }
  if (!possible) {
    result_.exhausted = true;
    return false;
  }
  engine_.connect();
  return true;
}

/// The trees are walked recursively. Parser and builder refuse deeper ones; add_node() does not look.
bool Search::shallow() {
  const auto too_deep = [&](NodeId root) { return model_.node(root).depth > 2 * kMaxDepth; };
  const auto refuse = [&](NodeId root, const std::string& what) {
    return bad_options(what + " is " + std::to_string(model_.node(root).depth) + " levels deep; the limit is " +
                       std::to_string(2 * kMaxDepth) + ".");
  };
  for (const std::int32_t c : constraints_) {
    const NodeId root = model_.constraints()[static_cast<std::size_t>(c)].root;
    if (too_deep(root)) return refuse(root, "constraint " + std::to_string(c));
  }
  if (with_objective_ && model_.objective() && too_deep(model_.objective()->term)) {
    return refuse(model_.objective()->term, "the objective");
  }
  return true;
}

bool Search::order_variables() {
  std::vector<std::uint8_t> named(model_.variables().size());
  order_.reserve(named.size());
  for (const OrderedVariable& o : options_.order) {
    const auto x = model_.find(o.name);
    if (!x) return bad_options("order names the variable '" + o.name + "', which the model does not have.");
    std::uint8_t& there = named[static_cast<std::size_t>(*x)];
    if (there != 0) return bad_options("order names the variable '" + o.name + "' twice.");
    there = 1;
    order_.push_back({*x, o.values == ValueOrder::kLargestFirst});
  }
  ordered_ = order_.size();
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i] == 0) order_.push_back({static_cast<Var>(i), options_.rest == ValueOrder::kLargestFirst});
  }
  return true;
}

std::vector<Domain> Search::root_domains(SolveResult* result) {
  std::vector<Domain> domains;
  bool feasible = start();
  if (feasible && engine_.contradictory()) {
    result_.exhausted = true;
    feasible = false;
  }
  *result = result_;
  if (!feasible) return domains;
  const Store& store = engine_.store();
  bool fixed = true;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    domains.push_back(store[static_cast<Var>(i)]);
    fixed = fixed && domains.back().fixed();
  }
  if (fixed) {
    const Leaf found = leaf();
    *result = result_;
    if (found == Leaf::kRefused) {
      result->exhausted = true;
      result->count = 0;
      domains.clear();
    }
  }
  return domains;
}

}  // namespace constrint

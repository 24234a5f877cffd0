// SPDX-License-Identifier: Apache-2.0
#include "constrint/explain.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "explain/describe.hpp"
#include "search/search.hpp"

namespace constrint {
namespace {

using Clock = std::chrono::steady_clock;
using Indices = std::vector<std::int32_t>;

enum class Answer { kFeasible, kInfeasible, kUnknown };

/// Looks for a small part of the constraints that has no solution: parts of falling size are left out for as long as
/// the rest stays infeasible, at last each single one.
class Reduction {
 public:
  Reduction(const Model& model, double time_limit_ms)
      : model_(model), left_ms_(time_limit_ms), limit_ms_(time_limit_ms) {}

  Answer decide(const Indices& constraints, double most_ms, std::string* message = nullptr) {
    const double budget = std::min(most_ms, left_ms_);
    if (budget <= 0) {
      if (message != nullptr) *message = "the time limit of " + std::to_string(limit_ms_) + " ms is over.";
      return Answer::kUnknown;
    }
    SolveOptions options;
    options.time_limit_ms = budget;
    const auto start = Clock::now();
    const SolveResult result = Search(model_, constraints, options, false).run();
    left_ms_ -= std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (result.outcome == Outcome::kComplete) return result.count != 0 ? Answer::kFeasible : Answer::kInfeasible;
    if (message != nullptr) {
      *message = result.outcome == Outcome::kTimeLimit
                     ? "no answer within the time limit of " + std::to_string(limit_ms_) + " ms."
                     : result.message;
    }
    return Answer::kUnknown;
  }

  /// `conflict` is infeasible, and stays so. True: every constraint of it is needed.
  bool reduce(Indices* conflict) {
    for (std::size_t part = conflict->size() / 2; part > 1; part /= 2) drop_parts(conflict, part);
    return drop_parts(conflict, 1);
  }

 private:
  bool drop_parts(Indices* conflict, std::size_t part) {
    bool sure = true;
    // From the end: what a reader wrote first is kept where either could go.
    for (std::size_t end = conflict->size(); end > 0 && conflict->size() > part;) {
      const std::size_t begin = end > part ? end - part : 0;
      Indices rest(conflict->begin(), conflict->begin() + static_cast<std::ptrdiff_t>(begin));
      rest.insert(rest.end(), conflict->begin() + static_cast<std::ptrdiff_t>(end), conflict->end());
      const Answer answer = decide(rest, left_ms_ / 4);
      if (answer == Answer::kInfeasible) *conflict = rest;
      sure = sure && answer != Answer::kUnknown;
      end = begin;
    }
    return sure;
  }

  const Model& model_;
  double left_ms_;
  double limit_ms_;
};

/// "A * B == 7, where the others leave A 2..3, B 4..9".
std::string describe(const Model& model, const Indices& conflict, std::size_t which) {
  const NodeId root = model.constraints()[static_cast<std::size_t>(conflict[which])].root;
  Indices rest = conflict;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(which));
  SolveOptions options;
  options.time_limit_ms = 100;
  Search search(model, rest, options, false);
  SolveResult result;
  const std::vector<Domain> domains = search.root_domains(&result);
  std::string text;
  if (!domains.empty()) {
    for (const std::int32_t x : variables_in(model, root)) {
      text += (text.empty() ? "" : ", ") + model.variables()[static_cast<std::size_t>(x)].name + " " +
              describe_domain(domains[static_cast<std::size_t>(x)]);
    }
  }
  const std::string constraint = model.text(root);
  if (text.empty()) return constraint;
  return constraint + (rest.empty() ? ", where " : ", where the others leave ") + text;
}

}  // namespace

Conflict explain(const Model& model, double time_limit_ms) {
  Conflict conflict;
  Indices all(model.constraints().size());
  std::iota(all.begin(), all.end(), 0);
  Reduction reduction(model, time_limit_ms);
  switch (reduction.decide(all, time_limit_ms / 2, &conflict.message)) {
    case Answer::kFeasible:
      conflict.kind = Conflict::Kind::kFeasible;
      return conflict;
    case Answer::kUnknown:
      conflict.kind = Conflict::Kind::kUnknown;
      return conflict;
    default:
      break;
  }
  const bool minimal = reduction.reduce(&all);
  conflict.kind = minimal ? Conflict::Kind::kMinimal : Conflict::Kind::kReduced;
  conflict.constraints = all;
  for (std::size_t i = 0; i < all.size(); ++i) conflict.text.push_back(describe(model, all, i));
  return conflict;
}

}  // namespace constrint

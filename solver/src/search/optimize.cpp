// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "search/search.hpp"

/// The best solution. Cost: the objective where it is minimized, its negation where it is maximized.
namespace constrint {

/// Branch and bound: each solution bounds the cost of what follows, in one pass. Where that takes long, costs are
/// halved: searches for one in the lower half of what is open, each given up after as many nodes, so that neither a
/// long way of small improvements nor a proof that is as hard as the whole is followed for ever; then branch and bound
/// again with four times the nodes. A solution is always the first of all that have its cost: what came before it in
/// the order costs more, whether the search had this bound or a higher one.
void Search::optimize() {
  const Domain& d = engine_.store()[objective_];
  const Value end = maximize_ ? d.high : d.low;
  has_least_ = is_finite(end);
  least_ = maximize_ ? -Wide{end} : Wide{end};
  for (;; budget_ *= 4) {
    const Round round = search_below(true, budget_);
    if (result_.outcome != Outcome::kComplete) return;
    if (round == Round::kNothing) {
      result_.exhausted = true;
      return;
    }
    if (!halve()) return;
  }
}

/// Until a search gives up (true), or the best is proved or a limit was met.
bool Search::halve() {
  Wide step = 1;
  while (true) {
    const Wide best = maximize_ ? -Wide{result_.objective} : Wide{result_.objective};
    if (has_least_ && least_ >= best) {
      result_.exhausted = true;
      return false;
    }
    most_ = has_least_ ? least_ + (best - 1 - least_) / 2 : best - step;
    if (step < kInfinity) step *= 2;
    const Round round = search_below(false, budget_);
    if (result_.outcome != Outcome::kComplete) return false;
    if (round == Round::kNothing) {
      least_ = most_ + 1;
      has_least_ = true;
    }
    if (round != Round::kGaveUp) continue;
    most_ = best - 1;
    return true;
  }
}

/// Searches for a cost of at most most_ (any, before there is a best): for the first such solution, or, to improve, for
/// the best. kNothing: there is no better one than the best now.
Search::Round Search::search_below(bool improve, std::int64_t budget) {
  improve_ = improve;
  give_up_at_ = has_best_ ? result_.nodes + budget : 0;
  gave_up_ = false;
  const std::int64_t before = improvements_;
  Levels conflict = 0;
  engine_.push();
  if (engine_.store().strong()) engine_.schedule_all();
  if ((!has_best_ || bound_objective()) && propagate(&conflict)) search();
  undo_to(0);
  engine_.clear();
  engine_.pop();
  if (gave_up_) return Round::kGaveUp;
  result_.exhausted = false;
  return !improve && improvements_ != before ? Round::kFound : Round::kNothing;
}

/// Leaves no values that cost more than most_ or less than what is possible.
bool Search::bound_objective() {
  Store& store = engine_.store();
  const Value high = saturate(most_);
  const Value low = has_least_ ? saturate(least_) : -kInfinity;
  store.deduce_from({}, 0);
  return maximize_ ? store.set_bounds(objective_, high == kInfinity ? -kInfinity : -high,
                                      low == -kInfinity ? kInfinity : -low)
                   : store.set_bounds(objective_, low, high);
}

/// At a better solution: the decisions that its cost follows from. No other solution under them costs less.
bool Search::objective_decided(Levels* conflict) const {
  const Store& store = engine_.store();
  if (!store[objective_].fixed() || store[objective_].low != result_.objective) return false;
  *conflict = store.levels_of(objective_);
  return true;
}

/// At a leaf: the exact value of the objective. False when it cannot be stored.
bool Search::take_objective(bool* better) {
  const Exact value = evaluator_.term(model_.objective()->term, values_, maximize_);
  if (value.state == Exact::kUndefined) {
    ++rejected_;
    return true;
  }
  if (value.state != Exact::kExact || !fits(value.value)) {
    overflow("the objective '" + model_.text(model_.objective()->term) + "'", "64");
    return false;
  }
  const Wide cost = maximize_ ? -value.value : value.value;
  if (has_best_ && cost > most_) return true;
  if (improve_) {
    if (!has_best_) give_up_at_ = result_.nodes + budget_;
    most_ = cost - 1;
  }
  has_best_ = true;
  ++improvements_;
  result_.objective = static_cast<Value>(value.value);
  *better = true;
  return true;
}

}  // namespace constrint

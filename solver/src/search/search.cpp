// SPDX-License-Identifier: Apache-2.0
#include "search/search.hpp"

#include <bit>
#include <utility>

namespace constrint {
namespace {

constexpr std::int64_t kNodesBetweenChecks = 256;

/// The decisions 0 to n - 1.
constexpr Levels first_levels(std::size_t n) {
  return n > static_cast<std::size_t>(kSharedLevel) ? ~Levels{0} : (Levels{1} << n) - 1;
}

}  // namespace

SolveResult Search::run() {
  engine_.store().set_strong(strong_after_ == 0);
  if (start()) {
    if (objective_ < 0) {
      search();
    } else {
      optimize();
    }
  }
  result_.propagations = engine_.propagations();
  return std::move(result_);
}

/// Flattens and propagates. False: the result says why there is nothing to search.
bool Search::start() {
  if (!prepare()) return false;
  Levels conflict = 0;
  if (propagate(&conflict)) return true;
  result_.exhausted = result_.outcome == Outcome::kComplete;
  return false;
}

/// False at a conflict, or when the time is over: then the outcome says so.
bool Search::propagate(Levels* conflict) {
  switch (engine_.run(this)) {
    case Engine::Result::kFixpoint:
      return true;
    case Engine::Result::kConflict:
      ++failures_;
      *conflict = engine_.conflict();
      return false;
    default:
      result_.outcome = Outcome::kTimeLimit;
      return false;
  }
}

void Search::search() {
  Store& store = engine_.store();
  std::size_t position = 0;
  while (true) {
    position = decisions_.empty() ? 0 : decisions_.back().position;
    while (position < order_.size() && store[order_[position].variable].fixed()) ++position;
    Levels conflict = 0;
    if (position == order_.size()) {
      const Leaf found = leaf();
      if (found == Leaf::kStop) return;
      if (found == Leaf::kTaken && options_.distinct_by_order && ordered_ != 0) {
        // Another solution differs in the variables of the order: the decisions behind them are done.
        std::size_t kept = decisions_.size();
        while (kept != 0 && decisions_[kept - 1].position >= ordered_) --kept;
        undo_to(kept);
      }
      conflict = first_levels(decisions_.size());
      if (found == Leaf::kBetter) objective_decided(&conflict);
    } else {
      if (out_of_limits()) return;
      ++result_.nodes;
      const Ordered next = order_[position];
      const Value value = next.largest ? store[next.variable].high : store[next.variable].low;
      const Levels level = level_bit(static_cast<int>(decisions_.size()));
      engine_.push();
      decisions_.push_back({next.variable, value, position});
      store.deduce_from({}, level);
      store.fix(next.variable, value);
      if (propagate(&conflict)) continue;
      if (result_.outcome != Outcome::kComplete) return;
    }
    if (!backtrack(conflict)) return;
  }
}

bool Search::backtrack(Levels conflict) {
  Store& store = engine_.store();
  while (true) {
    if (conflict == 0) {
      result_.exhausted = true;
      return false;
    }
    const auto highest = static_cast<std::size_t>(63 - std::countl_zero(conflict));
    const bool shared = highest == static_cast<std::size_t>(kSharedLevel);
    const std::size_t target = shared ? decisions_.size() - 1 : highest;
    const Decision refuted = decisions_[target];
    undo_to(target);
    strengthen(target);
    // The shared bit stays while other decisions share it.
    if (!shared || target == static_cast<std::size_t>(kSharedLevel)) conflict &= ~level_bit(static_cast<int>(target));
    if (improve_ && has_best_ && !bound_objective()) {
      conflict = store.levels_of(objective_);
      continue;
    }
    store.deduce_from({}, conflict);
    if (!store.remove(refuted.variable, refuted.value)) {
      conflict |= store.levels_of(refuted.variable);
      continue;
    }
    if (propagate(&conflict)) return true;
    if (result_.outcome != Outcome::kComplete) return false;
  }
}

void Search::undo_to(std::size_t decisions) {
  while (decisions_.size() > decisions) {
    engine_.pop();
    decisions_.pop_back();
  }
}

/// Behind some failures: the costly propagators take part, and run once on each level that the search returns to.
void Search::strengthen(std::size_t decisions) {
  Store& store = engine_.store();
  if (!store.strong()) {
    if (failures_ < strong_after_) return;
    engine_.strengthen();
    strong_below_ = decisions + 1;
  }
  if (decisions >= strong_below_) return;
  strong_below_ = decisions;
  engine_.schedule_all();
}

bool Search::expired() { return options_.time_limit_ms > 0 && std::chrono::steady_clock::now() >= end_; }

bool Search::out_of_limits() {
  if (options_.node_limit > 0 && result_.nodes >= options_.node_limit) {
    result_.outcome = Outcome::kNodeLimit;
    return true;
  }
  if (give_up_at_ > 0 && result_.nodes >= give_up_at_) {
    gave_up_ = true;
    return true;
  }
  if (result_.nodes % kNodesBetweenChecks == 0 && expired()) {
    result_.outcome = Outcome::kTimeLimit;
    return true;
  }
  return false;
}

void Search::overflow(std::string_view what, std::string_view bits) {
  result_.outcome = Outcome::kOverflow;
  result_.message = std::string(what) + ": a term leaves " + std::string(bits) + " bits at ";
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (i == 8) {
      result_.message += ", ...";
      break;
    }
    result_.message += (i == 0 ? "" : ", ") + model_.variables()[i].name + " = " + std::to_string(values_[i]);
  }
}

/// Every variable has a value: the trees decide.
Search::Leaf Search::leaf() {
  const Store& store = engine_.store();
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = store[static_cast<Var>(i)].low;
  for (const std::int32_t c : constraints_) {
    const Truth truth = evaluator_.holds(model_.constraints()[static_cast<std::size_t>(c)].root, values_);
    if (truth == Truth::kUnknown) {
      overflow(describe_constraint(model_, c), "128");
      return Leaf::kStop;
    }
    if (truth == Truth::kFalse) {
      ++rejected_;
      return Leaf::kRefused;
    }
  }
  if (objective_ >= 0) {
    bool better = false;
    if (!take_objective(&better)) return Leaf::kStop;
    if (!better) return Leaf::kRefused;
    result_.count = 1;
    if (!options_.count_only) result_.solutions.assign(1, values_);
    return improve_ ? Leaf::kBetter : Leaf::kStop;
  } else {
    ++result_.count;
    if (!options_.count_only) result_.solutions.push_back(values_);
    if (options_.max_solutions > 0 && result_.count >= options_.max_solutions) {
      result_.exhausted = decisions_.empty();
      return Leaf::kStop;
    }
  }
  return Leaf::kTaken;
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#include "propagation/store.hpp"

namespace constrint {

Var Store::add(const Domain& domain) {
  domains_.push_back(domain);
  levels_.push_back(0);
  stamps_.push_back(stamp_);
  events_.push_back(kNoEvent);
  return static_cast<Var>(domains_.size()) - 1;
}

void Store::reserve(std::size_t variables) {
  domains_.reserve(variables);
  levels_.reserve(variables);
  stamps_.reserve(variables);
  events_.reserve(variables);
  changed_.reserve(variables);
  trail_.reserve(4 * variables);
  marks_.reserve(64);
}

bool Store::replace(Var x, const Domain& domain) {
  const auto i = static_cast<std::size_t>(x);
  Domain& now = domains_[i];
  if (stamps_[i] != stamp_) {
    trail_.push_back({x, stamps_[i], levels_[i], now});
    stamps_[i] = stamp_;
  }
  levels_[i] |= reason();
  ++changes_;
  std::uint8_t event = kChanged;
  if (domain.low != now.low || domain.high != now.high) event |= kBounds;
  if (domain.low == domain.high) event |= kFixed | kStep;
  if (domain.step != now.step) event |= kStep;
  now = domain;
  if (events_[i] == kNoEvent) changed_.push_back(x);
  events_[i] |= event;
  return !domain.empty();
}

bool Store::bound(Var x, Value low, Value high) { return replace(x, cut((*this)[x], low, high)); }

bool Store::fix(Var x, Value value) {
  const Domain& now = (*this)[x];
  if (now.low == value && now.high == value) return true;
  return replace(x, now.contains(value) ? single(value) : Domain{});
}

bool Store::remove(Var x, Value value) {
  const Domain& now = (*this)[x];
  if (value < now.low || value > now.high || !now.contains(value)) return true;
  const Domain rest = without(now, value, arena_);
  return rest.contains(value) || replace(x, rest);
}

bool Store::intersect(Var x, const Domain& with) {
  const Domain& now = (*this)[x];
  if (with.pieces == nullptr && with.step == 1) return set_bounds(x, with.low, with.high);
  const Domain common = intersection(now, with, arena_);
  // The result is a part of the domain: the same when it has as many members.
  if (common.low == now.low && common.high == now.high && common.step == now.step) {
    if (common.pieces == nullptr && now.pieces == nullptr) return true;
    if (common.size() == now.size() && now.bounded()) return true;
    if (!now.bounded() && common.piece_count() == now.piece_count()) {
      bool same = true;
      for (std::uint32_t i = 0; i < now.piece_count() && same; ++i) {
        const Progression p = now.piece(i);
        const Progression q = common.piece(i);
        same = p.first == q.first && p.last == q.last && p.step == q.step;
      }
      if (same) return true;
    }
  }
  return replace(x, common);
}

bool Store::restrict_step(Var x, Value residue, Value step) {
  const Domain& now = (*this)[x];
  if (step == 1) return true;
  if (is_finite(now.low) && (now.low == now.high || now.step % step == 0)) {
    if (modulo(Wide{now.low} - residue, step) == 0) return true;
    return replace(x, {});
  }
  const Domain rest = congruent(now, residue, step, arena_);
  if (rest.low == now.low && rest.high == now.high && rest.step == now.step &&
      (rest.pieces == nullptr) == (now.pieces == nullptr) && (rest.pieces == nullptr || rest.size() == now.size())) {
    return true;
  }
  return replace(x, rest);
}

void Store::push() {
  marks_.push_back({trail_.size(), stamp_, arena_.mark()});
  stamp_ = ++last_stamp_;
}

void Store::pop() {
  const Mark& mark = marks_.back();
  while (trail_.size() > mark.trail) {
    const Saved& saved = trail_.back();
    const auto i = static_cast<std::size_t>(saved.variable);
    domains_[i] = saved.domain;
    levels_[i] = saved.levels;
    stamps_[i] = saved.stamp;
    trail_.pop_back();
  }
  stamp_ = mark.stamp;
  arena_.release(mark.arena);
  marks_.pop_back();
}

Levels Store::reason() {
  if (!reason_ready_) {
    for (const Var x : sources_) reason_ |= levels_[static_cast<std::size_t>(x)];
    reason_ready_ = true;
  }
  return reason_;
}

Store::Trial Store::begin_trial() {
  ++trials_;
  push();
  return {changed_.size(), changes_};
}

void Store::end_trial(Trial trial) {
  --trials_;
  pop();
  changes_ = trial.changes;
  forget_changes(trial.changed);
}

void Store::forget_changes(std::size_t keep) {
  while (changed_.size() > keep) {
    events_[static_cast<std::size_t>(changed_.back())] = kNoEvent;
    changed_.pop_back();
  }
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#include "propagation/store.hpp"

#include <algorithm>

namespace constrint {

Var Store::add(const Domain& domain) {
  records_.push_back({domain, 0, stamp_, kNoEvent});
  return static_cast<Var>(records_.size()) - 1;
}

void Store::reserve(std::size_t variables) {
  records_.reserve(variables);
  changed_.reserve(variables);
  trail_.reserve(variables);
  marks_.reserve(64);
}

/// Before a change: what is there is saved, where it is not yet, and what the change follows from is noted.
Store::Record& Store::touch(Var x) {
  Record& r = records_[static_cast<std::size_t>(x)];
  if (r.stamp != stamp_) {
    trail_.push_back({x, r.stamp, r.levels, r.domain});
    r.stamp = stamp_;
  }
  r.levels |= reason();
  ++changes_;
  if (r.events == kNoEvent) changed_.push_back(x);
  return r;
}

bool Store::replace(Var x, const Domain& domain) {
  Record& r = touch(x);
  std::uint8_t event = kChanged;
  if (domain.low != r.domain.low || domain.high != r.domain.high) event |= kBounds;
  if (domain.low == domain.high) event |= kFixed | kStep;
  if (domain.step != r.domain.step) event |= kStep;
  r.domain = domain;
  r.events |= event;
  return !domain.empty();
}

bool Store::bound(Var x, Value low, Value high) {
  const Domain& now = (*this)[x];
  if (now.pieces != nullptr || now.step != 1) return replace(x, cut(now, low, high));
  Record& r = touch(x);
  r.domain.low = std::max(low, r.domain.low);
  r.domain.high = std::min(high, r.domain.high);
  r.events |= r.domain.low == r.domain.high ? kEvents : kChanged | kBounds;
  return r.domain.low <= r.domain.high;
}

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
    Record& r = records_[static_cast<std::size_t>(saved.variable)];
    r.domain = saved.domain;
    r.levels = saved.levels;
    r.stamp = saved.stamp;
    trail_.pop_back();
  }
  stamp_ = mark.stamp;
  arena_.release(mark.arena);
  marks_.pop_back();
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
    records_[static_cast<std::size_t>(changed_.back())].events = kNoEvent;
    changed_.pop_back();
  }
}

}  // namespace constrint

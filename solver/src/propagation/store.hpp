// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/domain.hpp"

namespace constrint {

/// Index of a variable in a store: the model's variables first, then those made for terms.
using Var = std::int32_t;

/// What happened to a domain; a propagator names what it wakes on.
enum Event : std::uint8_t {
  kNoEvent = 0,
  kFixed = 1,
  kBounds = 2,  ///< low or high moved
  kChanged = 4,
  kStep = 8,  ///< its members are known modulo more, or became one
  kEvents = 15,
};

/// Set of decision levels: bit i is level i. Level kSharedLevel and all deeper ones share the last bit.
using Levels = std::uint64_t;
inline constexpr int kSharedLevel = 63;
constexpr Levels level_bit(int level) { return Levels{1} << (level < kSharedLevel ? level : kSharedLevel); }

/// The domains of all variables, with a trail: push() marks a state, pop() restores it. A variable is saved at most
/// once between two marks. Every domain carries the decision levels that its present state follows from.
///
/// Changing functions return false when nothing is left; the domain is then unspecified until the next pop().
class Store {
 public:
  Var add(const Domain& domain);
  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(records_.size()); }
  const Domain& operator[](Var x) const { return record(x).domain; }
  Arena& arena() { return arena_; }

  bool set_low(Var x, Value low) { return low <= (*this)[x].low || bound(x, low, kInfinity); }
  bool set_high(Var x, Value high) { return high >= (*this)[x].high || bound(x, -kInfinity, high); }
  bool set_bounds(Var x, Value low, Value high) {
    return (low <= (*this)[x].low && high >= (*this)[x].high) || bound(x, low, high);
  }
  bool fix(Var x, Value value);
  /// Keeps the value where the domain would need too many pieces without it.
  bool remove(Var x, Value value);
  bool intersect(Var x, const Domain& with);
  /// x = residue modulo step, step >= 1.
  bool restrict_step(Var x, Value residue, Value step);
  /// Keeps the values that `keep` accepts; for bounded domains, at a cost for each value.
  template <typename Keep>
  bool filter(Var x, Keep&& keep);

  void push();
  void pop();

  /// A trial: push() now, and at its end pop() without a trace in changed(). Trials nest.
  struct Trial {
    std::size_t changed;
    std::uint64_t changes;
  };
  Trial begin_trial();
  void end_trial(Trial trial);
  [[nodiscard]] bool in_trial() const { return trials_ != 0; }

  /// Off: propagators leave out what costs much and what search finds as well (matching value by value).
  [[nodiscard]] bool strong() const { return strong_; }
  void set_strong(bool strong) { strong_ = strong; }

  /// The events that the running propagator was woken by, those that it makes itself apart.
  [[nodiscard]] std::uint8_t woken() const { return woken_; }
  void set_woken(std::uint8_t events) { woken_ = events; }
  /// Whether the congruences of these variables may say more than at the propagator's last run, or what else only a
  /// strong store looks at.
  [[nodiscard]] bool stepped(std::span<const Var> variables) const {
    if (strong_ || (woken_ & kStep) != 0) return true;
    for (const Var x : variables) {
      if ((events(x) & kStep) != 0) return true;
    }
    return false;
  }

  void reserve(std::size_t variables);

  /// What follows is deduced from these variables, by what holds because of these levels.
  void deduce_from(std::span<const Var> variables, Levels because) {
    sources_ = variables;
    reason_ = because;
    reason_ready_ = variables.empty() || marks_.empty();  // without decisions, nothing rests on one
  }
  /// The levels that the present deduction rests on.
  Levels reason() {
    if (!reason_ready_) {
      for (const Var x : sources_) reason_ |= levels_of(x);
      reason_ready_ = true;
    }
    return reason_;
  }
  [[nodiscard]] Levels levels_of(Var x) const { return record(x).levels; }

  /// Variables that changed since they were last taken, each once, with the events in events().
  [[nodiscard]] std::span<const Var> changed() const { return changed_; }
  [[nodiscard]] std::uint8_t events(Var x) const { return record(x).events; }
  void forget_changes(std::size_t keep = 0);
  /// Calls visit(variable, events) for each, and forgets them.
  template <typename Visit>
  void take_changes(Visit&& visit) {
    for (const Var x : changed_) {
      Record& r = records_[static_cast<std::size_t>(x)];
      visit(x, r.events);
      r.events = kNoEvent;
    }
    changed_.clear();
  }
  /// Differs from an earlier answer when anything changed in between, ended trials apart.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  /// All that is known of a variable, in the size of a cache line.
  struct Record {
    Domain domain;
    Levels levels;
    std::uint64_t stamp;  ///< of the mark since which it is saved
    std::uint8_t events;
  };
  static_assert(sizeof(Record) <= 64, "A variable fits into the size of a cache line.");
  struct Saved {
    Var variable;
    std::uint64_t stamp;
    Levels levels;
    Domain domain;
  };
  struct Mark {
    std::size_t trail;
    std::uint64_t stamp;
    Arena::Mark arena;
  };

  [[nodiscard]] const Record& record(Var x) const { return records_[static_cast<std::size_t>(x)]; }
  Record& touch(Var x);
  bool bound(Var x, Value low, Value high);
  bool replace(Var x, const Domain& domain);

  std::vector<Record> records_;
  std::vector<Var> changed_;
  std::vector<Saved> trail_;
  std::vector<Mark> marks_;
  Arena arena_;
  std::uint64_t stamp_ = 0;
  std::uint64_t last_stamp_ = 0;
  std::uint64_t changes_ = 0;
  std::span<const Var> sources_;
  int trials_ = 0;
  bool strong_ = true;
  std::uint8_t woken_ = kEvents;
  Levels reason_ = 0;
  bool reason_ready_ = true;
};

template <typename Keep>
bool Store::filter(Var x, Keep&& keep) {
  const Domain domain = (*this)[x];
  // Most runs drop nothing: look before building.
  bool drops = false;
  ascending(domain, [&](Value v) {
    drops = !keep(v);
    return !drops;
  });
  if (!drops) return true;
  PieceBuilder out;
  ascending(domain, [&](Value v) {
    if (keep(v)) out.add(v);
    return true;
  });
  if (out.relaxed()) return true;
  return replace(x, out.finish(arena_));
}

}  // namespace constrint

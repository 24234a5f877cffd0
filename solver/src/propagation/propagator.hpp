// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "propagation/store.hpp"

namespace constrint {

enum class Verdict : std::uint8_t {
  kFails,     ///< no values are left
  kStays,     ///< more may follow once its variables change
  kEntailed,  ///< holds for all that is left of its variables' domains
  kAgain,     ///< stopped after kMaxRounds rounds; there is more to do
};

/// Bounds can creep: A * B == (a large prime) moves them by one a round. A propagator stops after so many rounds, and
/// the engine decides how often it goes on.
inline constexpr int kMaxRounds = 64;

struct LinearRelation;  // propagation/sum_cycles.hpp

/// Cheap ones run first.
enum class Priority : std::uint8_t { kCheap, kMedium, kCostly };
inline constexpr int kPriorities = 3;

/// Removes values that cannot be part of a solution of one constraint. It has no state of its own that search changes,
/// so it can run on any state of its store. propagate() is idempotent, kAgain apart: run again at once, it changes
/// nothing. Lives in an arena and is never destroyed.
class Propagator {
 public:
  virtual Verdict propagate(Store& store) = 0;
  /// True when it is linear: the sum that it speaks of.
  virtual bool linear(LinearRelation* relation) const {
    static_cast<void>(relation);
    return false;
  }

  [[nodiscard]] std::span<const Var> variables() const { return variables_; }
  /// The events of its variables that it runs on.
  [[nodiscard]] std::uint8_t wakes_on() const { return wakes_on_; }
  /// As above while the store is not strong; kNoEvent: it does not run at all then, because another one has the same
  /// relation.
  [[nodiscard]] std::uint8_t weak_wakes_on() const { return weak_wakes_on_; }
  [[nodiscard]] Priority priority() const { return priority_; }

 protected:
  Propagator(std::span<const Var> variables, std::uint8_t wakes_on, Priority priority)
      : Propagator(variables, wakes_on, wakes_on, priority) {}
  Propagator(std::span<const Var> variables, std::uint8_t wakes_on, std::uint8_t weak_wakes_on, Priority priority)
      : variables_(variables), wakes_on_(wakes_on), weak_wakes_on_(weak_wakes_on), priority_(priority) {}
  ~Propagator() = default;

 private:
  std::span<const Var> variables_;
  std::uint8_t wakes_on_;
  std::uint8_t weak_wakes_on_;
  Priority priority_;
};

/// Index of a propagator in its engine.
using PropagatorId = std::int32_t;

}  // namespace constrint

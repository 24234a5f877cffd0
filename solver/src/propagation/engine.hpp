// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "propagation/propagator.hpp"
#include "propagation/store.hpp"

namespace constrint {

/// What may end a propagation early; asked every so many runs.
class Watch {
 public:
  virtual bool expired() = 0;

 protected:
  ~Watch() = default;
};

/// Store, propagators and the queue between them. Runs cheap propagators first, each in the order in which it was
/// woken: the same calls give the same states.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Store& store() { return store_; }
  [[nodiscard]] const Store& store() const { return store_; }

  /// For what lives as long as the engine: propagators and their tables. Domains have the store's arena.
  Arena& permanent() { return permanent_; }

  /// An inactive one waits for activate().
  PropagatorId post(Propagator* propagator, bool active = true);
  [[nodiscard]] Propagator* propagator(PropagatorId id) const {
    return slots_[static_cast<std::size_t>(id)].propagator;
  }
  /// Until the next pop() behind the present mark; it holds because of these levels.
  void activate(PropagatorId id, Levels because);

  /// After the last post() and before the first run: who wakes on what, in a store as strong as this one is now.
  void connect();
  /// The store becomes strong; nothing runs for that alone.
  void strengthen();
  void reserve(std::size_t propagators);
  /// Every active one runs once more: for a store that has become strong.
  void schedule_all();

  enum class Result : std::uint8_t { kFixpoint, kConflict, kExpired };
  /// Runs until nothing changes, or until bounds have crept for long: a fixpoint is one up to that. After a conflict,
  /// conflict() says on which levels it rests.
  Result run(Watch* watch = nullptr);
  /// Whether linear relations that hold everywhere add up to a contradiction: see sum_cycles.hpp.
  [[nodiscard]] bool contradictory() const;
  [[nodiscard]] Levels conflict() const { return conflict_; }
  /// Drops what waits: after a conflict that was found outside of run().
  void clear();

  void push();
  void pop();

  [[nodiscard]] std::int64_t propagations() const { return propagations_; }

 private:
  enum State : std::uint8_t { kIdle, kActive };
  struct Slot {
    Propagator* propagator;
    Levels because;  ///< of an active one that was not active from the start
    std::uint8_t state;
    std::uint8_t woken;  ///< events; not 0: it waits in a queue
    std::uint8_t priority;
    bool weak;  ///< it runs while the store is not strong, too
  };
  struct Flip {
    PropagatorId id;
    std::uint8_t before;
    Levels because;
  };
  struct Queue {
    std::vector<PropagatorId> items;
    std::size_t next = 0;
  };

  void set_state(PropagatorId id, std::uint8_t state, Levels because);
  void schedule(PropagatorId id, std::uint8_t events);
  void wake(PropagatorId but);

  Store store_;
  Arena permanent_;
  std::vector<Slot> slots_;
  std::vector<Flip> flips_;
  std::vector<std::size_t> flip_marks_;
  // Of variable x: waiting_[first_waiting_[x]] to waiting_[first_waiting_[x + 1] - 1].
  struct Waiting {
    PropagatorId id;
    std::uint8_t events;
  };
  std::vector<std::int32_t> first_waiting_;
  std::vector<Waiting> waiting_;
  Queue queues_[kPriorities];
  Levels conflict_ = 0;
  bool added_up_ = false;
  std::int64_t propagations_ = 0;
};

}  // namespace constrint

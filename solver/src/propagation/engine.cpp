// SPDX-License-Identifier: Apache-2.0
#include "propagation/engine.hpp"

#include "propagation/sum_cycles.hpp"

namespace constrint {

PropagatorId Engine::post(Propagator* propagator, bool active) {
  const auto id = static_cast<PropagatorId>(slots_.size());
  slots_.push_back({propagator, 0, active ? kActive : kIdle, kNoEvent,
                    static_cast<std::uint8_t>(propagator->priority()), propagator->weak_wakes_on() != kNoEvent});
  if (active) schedule(id, kEvents);
  return id;
}

void Engine::set_state(PropagatorId id, std::uint8_t state, Levels because) {
  Slot& slot = slots_[static_cast<std::size_t>(id)];
  if (slot.state == state) return;
  flips_.push_back({id, slot.state, slot.because});
  slot.state = state;
  slot.because = because;
}

void Engine::activate(PropagatorId id, Levels because) {
  set_state(id, kActive, because);
  schedule(id, kEvents);
}

void Engine::schedule(PropagatorId id, std::uint8_t events) {
  Slot& slot = slots_[static_cast<std::size_t>(id)];
  if (slot.woken == kNoEvent) {
    if (!slot.weak && !store_.strong()) return;
    queues_[slot.priority].items.push_back(id);
  }
  slot.woken |= events;
}

void Engine::schedule_all() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state == kActive) schedule(static_cast<PropagatorId>(i), kEvents);
  }
}

void Engine::reserve(std::size_t propagators) {
  slots_.reserve(propagators);
  flips_.reserve(2 * propagators);
  flip_marks_.reserve(64);
  for (Queue& queue : queues_) queue.items.reserve(propagators);
}

void Engine::connect() {
  const auto variables = static_cast<std::size_t>(store_.size());
  const bool strong = store_.strong();
  // Counts, shifted by two: while the lists are filled, the entry behind a variable's is where its list goes on.
  first_waiting_.assign(variables + 2, 0);
  for (const Slot& slot : slots_) {
    if (!strong && !slot.weak) continue;
    for (const Var x : slot.propagator->variables()) ++first_waiting_[static_cast<std::size_t>(x) + 2];
  }
  for (std::size_t x = 2; x < variables + 2; ++x) first_waiting_[x] += first_waiting_[x - 1];
  waiting_.resize(static_cast<std::size_t>(first_waiting_[variables + 1]));
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!strong && !slots_[i].weak) continue;
    const Propagator* p = slots_[i].propagator;
    const std::uint8_t events = strong ? p->wakes_on() : p->weak_wakes_on();
    for (const Var x : p->variables()) {
      std::int32_t& at = first_waiting_[static_cast<std::size_t>(x) + 1];
      waiting_[static_cast<std::size_t>(at++)] = {static_cast<PropagatorId>(i), events};
    }
  }
}

void Engine::strengthen() {
  store_.set_strong(true);
  connect();
}

/// Schedules who waits for what changed, all but one: a propagator that has just run has nothing more to say.
void Engine::wake(PropagatorId but) {
  store_.take_changes([&](Var x, std::uint8_t events) {
    const Waiting* w = waiting_.data() + first_waiting_[static_cast<std::size_t>(x)];
    const Waiting* const end = waiting_.data() + first_waiting_[static_cast<std::size_t>(x) + 1];
    for (; w != end; ++w) {
      if ((w->events & events) == 0 || w->id == but) continue;
      Slot& slot = slots_[static_cast<std::size_t>(w->id)];
      if (slot.state != kActive) continue;
      if (slot.woken == kNoEvent) queues_[slot.priority].items.push_back(w->id);
      slot.woken |= events;
    }
  });
}

bool Engine::contradictory() const {
  std::vector<LinearRelation> relations;
  LinearRelation relation;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const bool everywhere = slots_[i].state == kActive && slots_[i].because == 0;
    if (everywhere && slots_[i].propagator->linear(&relation)) relations.push_back(relation);
  }
  return add_up_to_contradiction(relations);
}

Engine::Result Engine::run(Watch* watch) {
  constexpr std::int64_t kBetweenChecks = 256;
  // Runs in one call: models settle after some for each propagator. Where bounds move by single steps (A < B; B < A),
  // sums are looked at once; what they do not decide goes on for a while and is then left to the search.
  const auto all = static_cast<std::int64_t>(slots_.size());
  const std::int64_t suspicious = propagations_ + 1024 + 8 * all;
  const std::int64_t most = propagations_ + 4096 + 32 * all;
  wake(-1);
  for (std::size_t level = 0; level < kPriorities;) {
    Queue& queue = queues_[level];
    if (queue.next == queue.items.size()) {
      queue.items.clear();
      queue.next = 0;
      ++level;
      continue;
    }
    const PropagatorId id = queue.items[queue.next++];
    const auto i = static_cast<std::size_t>(id);
    Slot& slot = slots_[i];
    store_.set_woken(slot.woken);
    slot.woken = kNoEvent;
    if (slot.state != kActive) continue;
    if (++propagations_ % kBetweenChecks == 0) {
      if (watch != nullptr && watch->expired()) {
        clear();
        return Result::kExpired;
      }
      if (!added_up_ && propagations_ > suspicious) {
        added_up_ = true;
        if (contradictory()) {
          conflict_ = 0;
          clear();
          return Result::kConflict;
        }
      }
      if (propagations_ > most) {
        clear();
        return Result::kFixpoint;
      }
      if (queue.next * 2 > queue.items.size()) {  // a long queue does not keep what it has done
        queue.items.erase(queue.items.begin(), queue.items.begin() + static_cast<std::ptrdiff_t>(queue.next));
        queue.next = 0;
      }
    }
    Propagator* p = slot.propagator;
    store_.deduce_from(p->variables(), slot.because);
    const Verdict verdict = p->propagate(store_);
    if (verdict == Verdict::kFails) {
      conflict_ = store_.reason();
      clear();
      return Result::kConflict;
    }
    if (verdict == Verdict::kEntailed) {
      set_state(id, kIdle, 0);
      level = 0;  // it may have activated others
    }
    if (!store_.changed().empty()) {
      wake(id);
      level = 0;
    }
    if (verdict == Verdict::kAgain) {
      schedule(id, kEvents);
      level = 0;
    }
  }
  return Result::kFixpoint;
}

void Engine::clear() {
  for (Queue& queue : queues_) {
    for (std::size_t i = queue.next; i < queue.items.size(); ++i) {
      slots_[static_cast<std::size_t>(queue.items[i])].woken = kNoEvent;
    }
    queue.items.clear();
    queue.next = 0;
  }
  store_.forget_changes();
}

void Engine::push() {
  store_.push();
  flip_marks_.push_back(flips_.size());
}

void Engine::pop() {
  store_.pop();
  while (flips_.size() > flip_marks_.back()) {
    const Flip& flip = flips_.back();
    Slot& slot = slots_[static_cast<std::size_t>(flip.id)];
    slot.state = flip.before;
    slot.because = flip.because;
    flips_.pop_back();
  }
  flip_marks_.pop_back();
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#include "propagation/alternatives.hpp"

#include <cstddef>

namespace constrint {
namespace {

/// Runs the branch's propagators in turn until none changes anything. Bounds can creep (A < B & B < A over a wide
/// range) and nothing asks for the time in here, so the rounds are limited; to stop early leaves values in, no more.
Verdict settle(const Branch& branch, Engine& engine, Store& store) {
  store.set_woken(kEvents);
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::uint64_t before = store.changes();
    bool entailed = true;
    for (const PropagatorId id : branch.propagators) {
      const Verdict verdict = engine.propagator(id)->propagate(store);
      if (verdict == Verdict::kFails) return verdict;
      entailed = entailed && verdict == Verdict::kEntailed;
    }
    for (const PropagatorId id : branch.definitions) {
      Propagator* p = engine.propagator(id);
      if (!store.strong() && p->weak_wakes_on() == kNoEvent) continue;
      if (p->propagate(store) == Verdict::kFails) return Verdict::kFails;
    }
    if (store.changes() == before) return entailed ? Verdict::kEntailed : Verdict::kStays;
  }
  return Verdict::kStays;
}

}  // namespace

Verdict Alternatives::propagate(Store& store) {
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::uint64_t before = store.changes();
    const Verdict verdict = step(store);
    if (verdict != Verdict::kStays || store.changes() == before) return verdict;
  }
  return Verdict::kStays;
}

Verdict Alternatives::step(Store& store) {
  std::size_t alive = 0;
  std::size_t last = 0;
  // Unions live past the trials, so they have their own memory: an arena gives back in order.
  Arena memory(std::size_t{2} << 10);
  Domain* unions = shared_.empty() ? nullptr : memory.allocate<Domain>(shared_.size());
  for (std::size_t i = 0; i < branches_.size(); ++i) {
    const Branch& branch = branches_[i];
    const Store::Trial trial = store.begin_trial();
    const std::uint64_t before = store.changes();
    const Verdict verdict = settle(branch, engine_, store);
    const bool holds = verdict == Verdict::kEntailed && store.changes() == before;
    if (verdict != Verdict::kFails) {
      last = i;
      for (std::size_t k = 0; k < shared_.size(); ++k) {
        const Domain& left = store[shared_[k]];
        // Copied out of the trial's memory.
        const Domain united = unite(alive == 0 ? Domain{} : unions[k], left, memory);
        unions[k] = united;
        if (united.pieces != nullptr) {
          unions[k].pieces = memory.copy(std::span<const Progression>(united.pieces, united.count)).data();
        }
      }
      ++alive;
    }
    store.end_trial(trial);
    if (holds) return Verdict::kEntailed;
  }
  if (alive == 0) return Verdict::kFails;
  if (alive == 1) {
    const Branch& branch = branches_[last];
    if (store.in_trial()) return settle(branch, engine_, store);
    for (const PropagatorId id : branch.propagators) engine_.activate(id, store.reason());
    return Verdict::kEntailed;
  }
  for (std::size_t k = 0; k < shared_.size(); ++k) {
    Domain united = unions[k];
    const Domain& now = store[shared_[k]];
    if (united.low == now.low && united.high == now.high && united.size() == now.size()) continue;
    if (united.pieces != nullptr) {
      united.pieces = store.arena().copy(std::span<const Progression>(united.pieces, united.count)).data();
    }
    if (!store.intersect(shared_[k], united)) return Verdict::kFails;
  }
  return Verdict::kStays;
}

}  // namespace constrint

// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {
namespace {

// A lane that polls one word more often than this while nothing happens anywhere is parked even if it polls several
// words in turn.
constexpr int kPollsWithoutProgress = 10000;
// Parked lanes are all woken this often while nothing happens: one that only looked at a word twice goes on then.
constexpr int kIdleRounds = 100;
// One in so many switches lets something asynchronous arrive, or wakes the lanes that poll, before it has to.
constexpr std::uint32_t kArriveOneIn = 4;
constexpr std::uint32_t kWakeOneIn = 8;
constexpr std::uint32_t kYieldOneIn = 8;

bool phase_is_over(const Mbarrier& bar, int parity) { return static_cast<int>(bar.phase & 1) != parity; }

}  // namespace

Lane* Engine::pick() {
  if (!deliveries_.empty() && random_.one_in(kArriveOneIn)) {
    deliver(random_.below(static_cast<std::uint32_t>(deliveries_.size())));
  }
  if (!polling_.empty() && progress_ != woken_at_ && random_.one_in(kWakeOneIn)) wake_polling(false);
  while (true) {
    if (!ready_.empty()) {
      Lane*& chosen = ready_[random_.below(static_cast<std::uint32_t>(ready_.size()))];
      Lane* lane = chosen;
      chosen = ready_.back();
      ready_.pop_back();
      return lane;
    }
    if (!polling_.empty() && progress_ != woken_at_) {
      idle_rounds_ = 0;
      wake_polling(false);
    } else if (!deliveries_.empty()) {
      deliver(random_.below(static_cast<std::uint32_t>(deliveries_.size())));
    } else if (!polling_.empty() && idle_rounds_ < kIdleRounds) {
      ++idle_rounds_;
      wake_polling(true);
    } else {
      return nullptr;
    }
  }
}

void Engine::wake_polling(bool all) {
  woken_at_ = progress_;
  std::size_t kept = 0;
  for (Lane* lane : polling_) {
    if (!all && lane->awaited != nullptr && !phase_is_over(*lane->awaited, lane->detail)) {
      polling_[kept++] = lane;
    } else {
      make_ready(*lane);
    }
  }
  polling_.resize(kept);
}

void Engine::make_ready(Lane& lane) {
  lane.wait = Wait::kNone;
  ready_.push_back(&lane);
}

void Engine::switch_away(Lane& lane, bool leaves) {
  Lane* next = pick();
  access_limit_ = accesses_ + config.max_accesses;
  if (next == &lane) return;
  if (++switches > config.max_switches) {
    lane.site = Site{};
    fault(lane, "the launch does not end: it has switched between lanes %llu times, and max_switches is %llu",
          static_cast<unsigned long long>(switches), static_cast<unsigned long long>(config.max_switches));
  }
  Fiber& target = next == nullptr ? main_ : next->fiber;
  current_lane = next == nullptr ? &lane : next;
  if (leaves) Fiber::leave_to(lane.fiber, target);
  Fiber::switch_to(lane.fiber, target);
}

void Engine::suspend(Lane& lane, Wait wait) {
  lane.wait = wait;
  if (wait == Wait::kPoll || wait == Wait::kMbarrier) polling_.push_back(&lane);
  switch_away(lane, false);
}

void Engine::poll(Lane& lane, const Place& watched, std::uint64_t value) {
  const bool same_word = lane.watched.region == watched.region && lane.watched.offset == watched.offset;
  const bool idle = lane.polled_at == progress_;
  lane.polls = idle ? lane.polls + 1 : 0;
  const bool spins = idle && same_word && lane.polled_value == value;
  lane.watched = watched;
  lane.polled_value = value;
  if (spins || lane.polls > kPollsWithoutProgress) suspend(lane, Wait::kPoll);
  lane.polled_at = progress_;
}

void Engine::maybe_yield(Lane& lane) {
  if (!random_.one_in(kYieldOneIn)) return;
  make_ready(lane);
  switch_away(lane, false);
}

void Engine::runs_on(Lane& lane) {
  fault(lane, "runs on without end: %llu accesses without meeting another thread",
        static_cast<unsigned long long>(config.max_accesses));
}

void Engine::report_deadlock() {
  faulted_ = true;
  constexpr std::size_t kSize = sizeof message_;
  std::size_t used = 0;
  const auto say = [&](const char* format, auto... values) {
    const int written = std::snprintf(message_ + used, kSize - used, format, values...);
    if (written > 0 && used + static_cast<std::size_t>(written) < kSize) used += static_cast<std::size_t>(written);
  };
  say("kernel '%.64s': no thread can go on", config.kernel.c_str());
  int gone = 0;
  std::vector<bool> told(lanes_.size(), false);
  const char* separator = ": ";
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Lane& lane = lanes_[i];
    if (lane.wait == Wait::kExited) ++gone;
    if (lane.wait == Wait::kExited || told[i]) continue;
    int alike = 0;
    int blocks = 0;
    const Block* last = nullptr;
    for (std::size_t j = i; j < lanes_.size(); ++j) {
      const Lane& other = lanes_[j];
      if (other.wait != lane.wait || !(other.site == lane.site) || other.detail != lane.detail) continue;
      told[j] = true;
      ++alike;
      blocks += other.block != last;
      last = other.block;
    }
    say("%s%d thread%s of %d block%s", separator, alike, alike == 1 ? "" : "s", blocks, blocks == 1 ? "" : "s");
    separator = "; ";
    switch (lane.wait) {
      case Wait::kBlockBarrier:
        say("%s", " at the block barrier");
        break;
      case Wait::kNamedBarrier: {
        const Barrier& barrier = lane.block->named[lane.detail];
        say(" at named barrier %d, where %d of %d have arrived,", lane.detail, barrier.arrived, barrier.expected);
        break;
      }
      case Wait::kWarpOperation:
        say("%s", " at a warp operation");
        break;
      case Wait::kClusterBarrier:
        say(" at the cluster barrier, where %d of %d have arrived,", lane.block->cluster->arrived,
            lane.block->cluster->live);
        break;
      case Wait::kMbarrier:
        say(" for parity %d of the mbarrier at byte %lld, which is in phase %llu, lacks %d arrivals and %lld bytes,",
            lane.detail, static_cast<long long>(lane.watched.offset),
            static_cast<unsigned long long>(lane.awaited->phase), lane.awaited->pending,
            static_cast<long long>(lane.awaited->bytes));
        break;
      case Wait::kPoll:
        say(" polling '%s' at byte %lld, which stays %llu,", lane.watched.region->name.c_str(),
            static_cast<long long>(lane.watched.offset), static_cast<unsigned long long>(lane.polled_value));
        break;
      case Wait::kNone:
      case Wait::kExited:
        break;
    }
    say(" %s:%d (first: block %d, thread %d)", lane.site.name(), lane.site.line, lane.block->index, lane.thread);
  }
  if (gone > 0) say("; %d thread%s left", gone, gone == 1 ? " has" : "s have");
  const int elsewhere = config.blocks - static_cast<int>(blocks_.size());
  if (elsewhere > 0) say("; %d blocks are not resident", elsewhere);
}

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {
namespace {

// PTX ISA, "Parallel Synchronization and Communication Instructions: mbarrier", "Contents of the mbarrier object".
constexpr int kMostArrivals = (1 << 20) - 1;
constexpr std::int64_t kMostBytes = (1 << 20) - 1;

long long shown(const Place& bar) { return static_cast<long long>(bar.offset); }

}  // namespace

void Engine::mbarrier_init(Lane& lane, const Place& place, int count) {
  check_bounds(lane, place, 8, 8, "initialises an mbarrier in");
  if (place.region->owner != lane.block) fault(lane, "initialises an mbarrier of another block");
  if (count < 1 || count > kMostArrivals) {
    fault(lane, "initialises the mbarrier at byte %lld with count %d; 1 to %d are allowed", shown(place), count,
          kMostArrivals);
  }
  check_write(lane, place, 8, lane.epoch);
  Mbarrier bar;
  bar.number = mbarrier_count_;
  bar.count = count;
  bar.pending = count;
  if (!lane.block->mbarriers.emplace(place.offset, std::move(bar)).second) {
    fault(lane, "initialises the mbarrier at byte %lld a second time", shown(place));
  }
  ++mbarrier_count_;
}

Mbarrier& Engine::find_mbarrier(Lane& lane, const Place& place, const char* what) {
  check_bounds(lane, place, 8, 8, what);
  Block& block = *place.region->owner;
  const auto found = block.mbarriers.find(place.offset);
  if (found == block.mbarriers.end()) {
    fault(lane, "%s the mbarrier at byte %lld of block %d, which is not initialised", what, shown(place), block.index);
  }
  const Epoch initialised = place.region->shadow.word_write(place.offset);
  if (!has_seen(lane, initialised)) {
    fault(lane, "%s the mbarrier at byte %lld of block %d with no barrier since its initialisation by thread %d", what,
          shown(place), block.index, static_cast<int>(epoch_thread(initialised)) % config.threads);
  }
  return found->second;
}

void Engine::complete_phase_if_due(Mbarrier& bar) {
  if (bar.pending != 0 || bar.bytes != 0) return;
  ++bar.phase;
  bar.pending = bar.count;
  bar.completed = bar.sum.take();
  // Its arrivals' clock, made for this; nobody else holds it yet.
  bar.completed->raise(lane_count_ + static_cast<std::size_t>(bar.number), group_start_ + bar.phase);
  if (bar.senders) {
    bar.completed->merge_reads(*bar.senders);
    bar.senders = ClockRef();
    for (ClockRef& last : bar.last_senders) last = ClockRef();
  }
  note_progress();
}

void Engine::mbarrier_arrive(Lane& lane, const Place& place, std::int64_t expected_bytes, bool arrive) {
  maybe_yield(lane);
  Mbarrier& bar = find_mbarrier(lane, place, "arrives at");
  bar.bytes += expected_bytes;
  if (expected_bytes < 0 || bar.bytes > kMostBytes) {
    fault(lane, "makes the mbarrier at byte %lld expect %lld bytes; at most %lld are allowed", shown(place),
          static_cast<long long>(bar.bytes), static_cast<long long>(kMostBytes));
  }
  if (!arrive) return;
  if (bar.pending == 0) {
    fault(lane, "arrives at the mbarrier at byte %lld of block %d, whose %d arrivals of phase %llu have all come",
          shown(place), place.region->owner->index, bar.count, static_cast<unsigned long long>(bar.phase));
  }
  bar.sum.add(clocks_, lane.base, lane.index, lane.own);
  advance(lane);
  --bar.pending;
  complete_phase_if_due(bar);
}

bool Engine::mbarrier_try_wait(Lane& lane, const Place& place, std::uint32_t parity, Site site) {
  lane.site = site;
  Mbarrier& bar = find_mbarrier(lane, place, "waits at");
  if (parity > 1) fault(lane, "waits for parity %u of an mbarrier; 0 and 1 are allowed", parity);
  if ((bar.phase & 1) == parity) {
    lane.awaited = &bar;
    lane.detail = static_cast<int>(parity);
    lane.watched = place;
    suspend(lane, Wait::kMbarrier);
    lane.awaited = nullptr;
    if ((bar.phase & 1) == parity) return false;
  }
  if (bar.completed) acquire(lane, bar.completed);
  return true;
}

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {
namespace {

std::uint64_t word_value(const std::byte* word, int bytes) {
  if (bytes == 4) {
    std::uint32_t value = 0;
    std::memcpy(&value, word, sizeof value);
    return value;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, word, sizeof value);
  return value;
}

void set_word(std::byte* word, int bytes, std::uint64_t value) {
  if (bytes == 4) {
    const auto low = static_cast<std::uint32_t>(value);
    std::memcpy(word, &low, sizeof low);
  } else {
    std::memcpy(word, &value, sizeof value);
  }
}

}  // namespace

void Engine::acquire_word(Lane& lane, const std::byte* word) {
  const auto found = released_.find(word);
  if (found == released_.end()) return;
  if (found->second.group == group_) {
    acquire(lane, found->second.clock);
    return;
  }
  // Released by a block that ran before this one: all of what such blocks did is in the past now. (More than the word
  // promises where several ran; their clocks are gone.)
  Clock* clock = clocks_.copy_of(*lane.base);
  Clock past;
  past.floor = group_start_;
  clock->merge(past);
  lane.base = ClockRef(clocks_, clock);
}

void Engine::release_word(Lane& lane, const std::byte* word, bool joins) {
  Released& released = released_[word];
  ClockSum sum;
  if (joins && released.clock && released.group == group_) {
    sum.add(clocks_, released.clock, lane.index, lane.own);
  }
  sum.add(clocks_, lane.base, lane.index, lane.own);
  released.clock = sum.take();
  released.group = group_;
  advance(lane);
}

std::uint64_t Engine::atomic(Lane& lane, const Place& place, AtomicUse use, std::uint64_t operand, int bytes,
                             Site site) {
  maybe_yield(lane);
  lane.site = site;
  const bool writes = use != AtomicUse::kLoadAcquire;
  check_bounds(lane, place, bytes, bytes, writes ? "updates" : "polls");
  count_access(lane);
  Region& region = *place.region;
  if (region.shadow) {
    region.shadow.each(place.offset, bytes, [&](const Cell& cell, std::int64_t at) {
      if (use != AtomicUse::kStoreRelease && cell.write == 0 && !region.written_before) {
        fault(lane, "uses the word at byte %lld of '%s', which nobody has written",
              static_cast<long long>(place.offset), region.name.c_str());
      }
      // Atomics do not race with each other.
      if (cell.write != 0 && (cell.write & kAtomic) == 0 && !has_seen(lane, cell.write)) {
        race(lane, place, at, writes ? "updates" : "polls", cell.write, "wrote plainly");
      }
      for (const Epoch slot : cell.read) {
        if (writes && slot != 0 && !has_seen(lane, slot)) race(lane, place, at, "updates", slot, "read plainly");
      }
    });
    if (writes) region.shadow.set(place.offset, bytes, lane.epoch | kAtomic);
  } else if (writes) {
    fault(lane, "writes to '%s', which kernels may only read", region.name.c_str());
  }
  std::byte* word = region.data + place.offset;
  const std::uint64_t value = word_value(word, bytes);
  if (use == AtomicUse::kLoadAcquire) {
    poll(lane, place, value);
    acquire_word(lane, word);
    return word_value(word, bytes);  // it may have changed while this lane was parked
  }
  set_word(word, bytes, use == AtomicUse::kStoreRelease ? operand : value + operand);
  if (use == AtomicUse::kFetchAdd) acquire_word(lane, word);
  release_word(lane, word, use != AtomicUse::kStoreRelease);
  note_progress();
  return value;
}

}  // namespace flashrnn::simt

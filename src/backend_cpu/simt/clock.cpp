// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/clock.hpp"

#include <algorithm>

namespace flashrnn::simt {

void Clock::raise(std::size_t index, Time time) {
  if (index >= entries.size()) entries.resize(index + 1, floor);
  entries[index] = std::max(entries[index], time);
}

void Clock::merge(const Clock& other) {
  if (other.floor > floor) {
    floor = other.floor;
    for (Time& time : entries) time = std::max(time, floor);
  }
  if (other.entries.size() > entries.size()) entries.resize(other.entries.size(), floor);
  for (std::size_t i = 0; i < other.entries.size(); ++i) entries[i] = std::max(entries[i], other.entries[i]);
  if (other.reads.size() > reads.size()) reads.resize(other.reads.size(), 0);
  for (std::size_t i = 0; i < other.reads.size(); ++i) reads[i] = std::max(reads[i], other.reads[i]);
}

void Clock::merge_reads(const Clock& other) {
  const std::size_t count = std::max(other.entries.size(), other.reads.size());
  if (count > reads.size()) reads.resize(count, 0);
  for (std::size_t i = 0; i < count; ++i) reads[i] = std::max(reads[i], other.get_read(i));
}

void Clock::raise_read(std::size_t index, Time time) {
  if (index >= reads.size()) reads.resize(index + 1, 0);
  reads[index] = std::max(reads[index], time);
}

Clock* ClockPool::copy_of(const Clock& source) {
  Clock* clock = nullptr;
  if (free_.empty()) {
    clock = &clocks_.emplace_back();
  } else {
    clock = free_.back();
    free_.pop_back();
  }
  clock->entries = source.entries;
  clock->reads = source.reads;
  clock->floor = source.floor;
  return clock;
}

void ClockSum::add(ClockPool& pool, const ClockRef& base, std::size_t index, Time own) {
  if (!sum_) {
    sum_ = ClockRef(pool, pool.copy_of(*base));
    last_ = base;
  } else if (base.get() != last_.get()) {
    sum_->merge(*base);
    last_ = base;
  }
  sum_->raise(index, own);
}

ClockRef ClockSum::take() {
  last_ = ClockRef();
  return std::exchange(sum_, ClockRef());
}

}  // namespace flashrnn::simt

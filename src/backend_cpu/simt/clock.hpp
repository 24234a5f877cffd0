// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

/// Vector clocks: who has seen how much of whom. An access happened before another if the second one's lane has seen
/// the first one's epoch (Flanagan, Freund: FastTrack, PLDI 2009). Clocks that barriers hand out are shared by all
/// lanes and never changed, so that a barrier costs one merge per different clock, not one per lane.
namespace flashrnn::simt {

using Time = std::uint64_t;

/// entries: one a lane of the blocks that run together, then one an mbarrier, as far as known; others are `floor`.
/// reads: up to when a lane's reads of shared memory are known to be over, where that is later than what is known of
/// its writes: bytes of an asynchronous store tell of the former only. Empty until there are such bytes.
struct Clock {
  std::vector<Time> entries;
  std::vector<Time> reads;
  Time floor = 0;  // everything up to here has been seen, whoever did it
  int references = 0;

  [[nodiscard]] Time get(std::size_t index) const { return index < entries.size() ? entries[index] : floor; }
  [[nodiscard]] Time get_read(std::size_t index) const {
    const Time time = get(index);
    return index < reads.size() && reads[index] > time ? reads[index] : time;
  }
  void raise(std::size_t index, Time time);
  void merge(const Clock& other);
  /// What `other` knows, of reads only.
  void merge_reads(const Clock& other);
  void raise_read(std::size_t index, Time time);
};

/// All clocks of a launch; recycles them. Lanes that are abandoned keep references: the pool ends them all.
class ClockPool {
 public:
  Clock* copy_of(const Clock& source);
  void release(Clock* clock) { free_.push_back(clock); }

 private:
  std::deque<Clock> clocks_;
  std::vector<Clock*> free_;
};

class ClockRef {
 public:
  ClockRef() = default;
  ClockRef(ClockPool& pool, Clock* clock) : pool_(&pool), clock_(clock) { ++clock_->references; }
  ClockRef(const ClockRef& other) : pool_(other.pool_), clock_(other.clock_) {
    if (clock_ != nullptr) ++clock_->references;
  }
  ClockRef(ClockRef&& other) noexcept : pool_(other.pool_), clock_(std::exchange(other.clock_, nullptr)) {}
  ClockRef& operator=(ClockRef other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(clock_, other.clock_);
    return *this;
  }
  ~ClockRef() {
    if (clock_ != nullptr && --clock_->references == 0) pool_->release(clock_);
  }
  [[nodiscard]] Clock* get() const { return clock_; }
  Clock* operator->() const { return clock_; }
  Clock& operator*() const { return *clock_; }
  explicit operator bool() const { return clock_ != nullptr; }

 private:
  ClockPool* pool_ = nullptr;
  Clock* clock_ = nullptr;
};

/// The union of the clocks of those who arrive somewhere.
class ClockSum {
 public:
  void add(ClockPool& pool, const ClockRef& base, std::size_t index, Time own);
  /// The union, and an empty sum again. Empty when nobody arrived.
  ClockRef take();

 private:
  ClockRef sum_;
  ClockRef last_;  // merged already; held, so that its address stays its own
};

}  // namespace flashrnn::simt

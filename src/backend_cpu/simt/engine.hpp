// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "backend_cpu/simt/lane.hpp"
#include "backend_cpu/simt/launch.hpp"
#include "backend_cpu/simt/random.hpp"
#include "common/runtime/status.hpp"

namespace flashrnn::simt {

/// One launch: runs the blocks of its grid, those that must be resident together at once, the others one after another
/// in a random order. All of it in one thread. A fault writes its sentence and goes back to `run`; lanes that it leaves
/// behind are dropped where they stand, so nothing that runs on a lane's stack may own memory across a switch or a
/// fault.
class Engine {
 public:
  Engine(const LaunchConfig& config, Memory& memory, const KernelEntry& kernel);
  ~Engine();
  Status run();

  // Scheduling.
  void suspend(Lane& lane, Wait wait);
  void make_ready(Lane& lane);
  void poll(Lane& lane, const Place& watched, std::uint64_t value);
  /// Lets others run first, now and then.
  void maybe_yield(Lane& lane);
  void note_progress() { ++progress_; }
  /// Counts an access and stops lanes that make them without end.
  void count_access(Lane& lane) {
    if (++accesses_ > access_limit_) runs_on(lane);
  }
  [[noreturn]] void exit_lane(Lane& lane);

  // Faults: one sentence, begun with kernel, block and thread. Only the first counts.
  [[noreturn]] void fault(const Lane& lane, const char* format, ...) __attribute__((format(printf, 3, 4)));

  // Seen or not.
  [[nodiscard]] bool has_seen(const Lane& lane, Epoch epoch) const {
    const Time time = epoch_time(epoch);
    std::uint32_t index = epoch_thread(epoch);
    if ((epoch & kByMbarrier) != 0) {
      index += lane_count_;
    } else {
      index -= first_thread_;
      if (index == lane.index) return true;
      if (index >= lane_count_) return time <= lane.base->floor;  // a block that ran before
    }
    return time <= lane.base->get(index);
  }
  /// The same for who overwrites what was read from shared memory or came by an asynchronous store: that need only be
  /// over.
  [[nodiscard]] bool is_over(const Lane& lane, Epoch epoch) const {
    if (has_seen(lane, epoch)) return true;
    const std::uint32_t index = epoch_thread(epoch) + ((epoch & kByMbarrier) != 0 ? lane_count_ : -first_thread_);
    return index < lane.base->reads.size() && epoch_time(epoch) <= lane.base->reads[index];
  }
  /// What the lane did so far is handed on by whom it met; what follows is not.
  void advance(Lane& lane) { lane.epoch = make_epoch(epoch_thread(lane.epoch), ++lane.own); }
  void acquire(Lane& lane, const ClockRef& clock);

  // The parts, each in a file of its own.
  void block_barrier(Lane& lane, Site site);
  void named_barrier(Lane& lane, int id, int threads, bool wait, Site site);
  void warp_operation(Lane& lane, std::uint64_t mask, const char* name, Site site, const void* in, void* out,
                      WarpCompute compute, bool orders = false);
  void warp_barrier(Lane& lane, std::uint64_t mask, Site site);
  void cluster_arrive(Lane& lane, Site site);
  void cluster_wait(Lane& lane, Site site);
  void cluster_exit(Lane& lane);
  Place map_peer(Lane& lane, const Place& mine, int rank);
  void reach_peer(Lane& lane, Block& peer, const char* what);
  void store_async(Lane& lane, const Place& target, const Place& bar, const void* value, int bytes);
  void mbarrier_init(Lane& lane, const Place& bar, int count);
  void mbarrier_arrive(Lane& lane, const Place& bar, std::int64_t expected_bytes, bool arrive);
  bool mbarrier_try_wait(Lane& lane, const Place& bar, std::uint32_t parity, Site site);
  void copy_async(Lane& lane, const Place& target, const Place& source, int bytes, int valid);
  void copy_async_commit(Lane& lane) { ++lane.open_group; }
  void copy_async_wait(Lane& lane, int groups);
  std::uint64_t atomic(Lane& lane, const Place& place, AtomicUse use, std::uint64_t operand, int bytes, Site site);

  void read(Lane& lane, const Place& place, void* out, int bytes, int alignment);
  void write(Lane& lane, const Place& place, const void* in, int bytes, int alignment);
  /// Inside its array and aligned, or a fault; reaching a peer's memory is noted.
  void check_bounds(Lane& lane, const Place& place, int bytes, int alignment, const char* what);
  void check_write(Lane& lane, const Place& place, int bytes, Epoch mark);

  const LaunchConfig& config;
  const KernelEntry& kernel;
  std::uint64_t switches = 0;

 private:
  void run_group(int first_block, int blocks);
  void set_up_group(int first_block, int blocks);
  void tear_down_group();
  Lane* pick();
  void switch_away(Lane& lane, bool leaves);
  void deliver(std::size_t which);
  void check_exit(Block& block, Lane& lane);
  void wake_polling(bool all);
  void report_deadlock();
  [[noreturn]] void runs_on(Lane& lane);
  void complete_barrier(Barrier& barrier, Lane& last);
  Mbarrier& find_mbarrier(Lane& lane, const Place& bar, const char* what);
  void complete_phase_if_due(Mbarrier& bar);
  void complete_cluster_if_due(Cluster& cluster);
  void release_word(Lane& lane, const std::byte* word, bool joins);
  void acquire_word(Lane& lane, const std::byte* word);
  [[noreturn]] void race(const Lane& lane, const Place& place, std::int64_t at, const char* what, Epoch other,
                         const char* other_what);
  void check_read_cell(Lane& lane, const Place& place, std::int64_t at, Cell& cell);
  void check_write_cell(Lane& lane, const Place& place, std::int64_t at, const Cell& cell);

  Memory& memory_;
  Random random_;
  Fiber main_;
  ClockPool clocks_;
  ClockRef start_;                                      // what every lane of the group has seen at its start
  ClockRef acquired_base_, acquired_other_, acquired_;  // the last acquire: many lanes make the same
  std::vector<Lane> lanes_;
  std::vector<Block> blocks_;
  std::vector<Cluster> clusters_;
  std::vector<Lane*> ready_;
  std::vector<Lane*> polling_;
  std::vector<Delivery> deliveries_;
  struct Released {
    ClockRef clock;
    int group;
  };
  std::unordered_map<const std::byte*, Released> released_;  // by atomic word
  std::vector<std::byte*> shared_memory_;
  std::uint32_t lane_count_ = 0;    // of the group
  std::uint32_t first_thread_ = 0;  // of the group, in the grid
  int live_ = 0;
  int group_ = 0;
  int mbarrier_count_ = 0;
  Time launch_start_ = 0;
  Time group_start_ = 0;
  std::uint64_t progress_ = 0;
  std::uint64_t woken_at_ = ~std::uint64_t{0};
  int idle_rounds_ = 0;
  std::uint64_t accesses_ = 0;
  std::uint64_t access_limit_ = 0;
  bool faulted_ = false;
  char message_[1024] = {};
};

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {

void Engine::complete_cluster_if_due(Cluster& cluster) {
  if (cluster.arrived == 0 || cluster.arrived < cluster.live) return;
  cluster.completed = cluster.sum.take();
  for (Lane* lane : cluster.arrived_lanes) {
    lane->cluster_complete = true;
    if (lane->wait == Wait::kClusterBarrier) make_ready(*lane);
  }
  cluster.arrived_lanes.clear();
  cluster.arrived = 0;
  note_progress();
}

void Engine::cluster_arrive(Lane& lane, Site site) {
  Cluster& cluster = *lane.block->cluster;
  lane.site = site;
  if (lane.cluster_arrived) fault(lane, "arrives at the cluster barrier twice without waiting in between");
  lane.cluster_arrived = true;
  lane.cluster_complete = false;
  cluster.sum.add(clocks_, lane.base, lane.index, lane.own);
  advance(lane);
  cluster.arrived_lanes.push_back(&lane);
  ++cluster.arrived;
  complete_cluster_if_due(cluster);
  maybe_yield(lane);
}

void Engine::cluster_wait(Lane& lane, Site site) {
  lane.site = site;
  if (!lane.cluster_arrived) fault(lane, "waits at the cluster barrier without having arrived");
  if (!lane.cluster_complete) suspend(lane, Wait::kClusterBarrier);
  lane.cluster_arrived = false;
  acquire(lane, lane.block->cluster->completed);
}

// A lane that has left counts as arrived (PTX ISA, barrier.cluster: "all non-exited threads").
void Engine::cluster_exit(Lane& lane) {
  Cluster& cluster = *lane.block->cluster;
  --cluster.live;
  if (lane.cluster_arrived && !lane.cluster_complete) {
    --cluster.arrived;
    std::erase(cluster.arrived_lanes, &lane);
  }
  complete_cluster_if_due(cluster);
}

Place Engine::map_peer(Lane& lane, const Place& mine, int rank) {
  if (rank < 0 || rank >= config.cluster) {
    fault(lane, "maps the shared memory of rank %d of its cluster, which has %d blocks", rank, config.cluster);
  }
  Place theirs = mine;
  theirs.region = &(lane.block - lane.block->rank + rank)->shared;
  return theirs;
}

void Engine::reach_peer(Lane& lane, Block& peer, const char* what) {
  if (&peer == lane.block) return;
  if (peer.exited == config.threads) {
    fault(lane, "%s the shared memory of block %d, which has left the kernel", what, peer.index);
  }
  const std::uint64_t bit = std::uint64_t{1} << peer.rank;
  if ((lane.peers_started & bit) == 0) {
    const auto threads = static_cast<std::size_t>(config.threads);
    std::size_t t = 0;
    while (t < threads && lane.base->get(peer.first_lane + t) <= group_start_) ++t;
    if (t == threads) {
      fault(lane, "%s the shared memory of block %d, which may not have started: a cluster barrier has to come first",
            what, peer.index);
    }
    lane.peers_started |= bit;
  }
  if (peer.reached_by.empty()) peer.reached_by.assign(lane_count_, 0);
  peer.reached_by[lane.index] = lane.own;
}

// The last lane of a block leaves: whoever reached its memory must be known to be done with it, in every order of
// events that the barriers allow, not only in this one.
void Engine::check_exit(Block& block, Lane& lane) {
  const ClockRef seen = block.exit_sum.take();
  for (std::size_t i = 0; i < block.reached_by.size(); ++i) {
    if (block.reached_by[i] > seen->get(i)) {
      const Lane& other = lanes_[i];
      fault(lane,
            "its block leaves the kernel, but nothing keeps it until block %d, thread %d has reached its shared memory",
            other.block->index, other.thread);
    }
  }
  for (const Delivery& delivery : deliveries_) {
    if (delivery.block == &block) {
      fault(lane,
            "its block leaves the kernel while an asynchronous store to byte %lld of its shared memory is under way",
            static_cast<long long>(delivery.target.offset));
    }
  }
  for (const auto& [offset, bar] : block.mbarriers) {
    const Time last = bar.bytes_phase == 0 ? 0 : group_start_ + bar.bytes_phase;
    if (last > seen->get(lane_count_ + static_cast<std::size_t>(bar.number))) {
      fault(lane,
            "its block leaves the kernel without having waited for the bytes that the mbarrier at byte %lld expects",
            static_cast<long long>(offset));
    }
  }
}

void Engine::store_async(Lane& lane, const Place& target, const Place& bar_place, const void* value, int bytes) {
  maybe_yield(lane);
  check_bounds(lane, target, bytes, bytes, "stores asynchronously to");
  Mbarrier& bar = find_mbarrier(lane, bar_place, "signals");
  if (target.region != bar_place.region) {
    fault(lane, "stores asynchronously to block %d, but the mbarrier it names is in block %d",
          target.region->owner->index, bar_place.region->owner->index);
  }
  check_write(lane, target, bytes, lane.epoch | kInFlight);
  Delivery& delivery = deliveries_.emplace_back();
  delivery.target = target;
  delivery.bar = &bar;
  delivery.block = target.region->owner;
  delivery.size = bytes;
  delivery.sender = lane.base;
  delivery.sender_index = lane.index;
  delivery.sender_rank = lane.block->rank;
  delivery.sender_time = lane.own;
  advance(lane);
  std::memcpy(delivery.bytes, value, static_cast<std::size_t>(bytes));
}

void Engine::deliver(std::size_t which) {
  const Delivery delivery = deliveries_[which];
  deliveries_[which] = deliveries_.back();
  deliveries_.pop_back();
  Mbarrier& bar = *delivery.bar;
  Region& region = *delivery.target.region;
  std::memcpy(region.data + delivery.target.offset, delivery.bytes, static_cast<std::size_t>(delivery.size));
  const Epoch epoch = make_epoch(static_cast<std::uint64_t>(bar.number), group_start_ + bar.phase + 1) | kByMbarrier;
  region.shadow.set(delivery.target.offset, delivery.size, epoch);
  bar.bytes -= delivery.size;
  bar.bytes_phase = bar.phase + 1;
  if (!bar.senders) bar.senders = ClockRef(clocks_, clocks_.copy_of(Clock{}));
  // Stores of one block between two barriers mostly know the same.
  ClockRef& last = bar.last_senders[delivery.sender_rank];
  if (delivery.sender.get() != last.get()) {
    bar.senders->merge_reads(*delivery.sender);
    last = delivery.sender;
  }
  bar.senders->raise_read(delivery.sender_index, delivery.sender_time);
  complete_phase_if_due(bar);
}

}  // namespace flashrnn::simt

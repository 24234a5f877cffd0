// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/engine.hpp"

namespace flashrnn::simt {

void Engine::complete_barrier(Barrier& barrier, Lane& last) {
  const ClockRef clock = barrier.sum.take();
  for (Lane* lane : barrier.waiting) {
    lane->base = clock;
    make_ready(*lane);
  }
  last.base = clock;
  barrier.waiting.clear();
  barrier.arrived = 0;
  note_progress();
}

void Engine::block_barrier(Lane& lane, Site site) {
  Block& block = *lane.block;
  Barrier& barrier = block.barrier;
  lane.site = site;
  if (block.exited > 0) {
    fault(lane, "comes to a block barrier, but %d threads of its block have left the kernel", block.exited);
  }
  if (barrier.arrived == 0) {
    barrier.site = site;
    barrier.first_thread = lane.thread;
  } else if (!(site == barrier.site)) {
    fault(lane,
          "divergent barrier: it comes to the block barrier %s:%d while thread %d of its block is at the one at %s:%d",
          site.name(), site.line, barrier.first_thread, barrier.site.name(), barrier.site.line);
  }
  barrier.sum.add(clocks_, lane.base, lane.index, lane.own);
  advance(lane);
  if (++barrier.arrived < config.threads) {
    barrier.waiting.push_back(&lane);
    suspend(lane, Wait::kBlockBarrier);
    return;
  }
  complete_barrier(barrier, lane);
  maybe_yield(lane);
}

void Engine::named_barrier(Lane& lane, int id, int threads, bool wait, Site site) {
  Block& block = *lane.block;
  lane.site = site;
  lane.detail = id;
  if (id < 1 || id > 15) fault(lane, "comes to named barrier %d; ids are 1 to 15", id);
  const int warp_size = kernel.warp_size;
  const int most = static_cast<int>(block.warps.size()) * warp_size;
  if (threads <= 0 || threads % warp_size != 0 || threads > most) {
    fault(lane, "comes to named barrier %d for %d threads; a multiple of %d up to %d is allowed", id, threads,
          warp_size, most);
  }
  Barrier& barrier = block.named[id];
  const auto number = static_cast<std::size_t>(lane.warp->number);
  if (barrier.arrived == 0) {
    barrier.expected = threads;
    barrier.lanes.assign(block.warps.size(), 0);
    barrier.sites.assign(block.warps.size(), Site{});
  } else if (barrier.expected != threads) {
    fault(lane, "comes to named barrier %d for %d threads, but others came to it for %d", id, threads,
          barrier.expected);
  }
  std::uint64_t& lanes = barrier.lanes[number];
  const std::uint64_t bit = std::uint64_t{1} << lane.lane;
  if ((lanes & bit) != 0) fault(lane, "arrives at named barrier %d twice in one phase", id);
  if (lanes == 0) {
    barrier.sites[number] = site;
  } else if (!(barrier.sites[number] == site)) {
    fault(lane, "divergent barrier: it comes to named barrier %d at %s:%d while others of its warp came at %s:%d", id,
          site.name(), site.line, barrier.sites[number].name(), barrier.sites[number].line);
  }
  lanes |= bit;
  barrier.sum.add(clocks_, lane.base, lane.index, lane.own);
  advance(lane);
  if (++barrier.arrived < barrier.expected) {
    if (wait) {
      barrier.waiting.push_back(&lane);
      suspend(lane, Wait::kNamedBarrier);
    } else {
      maybe_yield(lane);
    }
    return;
  }
  for (std::size_t w = 0; w < block.warps.size(); ++w) {
    if (barrier.lanes[w] != 0 && barrier.lanes[w] != block.warps[w].present) {
      fault(lane, "named barrier %d is complete with a part of warp %zu only: lanes 0x%llx", id, w,
            static_cast<unsigned long long>(barrier.lanes[w]));
    }
  }
  if (wait) {
    complete_barrier(barrier, lane);
  } else {
    // Who only arrives has seen nothing.
    const ClockRef before = lane.base;
    complete_barrier(barrier, lane);
    lane.base = before;
  }
  maybe_yield(lane);
}

}  // namespace flashrnn::simt

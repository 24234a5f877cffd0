// SPDX-License-Identifier: Apache-2.0
#include "backend_cpu/simt/engine.hpp"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <numeric>
#include <utility>

namespace flashrnn::simt {

thread_local Lane* current_lane = nullptr;

namespace {

constexpr std::size_t kSharedAlignment = 1024;

void lane_main() {
  Fiber::entered();
  Lane& lane = *current_lane;
  Engine& engine = *lane.engine;
  bool threw = false;
  try {
    engine.kernel.run(engine.kernel.kernel);
  } catch (...) {
    threw = true;
  }
  if (threw) engine.fault(lane, "throws an exception, which no kernel may do");
  engine.exit_lane(lane);
}

}  // namespace

Engine::Engine(const LaunchConfig& launch_config, Memory& memory, const KernelEntry& entry)
    : config(launch_config), kernel(entry), memory_(memory), random_(launch_config.seed) {}

Engine::~Engine() {
  tear_down_group();
  for (std::byte* shared : shared_memory_) ::operator delete (shared, std::align_val_t{kSharedAlignment});
}

Status Engine::run() {
  launch_start_ = memory_.now();
  const int resident = config.cooperative ? config.blocks : config.cluster;
  std::vector<int> groups(static_cast<std::size_t>(config.blocks / resident));
  std::iota(groups.begin(), groups.end(), 0);
  while (!groups.empty() && !faulted_) {
    int& chosen = groups[random_.below(static_cast<std::uint32_t>(groups.size()))];
    const int group = chosen;
    chosen = groups.back();
    groups.pop_back();
    run_group(group * resident, resident);
  }
  memory_.advance(memory_.now() + 1);
  if (faulted_) return {FLASHRNN_DEVICE_ERROR, message_};
  return {};
}

void Engine::set_up_group(int first_block, int blocks) {
  const int threads = config.threads;
  const int warp_size = kernel.warp_size;
  lane_count_ = static_cast<std::uint32_t>(blocks * threads);
  first_thread_ = static_cast<std::uint32_t>(first_block * threads);
  group_start_ = memory_.now();
  ++group_;
  mbarrier_count_ = 0;
  Clock start;
  start.entries.assign(lane_count_, launch_start_);
  start.floor = launch_start_;
  start_ = ClockRef(clocks_, clocks_.copy_of(start));

  clusters_.assign(static_cast<std::size_t>(blocks / config.cluster), Cluster{});
  blocks_.resize(static_cast<std::size_t>(blocks));
  lanes_.reserve(lane_count_);
  for (int b = 0; b < blocks; ++b) {
    Block& block = blocks_[static_cast<std::size_t>(b)];
    block.engine = this;
    block.cluster = &clusters_[static_cast<std::size_t>(b / config.cluster)];
    block.cluster->live += threads;
    block.index = first_block + b;
    block.rank = block.index % config.cluster;
    block.first_lane = static_cast<std::uint32_t>(b * threads);
    if (static_cast<std::size_t>(b) == shared_memory_.size()) {
      shared_memory_.push_back(static_cast<std::byte*>(
          ::operator new (static_cast<std::size_t>(std::max<std::int64_t>(config.shared_bytes, 1)),
                          std::align_val_t{kSharedAlignment})));
    }
    std::byte* data = shared_memory_[static_cast<std::size_t>(b)];
    std::memset(data, 0xff, static_cast<std::size_t>(config.shared_bytes));
    block.shared = Region{"shared memory", data, config.shared_bytes, Shadow(config.shared_bytes), false, &block};
    block.warps.resize(static_cast<std::size_t>((threads + warp_size - 1) / warp_size));
    for (int t = 0; t < threads; ++t) {
      Warp& warp = block.warps[static_cast<std::size_t>(t / warp_size)];
      Lane& lane = lanes_.emplace_back();
      lane.engine = this;
      lane.block = &block;
      lane.warp = &warp;
      lane.thread = t;
      lane.lane = t % warp_size;
      lane.index = block.first_lane + static_cast<std::uint32_t>(t);
      lane.fiber = Fiber(lane_main);
      lane.base = start_;
      lane.own = group_start_ + 1;
      lane.epoch = make_epoch(first_thread_ + lane.index, lane.own);
      if (lane.lane == 0) {
        warp.block = &block;
        warp.number = t / warp_size;
        warp.lanes = &lane;
      }
      warp.present |= std::uint64_t{1} << lane.lane;
    }
  }
  for (Lane& lane : lanes_) ready_.push_back(&lane);
  live_ = static_cast<int>(lane_count_);
}

void Engine::tear_down_group() {
  Time latest = memory_.now();
  for (const Lane& lane : lanes_) latest = std::max(latest, lane.own);
  for (Block& block : blocks_) {
    for (const auto& [offset, bar] : block.mbarriers) latest = std::max(latest, group_start_ + bar.phase + 1);
  }
  memory_.advance(latest);
  acquired_base_ = acquired_other_ = acquired_ = ClockRef();
  ready_.clear();
  polling_.clear();
  deliveries_.clear();
  lanes_.clear();
  blocks_.clear();
  clusters_.clear();
}

void Engine::run_group(int first_block, int blocks) {
  set_up_group(first_block, blocks);
  Lane* first = pick();
  current_lane = first;
  access_limit_ = accesses_ + config.max_accesses;
  Fiber::switch_to(main_, first->fiber);
  current_lane = nullptr;
  if (!faulted_ && live_ > 0) report_deadlock();
  tear_down_group();
}

void Engine::exit_lane(Lane& lane) {
  Block& block = *lane.block;
  if (!lane.copies.empty()) {
    fault(lane, "leaves the kernel while %zu of its asynchronous copies are under way", lane.copies.size());
  }
  for (const WarpOperation& operation : lane.warp->pending) {
    if ((operation.mask >> lane.lane & 1) != 0) {
      fault(lane, "leaves the kernel, but the mask 0x%llx of the %s at %s:%d names its lane %d",
            static_cast<unsigned long long>(operation.mask), operation.name, operation.site.name(), operation.site.line,
            lane.lane);
    }
  }
  if (block.barrier.arrived > 0) {
    fault(lane, "leaves the kernel while thread %d of its block waits at the block barrier %s:%d",
          block.barrier.first_thread, block.barrier.site.name(), block.barrier.site.line);
  }
  lane.warp->exited |= std::uint64_t{1} << lane.lane;
  block.exit_sum.add(clocks_, lane.base, lane.index, lane.own);
  if (++block.exited == config.threads) check_exit(block, lane);
  cluster_exit(lane);
  lane.wait = Wait::kExited;
  --live_;
  note_progress();
  switch_away(lane, true);
  __builtin_unreachable();
}

void Engine::acquire(Lane& lane, const ClockRef& clock) {
  if (lane.base.get() == clock.get()) return;
  if (lane.base.get() != acquired_base_.get() || clock.get() != acquired_other_.get()) {
    Clock* sum = clocks_.copy_of(*lane.base);
    sum->merge(*clock);
    acquired_base_ = lane.base;
    acquired_other_ = clock;
    acquired_ = ClockRef(clocks_, sum);
  }
  lane.base = acquired_;
}

void Engine::fault(const Lane& lane, const char* format, ...) {
  faulted_ = true;
  constexpr std::size_t kSize = sizeof message_;
  std::size_t used = static_cast<std::size_t>(
      std::max(0, std::snprintf(message_, kSize, "kernel '%.64s', block %d, thread %d: ", config.kernel.c_str(),
                                lane.block->index, lane.thread)));
  std::va_list arguments;
  va_start(arguments, format);
  used += static_cast<std::size_t>(std::max(0, std::vsnprintf(message_ + used, kSize - used, format, arguments)));
  va_end(arguments);
  if (used < kSize && lane.site.line != 0) {
    std::snprintf(message_ + used, kSize - used, " (last synchronisation: %s:%d)", lane.site.name(), lane.site.line);
  }
  Fiber::leave_to(current_lane->fiber, main_);
}

}  // namespace flashrnn::simt

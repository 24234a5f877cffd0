// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "backend_cpu/simt/clock.hpp"
#include "backend_cpu/simt/fiber.hpp"
#include "backend_cpu/simt/launch.hpp"
#include "backend_cpu/simt/region.hpp"
#include "backend_cpu/simt/site.hpp"

/// The state of a launch: lanes in warps in blocks in clusters.
namespace flashrnn::simt {

class Engine;
struct Mbarrier;
struct Warp;

enum class Wait : std::uint8_t {
  kNone,
  kBlockBarrier,
  kNamedBarrier,
  kWarpOperation,
  kClusterBarrier,
  kMbarrier,
  kPoll,
  kExited,
};

/// A cp.async of one lane that its wait has not covered yet.
struct AsyncCopy {
  Place target;
  std::byte bytes[16];
  int size;
  int group;  // number of the group of this lane that it is in
};

struct Lane {
  Engine* engine;
  Block* block;
  Warp* warp;
  int thread;           // in the block
  int lane;             // in the warp
  std::uint32_t index;  // among the lanes that run together
  Fiber fiber;

  ClockRef base;  // what it has seen of others
  Time own;       // its own time
  Epoch epoch;    // thread of the grid and own time

  Wait wait = Wait::kNone;
  Site site;       // of the last synchronisation
  int detail = 0;  // id of the named barrier, parity of the mbarrier
  Place watched;   // what it polls
  std::uint64_t polled_value = 0;
  std::uint64_t polled_at = ~std::uint64_t{0};  // Engine::progress then
  int polls = 0;                                // since then
  std::vector<AsyncCopy> copies;
  int open_group = 0;
  std::uint64_t peers_started = 0;  // bit r: rank r of the cluster is known to run
  bool cluster_arrived = false;     // and has not waited yet
  bool cluster_complete = false;    // the barrier it arrived at
  const Mbarrier* awaited = nullptr;
};

class Engine;
struct WarpOperation;
using WarpCompute = void (*)(Engine&, Warp&, WarpOperation&);

/// What the lanes of one warp do together; complete when all of `mask` have come.
struct WarpOperation {
  std::uint64_t mask = 0;
  std::uint64_t arrived = 0;
  const char* name = nullptr;
  Site site;
  WarpCompute compute = nullptr;  // makes all results when the last lane has come
  ClockSum sum;                   // of a warp barrier
  const void* in[64] = {};        // each lane's arguments and results, on its own stack
  void* out[64] = {};
};

struct Warp {
  Block* block;
  int number;
  Lane* lanes;  // of this warp, consecutive
  std::uint64_t present = 0;
  std::uint64_t exited = 0;
  std::vector<WarpOperation> pending;
};

struct Barrier {
  int arrived = 0;
  int expected = 0;  // of a named barrier in use
  Site site;
  int first_thread = 0;
  ClockSum sum;
  std::vector<Lane*> waiting;
  std::vector<std::uint64_t> lanes;  // of a named barrier, by warp: who has arrived
  std::vector<Site> sites;           // and where
};

struct Mbarrier {
  int number;  // among those of the blocks that run together
  int count;
  int pending;
  std::int64_t bytes = 0;
  Time phase = 0;
  Time bytes_phase = 0;                 // 1 + the last phase that received bytes; 0: none
  ClockRef senders;                     // what the bytes of this phase tell of their senders' reads
  ClockRef last_senders[kMostCluster];  // by rank: merged into that already
  ClockSum sum;
  ClockRef completed;  // what a wait on the last complete phase lets see
};

struct Cluster {
  int live = 0;     // lanes that have not left
  int arrived = 0;  // of these
  ClockSum sum;
  std::vector<Lane*> arrived_lanes;
  ClockRef completed;
};

struct Block {
  Engine* engine;
  Cluster* cluster;
  int index;  // in the grid
  int rank;   // in the cluster
  std::uint32_t first_lane;
  int exited = 0;
  Region shared;
  std::vector<Warp> warps;
  Barrier barrier;
  Barrier named[16];
  std::unordered_map<std::int64_t, Mbarrier> mbarriers;  // by offset
  ClockSum exit_sum;
  std::vector<Time> reached_by;  // by lane: when it last reached this block's memory from another block
};

/// A store_async under way.
struct Delivery {
  Place target;
  Mbarrier* bar;
  Block* block;
  ClockRef sender;  // its clock and its own time when it stored
  std::uint32_t sender_index;
  int sender_rank;
  Time sender_time;
  std::byte bytes[16];
  int size;
};

/// The lane that runs on this thread.
extern thread_local Lane* current_lane;

}  // namespace flashrnn::simt

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include "backend_cpu/simt/engine.hpp"
#include "backend_cpu/simt/matrix.hpp"
#include "backend_cpu/simt/pointer.hpp"
#include "backend_cpu/simt/warp_functions.hpp"
#include "common/device/device.hpp"

namespace flashrnn::simt {

/// The emulated device, behind common/device/device.hpp. With 32 lanes a warp it has all that NVIDIA's sm_90 has; with
/// 64 only what AMD's CDNA has. Every call is made by the lane that runs on this thread.
template <int WarpSize>
class SimtDevice {
  static_assert(WarpSize == 32 || WarpSize == 64, "A warp has 32 or 64 lanes.");

 public:
  static constexpr int kWarpSize = WarpSize;
  using LaneMask = std::conditional_t<WarpSize == 32, device::Uint32, device::Uint64>;
  static constexpr LaneMask kFullMask = static_cast<LaneMask>(~LaneMask{0});
  static constexpr bool kHasNamedBarriers = WarpSize == 32;
  static constexpr bool kHasAsyncCopy = WarpSize == 32;
  static constexpr bool kHasMbarriers = WarpSize == 32;
  static constexpr bool kHasClusters = WarpSize == 32;
  static constexpr bool kHasLdmatrix = WarpSize == 32;
  static constexpr bool kHasStmatrix = WarpSize == 32;
  template <class Tile>
  static constexpr bool kSupports = Tile::kLanes == WarpSize;

  template <class T>
  using Global = Pointer<T, Space::kGlobal>;
  template <class T>
  using Shared = Pointer<T, Space::kShared>;
  template <class T>
  using Peer = Pointer<T, Space::kPeer>;
  template <class T, int N, int Align>
  using SharedArray = simt::SharedArray<T, N, Align>;
  struct alignas(8) Mbarrier {
    unsigned char opaque[8];
  };

  [[nodiscard]] int thread() const { return current_lane->thread; }
  [[nodiscard]] int thread_count() const { return engine().config.threads; }
  [[nodiscard]] int lane() const { return current_lane->lane; }
  [[nodiscard]] int warp() const { return current_lane->warp->number; }
  [[nodiscard]] int warp_count() const { return static_cast<int>(current_lane->block->warps.size()); }
  [[nodiscard]] int block() const { return current_lane->block->index; }
  [[nodiscard]] int block_count() const { return engine().config.blocks; }
  [[nodiscard]] int cluster_rank() const { return current_lane->block->rank; }
  [[nodiscard]] int cluster_size() const { return engine().config.cluster; }

  // Memory.
  template <class S>
  S& shared() {
    static_assert(std::is_trivially_destructible_v<S>, "Shared memory holds plain data.");
    Region& region = current_lane->block->shared;
    if (static_cast<std::int64_t>(sizeof(S)) > region.size) {
      engine().fault(*current_lane, "uses %zu bytes of shared memory, but the launch gives it %lld", sizeof(S),
                     static_cast<long long>(region.size));
    }
    return *reinterpret_cast<S*>(region.data);
  }
  template <class T, Space S>
  std::remove_const_t<T> load(Pointer<T, S> from) {
    return read_value<std::remove_const_t<T>>(from.place());
  }
  template <int N, class T, Space S>
  device::Vec<std::remove_const_t<T>, N> load_vec(Pointer<T, S> from) {
    return read_value<device::Vec<std::remove_const_t<T>, N>>(from.place());
  }
  template <int N, class T>
  device::Vec<std::remove_const_t<T>, N> load_streaming(Global<T> from) {
    return load_vec<N>(from);
  }
  template <class T, Space S>
  void store(Pointer<T, S> to, std::type_identity_t<T> value) {
    write_bytes(to.place(), &value, sizeof value, alignof(T));
  }
  template <class T, int N, Space S>
  void store(Pointer<T, S> to, const device::Vec<T, N>& value) {
    write_bytes(to.place(), &value, sizeof value, alignof(device::Vec<T, N>));
  }
  template <class T, int N>
  void store_streaming(Global<T> to, const device::Vec<T, N>& value) {
    store(to, value);
  }

  // Barriers, shuffles, votes.
  void block_barrier(Site site = Site::here()) { engine().block_barrier(*current_lane, site); }
  void warp_barrier(LaneMask mask, Site site = Site::here()) { engine().warp_barrier(*current_lane, mask, site); }
  void named_barrier_sync(int id, int threads, Site site = Site::here()) requires kHasNamedBarriers {
    engine().named_barrier(*current_lane, id, threads, true, site);
  }
  void named_barrier_arrive(int id, int threads, Site site = Site::here()) requires kHasNamedBarriers {
    engine().named_barrier(*current_lane, id, threads, false, site);
  }
  template <class T>
  T shuffle(LaneMask mask, T value, int source, Site site = Site::here()) {
    return exchange(mask, value, source, site);
  }
  template <class T>
  T shuffle_xor(LaneMask mask, T value, int lane_mask, Site site = Site::here()) {
    return exchange(mask, value, lane() ^ lane_mask, site);
  }
  template <class T>
  T shuffle_up(LaneMask mask, T value, int delta, Site site = Site::here()) {
    return exchange(mask, value, lane() < delta ? lane() : lane() - delta, site);
  }
  template <class T>
  T shuffle_down(LaneMask mask, T value, int delta, Site site = Site::here()) {
    return exchange(mask, value, lane() + delta >= WarpSize ? lane() : lane() + delta, site);
  }
  LaneMask ballot(LaneMask mask, bool vote, Site site = Site::here()) {
    std::uint64_t votes = 0;
    engine().warp_operation(*current_lane, mask, "vote", site, &vote, &votes, vote_lanes);
    return static_cast<LaneMask>(votes);
  }
  bool any(LaneMask mask, bool vote, Site site = Site::here()) { return ballot(mask, vote, site) != 0; }
  bool all(LaneMask mask, bool vote, Site site = Site::here()) { return ballot(mask, vote, site) == mask; }

  // Words between blocks.
  template <class T>
  T load_acquire(Global<T> word, Site site = Site::here()) {
    return atomic(word, AtomicUse::kLoadAcquire, 0, site);
  }
  template <class T>
  void store_release(Global<T> word, std::type_identity_t<T> value, Site site = Site::here()) {
    atomic(word, AtomicUse::kStoreRelease, value, site);
  }
  template <class T>
  void add_release(Global<T> word, std::type_identity_t<T> value, Site site = Site::here()) {
    atomic(word, AtomicUse::kAddRelease, value, site);
  }
  template <class T>
  T fetch_add(Global<T> word, std::type_identity_t<T> value, Site site = Site::here()) {
    return atomic(word, AtomicUse::kFetchAdd, value, site);
  }
  void pause() {}

  // Math.
  template <class T>
  float to_float(T x) {
    return device::to_float(x);
  }
  template <class T>
  T from_float(float x) {
    return device::from_float<T>(x);
  }
  template <class T>
  device::Uint32 pack_pair(float low, float high) {
    return device::pack_pair(from_float<T>(low), from_float<T>(high));
  }
  float fma(float a, float b, float c) { return std::fma(a, b, c); }
  float exp2(float x) { return std::exp2(x); }
  float log2(float x) { return std::log2(x); }
  float reciprocal(float x) { return 1.0F / x; }
  float tanh(float x) { return std::tanh(x); }

  // Matrix tiles.
  template <class T>
  void mma(device::Accumulator<T>& c, const device::OperandA<T>& a, const device::OperandB<T>& b,
           [[maybe_unused]] Site site = Site::here()) requires kSupports<T> {
    if constexpr (device::LaneLocalTile<T>) {
      device::lane_local_mma(*this, c, a, b);
    } else {
      const MatrixArguments<T> arguments{&c, &a, &b};
      engine().warp_operation(*current_lane, kFullMask, "matrix product", site, &arguments, nullptr, multiply_tile<T>);
    }
  }
  template <int Count, bool Transposed, class T>
  device::Vec<device::Uint32, Count> ldmatrix(Shared<T> row, Site site = Site::here()) requires kHasLdmatrix {
    static_assert(sizeof(T) == 2, "ldmatrix moves 16-bit elements.");
    device::Vec<device::Uint32, Count> result;
    engine().warp_operation(*current_lane, kFullMask, "ldmatrix", site, &row.place(), &result,
                            load_matrices<Count, Transposed>);
    return result;
  }

  template <int Count, bool Transposed, class T>
  void stmatrix(Shared<T> row, const device::Vec<device::Uint32, Count>& registers,
                Site site = Site::here()) requires kHasStmatrix {
    static_assert(sizeof(T) == 2, "stmatrix moves 16-bit elements.");
    const StoreMatrixArguments<Count> arguments{&row.place(), registers};
    engine().warp_operation(*current_lane, kFullMask, "stmatrix", site, &arguments, nullptr,
                            store_matrices<Count, Transposed>);
  }

  // Asynchronous copies.
  template <int Bytes, class T>
  void copy_async(Shared<T> target, Global<const T> source, int valid = Bytes) requires kHasAsyncCopy {
    static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "cp.async copies 4, 8 or 16 bytes.");
    engine().copy_async(*current_lane, target.place(), source.place(), Bytes, valid);
  }
  void copy_async_commit() requires kHasAsyncCopy { engine().copy_async_commit(*current_lane); }
  template <int Groups>
  void copy_async_wait() requires kHasAsyncCopy {
    engine().copy_async_wait(*current_lane, Groups);
  }

  // Mbarriers.
  void mbarrier_init(Shared<Mbarrier> bar, int count) requires kHasMbarriers {
    engine().mbarrier_init(*current_lane, bar.place(), count);
  }
  void mbarrier_init_fence() requires kHasMbarriers {}
  template <Space S>
  void mbarrier_arrive(Pointer<Mbarrier, S> bar) requires kHasMbarriers {
    engine().mbarrier_arrive(*current_lane, bar.place(), 0, true);
  }
  void mbarrier_expect(Shared<Mbarrier> bar, int bytes) requires kHasMbarriers {
    engine().mbarrier_arrive(*current_lane, bar.place(), bytes, false);
  }
  void mbarrier_arrive_expect(Shared<Mbarrier> bar, int bytes) requires kHasMbarriers {
    engine().mbarrier_arrive(*current_lane, bar.place(), bytes, true);
  }
  bool mbarrier_try_wait(Shared<Mbarrier> bar, device::Uint32 parity, Site site = Site::here()) requires kHasMbarriers {
    return engine().mbarrier_try_wait(*current_lane, bar.place(), parity, site);
  }

  // Clusters.
  template <class T>
  Peer<T> peer(Shared<T> mine, int rank) requires kHasClusters {
    return Peer<T>(engine().map_peer(*current_lane, mine.place(), rank));
  }
  template <class T>
  void store_async(Peer<T> to, std::type_identity_t<T> value, Peer<Mbarrier> bar) requires kHasClusters {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "st.async stores 4, 8 or 16 bytes.");
    engine().store_async(*current_lane, to.place(), bar.place(), &value, sizeof value);
  }
  template <class T, int N>
  void store_async(Peer<T> to, const device::Vec<T, N>& value, Peer<Mbarrier> bar) requires kHasClusters {
    static_assert(sizeof value == 4 || sizeof value == 8 || sizeof value == 16, "st.async stores 4, 8 or 16 bytes.");
    engine().store_async(*current_lane, to.place(), bar.place(), &value, sizeof value);
  }
  void cluster_barrier_arrive(Site site = Site::here()) requires kHasClusters {
    engine().cluster_arrive(*current_lane, site);
  }
  void cluster_barrier_wait(Site site = Site::here()) requires kHasClusters {
    engine().cluster_wait(*current_lane, site);
  }

 private:
  static Engine& engine() { return *current_lane->engine; }
  template <class T>
  T exchange(LaneMask mask, T value, int source, Site site) {
    const ShuffleArguments<T> arguments{value, source};
    T result;
    engine().warp_operation(*current_lane, mask, "shuffle", site, &arguments, &result, shuffle_lanes<T>);
    return result;
  }
  template <class T>
  T atomic(Global<T> word, AtomicUse use, std::type_identity_t<T> operand, Site site) {
    static_assert(std::is_same_v<T, device::Uint32> || std::is_same_v<T, device::Uint64>, "Words are unsigned.");
    return static_cast<T>(engine().atomic(*current_lane, word.place(), use, operand, sizeof(T), site));
  }
};

using Simt32 = SimtDevice<32>;
using Simt64 = SimtDevice<64>;
static_assert(device::Device<Simt32>, "The emulated device with 32 lanes keeps the contract.");
static_assert(device::Device<Simt64>, "The emulated device with 64 lanes keeps the contract.");

}  // namespace flashrnn::simt

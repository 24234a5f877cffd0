// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/kernel/fused_backward_product.hpp"

namespace flashrnn::kernel {

/// How the parts of a product come to the warps that own the cells. Each adds up what it gets in one fixed order.
///
/// Sums travel as lanes hold them: [tile][row tile][lane][elements], so that what a warp sends to one block lies in one
/// piece, and a lane finds its own cells' sums.
template <class D, class C, Exchange kExchange = C::kExchange>
class FusedBackwardExchange;

template <class D, class C>
struct FusedBackwardExchangeTypes {
  using Place = FusedBackwardPlace<D, C>;
  using N = typename Place::N;
  using Product = FusedBackwardProduct<D, C>;
  using Sums = typename Product::Sums;
  using TileSums = device::Accumulator<typename N::MatrixTile>[N::kRowTiles];
  using Through = float[N::kGroups][2];
  static constexpr int kPacket = N::kC % 4 == 0 ? 4 : 2;
  /// Elements first to first + kPacket - 1 of a lane. Halves of four are swapped in every second eight lanes, so that
  /// those who read one half of each meet all banks.
  static constexpr bool kSwaps = N::kParts == 2;
  static FLASHRNN_DEVICE_FN device::Vec<float, kPacket> packet(const device::Accumulator<typename N::MatrixTile>& sums,
                                                               int first, int lane) {
    device::Vec<float, kPacket> values;
    const bool swap = kSwaps && (lane & 8) != 0;
    FLASHRNN_UNROLL
    for (int x = 0; x < kPacket; ++x) values[x] = swap ? sums[(first + x) ^ 2] : sums[first + x];
    return values;
  }
  static FLASHRNN_DEVICE_FN int place_of_part(int part, int lane) {
    return kSwaps && (lane & 8) != 0 ? (1 - part) * 2 : part * 2;
  }
  /// The sum over all senders, of a lane's two elements: four sums at a time, always the same ones.
  template <class Load>
  static FLASHRNN_DEVICE_FN void add_up(float (&through)[2], const Load& load) {
    constexpr int kSums = N::kGroupBlocks < 4 ? N::kGroupBlocks : 4;
    float sums[kSums][2];
    FLASHRNN_UNROLL
    for (int sender = 0; sender < N::kGroupBlocks; ++sender) {
      const device::Vec<float, 2> pair = load(sender);
      float(&sum)[2] = sums[sender % kSums];
      for (int e = 0; e < 2; ++e) sum[e] = sender < kSums ? pair[e] : sum[e] + pair[e];
    }
    for (int e = 0; e < 2; ++e) {
      through[e] = sums[0][e];
      FLASHRNN_UNROLL
      for (int i = 1; i < kSums; ++i) through[e] += sums[i][e];
    }
  }
  static constexpr int kTileElements = N::kLanes * N::kC;
  static constexpr int kBlockElements = N::kBlockTiles * N::kRowTiles * kTileElements;
};

/// In a block: between the warps that share the K of their tiles. The inbox is [k warp that sends][unit
/// warp][index][lane] [2], where index counts tile, row tile and part.
template <class D, class C>
class FusedBackwardExchange<D, C, Exchange::kBlock> : FusedBackwardExchangeTypes<D, C> {
  using Types = FusedBackwardExchangeTypes<D, C>;
  using N = typename Types::N;
  static constexpr int kIndexElements = 2 * N::kLanes;
  static constexpr int kSenderElements = N::kUnitWarps * N::kWarpTiles * N::kRowTiles * N::kParts * kIndexElements;

 public:
  FLASHRNN_DEVICE_FN void set_up(D&, const typename Types::Place& at, int) {
    if constexpr (N::kKWarps > 1) {
      mine_ = Types::Product::k_warp(at.warp);
      const auto inbox =
          at.shared.inbox.data() + (at.warp % N::kUnitWarps * (kSenderElements / N::kUnitWarps) + at.lane * 2);
      target_ = in_register(inbox + mine_ * kSenderElements);
      source_ = in_register(inbox + mine_ * kIndexElements);
      if (N::kKWarps == 2) source_ = in_register(source_ + (1 - mine_) * kSenderElements);
    }
  }
  FLASHRNN_DEVICE_FN void send_tile(D&, const typename Types::Place&, int, const typename Types::TileSums&) {}
  FLASHRNN_DEVICE_FN void send(D& dev, const typename Types::Place&, const typename Types::Sums& sums) {
    if constexpr (N::kKWarps > 1) {
      each([&](int tile, int row_tile, int part, int index) {
        if (index % N::kKWarps == mine_) return;
        const device::Vec<float, 2> pair{{sums[tile][row_tile][2 * part], sums[tile][row_tile][2 * part + 1]}};
        dev.store(target_ + index * kIndexElements, pair);
      });
    }
  }
  FLASHRNN_DEVICE_FN void receive(D& dev, const typename Types::Place& at, const typename Types::Sums& sums,
                                  typename Types::Through& through) {
    each([&](int tile, int row_tile, int part, int index) {
      if (N::kKWarps > 1 && index % N::kKWarps != mine_) return;
      through[index / N::kKWarps][0] = sums[tile][row_tile][2 * part];
      through[index / N::kKWarps][1] = sums[tile][row_tile][2 * part + 1];
    });
    if constexpr (N::kKWarps > 1) {
      if constexpr (D::kHasNamedBarriers && N::kUnitWarps < 16) {
        dev.named_barrier_sync(1 + at.warp % N::kUnitWarps, N::kKWarps * N::kLanes);
      } else {
        dev.block_barrier();
      }
      FLASHRNN_UNROLL
      for (int i = 0; i < N::kGroups; ++i) {
        if constexpr (N::kKWarps == 2) {  // whoever comes first, the sum is the same
          const auto other = dev.template load_vec<2>(source_ + i * N::kKWarps * kIndexElements);
          for (int e = 0; e < 2; ++e) through[i][e] += other[e];
        } else {
          const float own[2] = {through[i][0], through[i][1]};
          FLASHRNN_UNROLL
          for (int k = 0; k < N::kKWarps; ++k) {
            device::Vec<float, 2> pair{{own[0], own[1]}};
            if (k != mine_) {
              pair = dev.template load_vec<2>(source_ + (k * kSenderElements + i * N::kKWarps * kIndexElements));
            }
            for (int e = 0; e < 2; ++e) through[i][e] = k == 0 ? pair[e] : through[i][e] + pair[e];
          }
        }
      }
    }
  }
  FLASHRNN_DEVICE_FN void finish(D&) {}

 private:
  template <class Visit>
  static FLASHRNN_DEVICE_FN void each(const Visit& visit) {
    FLASHRNN_UNROLL
    for (int tile = 0; tile < N::kWarpTiles; ++tile) {
      FLASHRNN_UNROLL
      for (int row_tile = 0; row_tile < N::kRowTiles; ++row_tile) {
        FLASHRNN_UNROLL
        for (int part = 0; part < N::kParts; ++part) {
          visit(tile, row_tile, part, (tile * N::kRowTiles + row_tile) * N::kParts + part);
        }
      }
    }
  }

  int mine_ = 0;
  device::Shared<D, float> target_;
  device::Shared<D, float> source_;
};

/// Reduce-scatter in a cluster: every block sends the sums of all units of the head to those who own them. The inbox is
/// [2][sender][tile][row tile][lane][elements]. One half is filled while the other is read: whoever sends into a half
/// has received the exchange in between from everybody, so everybody has read that half.
template <class D, class C>
class FusedBackwardExchange<D, C, Exchange::kCluster> : FusedBackwardExchangeTypes<D, C> {
  using Types = FusedBackwardExchangeTypes<D, C>;
  using N = typename Types::N;
  using Mbarrier = typename D::Mbarrier;
  static constexpr int kHalfElements = N::kGroupBlocks * Types::kBlockElements;
  static constexpr int kExchangeBytes = kHalfElements * 4;

 public:
  FLASHRNN_DEVICE_FN void set_up(D& dev, const typename Types::Place& at, int exchanges) {
    left_ = exchanges;
    const auto arrived = at.shared.arrived.data();
    if (at.thread == 0) {
      for (int half = 0; half < 2; ++half) dev.mbarrier_init(arrived + half, 1);
      dev.mbarrier_init_fence();
      for (int half = 0; half < 2; ++half) {
        if (half < exchanges) dev.mbarrier_arrive_expect(arrived + half, kExchangeBytes);
      }
    }
    dev.warp_barrier(D::kFullMask);
    device::cluster_barrier(dev);
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kWarpTiles; ++i) {
      const int tile = Types::Product::has_tile(at.warp, i) ? Types::Product::tile_of(at, i) : 0;
      const int block = tile / N::kBlockTiles;
      const int local = tile - block * N::kBlockTiles;
      const auto mine = at.shared.inbox.data() + (at.rank * Types::kBlockElements +
                                                  local * N::kRowTiles * Types::kTileElements + at.lane * N::kC);
      target_[i] = dev.peer(mine, block);
      target_arrived_[i] = dev.peer(arrived, block);
    }
    const auto mine = at.shared.inbox.data() + at.lane * N::kC;
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      const auto group = N::group(at.warp, i);
      source_[i] = in_register(mine + ((group.tile * N::kRowTiles + group.row_tile) * Types::kTileElements +
                                       Types::place_of_part(group.part, at.lane)));
    }
  }
  FLASHRNN_DEVICE_FN void send_tile(D& dev, const typename Types::Place& at, int i,
                                    const typename Types::TileSums& sums) {
    if (!Types::Product::has_tile(at.warp, i)) return;
    FLASHRNN_UNROLL
    for (int r = 0; r < N::kRowTiles; ++r) {
      FLASHRNN_UNROLL
      for (int x = 0; x < N::kC; x += Types::kPacket) {
        const int offset = half_ * kHalfElements + r * Types::kTileElements + x;
        dev.store_async(target_[i] + offset, Types::packet(sums[r], x, at.lane), target_arrived_[i] + half_);
      }
    }
  }
  FLASHRNN_DEVICE_FN void send(D&, const typename Types::Place&, const typename Types::Sums&) {}
  FLASHRNN_DEVICE_FN void receive(D& dev, const typename Types::Place& at, const typename Types::Sums&,
                                  typename Types::Through& through) {
    const auto arrived = at.shared.arrived.data() + half_;
    if (N::group(at.warp, 0).valid) {
      device::mbarrier_wait(dev, arrived, phase_);
      if (at.thread == 0 && left_ > 2) dev.mbarrier_arrive_expect(arrived, kExchangeBytes);
    }
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      if (!N::group(at.warp, i).valid) continue;
      Types::add_up(through[i], [&](int sender) {
        return dev.template load_vec<2>(source_[i] + (half_ * kHalfElements + sender * Types::kBlockElements));
      });
    }
    phase_ ^= static_cast<Uint32>(half_);
    half_ ^= 1;
    --left_;
  }
  /// No block leaves while others may still send to it.
  FLASHRNN_DEVICE_FN void finish(D& dev) {
    dev.warp_barrier(D::kFullMask);
    device::cluster_barrier(dev);
  }

 private:
  typename D::template Peer<float> target_[N::kWarpTiles];
  typename D::template Peer<Mbarrier> target_arrived_[N::kWarpTiles];
  device::Shared<D, float> source_[N::kGroups];
  int half_ = 0;
  int left_ = 0;
  Uint32 phase_ = 0;
};

/// Reduce-scatter through global memory, [group][2][receiver][sender][tile][row tile][lane][elements], with a counter
/// for each group. Halves alternate for the same reason as in a cluster.
template <class D, class C>
class FusedBackwardExchange<D, C, Exchange::kGrid> : FusedBackwardExchangeTypes<D, C> {
  using Types = FusedBackwardExchangeTypes<D, C>;
  using N = typename Types::N;
  static constexpr int kReceiverElements = N::kGroupBlocks * Types::kBlockElements;
  static constexpr int kHalfElements = N::kGroupBlocks * kReceiverElements;

 public:
  FLASHRNN_DEVICE_FN void set_up(D&, const typename Types::Place& at, int) {
    inbox_ = at.p.exchange + (static_cast<Int64>(at.group) * 2 * kHalfElements + at.lane * N::kC);
    counter_ = at.p.barriers + at.group;
  }
  FLASHRNN_DEVICE_FN void send_tile(D& dev, const typename Types::Place& at, int i,
                                    const typename Types::TileSums& sums) {
    if (!Types::Product::has_tile(at.warp, i)) return;
    const int tile = Types::Product::tile_of(at, i);
    const int block = tile / N::kBlockTiles;
    const int to = half_ * kHalfElements + block * kReceiverElements + at.rank * Types::kBlockElements +
                   (tile - block * N::kBlockTiles) * N::kRowTiles * Types::kTileElements;
    FLASHRNN_UNROLL
    for (int r = 0; r < N::kRowTiles; ++r) {
      FLASHRNN_UNROLL
      for (int x = 0; x < N::kC; x += Types::kPacket) {
        dev.store(inbox_ + (to + r * Types::kTileElements + x), Types::packet(sums[r], x, at.lane));
      }
    }
  }
  FLASHRNN_DEVICE_FN void send(D& dev, const typename Types::Place& at, const typename Types::Sums&) {
    dev.block_barrier();
    if (at.thread == 0) dev.add_release(counter_, 1U);
    awaited_ += static_cast<Uint32>(N::kGroupBlocks);
  }
  FLASHRNN_DEVICE_FN void receive(D& dev, const typename Types::Place& at, const typename Types::Sums&,
                                  typename Types::Through& through) {
    if (at.thread == 0) {
      while (static_cast<Int32>(dev.load_acquire(counter_) - awaited_) < 0) dev.pause();
    }
    dev.block_barrier();
    FLASHRNN_UNROLL
    for (int i = 0; i < N::kGroups; ++i) {
      const auto group = N::group(at.warp, i);
      if (!group.valid) continue;
      const int from = half_ * kHalfElements + at.rank * kReceiverElements +
                       (group.tile * N::kRowTiles + group.row_tile) * Types::kTileElements +
                       Types::place_of_part(group.part, at.lane);
      Types::add_up(through[i], [&](int sender) {
        return dev.template load_vec<2>(inbox_ + (from + sender * Types::kBlockElements));
      });
    }
    half_ ^= 1;
  }
  FLASHRNN_DEVICE_FN void finish(D&) {}

 private:
  Global<D, float> inbox_{};
  Global<D, Uint32> counter_{};
  int half_ = 0;
  Uint32 awaited_ = 0;
};

}  // namespace flashrnn::kernel

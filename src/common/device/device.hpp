// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device/half.hpp"
#include "common/device/tile.hpp"
#include "common/device/tile_fma.hpp"
#include "common/device/types.hpp"

/// What a kernel may ask of the device it runs on. A kernel is a template over D and gets `D& dev`; a CUDA or HIP
/// device is an empty struct whose functions are one instruction each, the host emulation keeps books behind the same
/// calls.
///
/// Grids, blocks and clusters are one-dimensional. Counts and ids are int. Every collective call is made by all lanes
/// it names, from one place in the source: not from two branches of an if.
namespace flashrnn::device {

template <class D, class T>
using Global = typename D::template Global<T>;
template <class D, class T>
using Shared = typename D::template Shared<T>;
template <class D, class T, int N, int Align = alignof(T)>
using SharedArray = typename D::template SharedArray<T, N, Align>;

/// Who am I, and of how many.
template <class D>
concept HasIds = requires(const D& dev) {
  requires D::kWarpSize == 32 || D::kWarpSize == 64;
  { dev.thread() } -> Same<int>;        // in the block
  { dev.thread_count() } -> Same<int>;  // of the block
  { dev.lane() } -> Same<int>;          // in the warp (wave)
  { dev.warp() } -> Same<int>;          // in the block
  { dev.warp_count() } -> Same<int>;    // of the block
  { dev.block() } -> Same<int>;         // in the grid
  { dev.block_count() } -> Same<int>;   // of the grid
};

/// Typed memory. Global<T> and Shared<T> are pointers with arithmetic, `[]`, and conversion to pointers to const;
/// kernel parameters hold Global<T>, which is T* on a GPU. A block's shared memory is one struct of SharedArrays, of
/// the same size and layout on every device; its contents are undefined at the start. `load` and `store` move one
/// element or one Vec, which has to be aligned to its size. `*_streaming` say that the bytes are touched once.
template <class D>
concept HasMemory = requires(D& dev, Global<D, float> global, Global<D, const float> input, Shared<D, float> shared,
                             SharedArray<D, float, 4> array, Vec<float, 4> vec) {
  requires sizeof(SharedArray<D, float, 4, 16>) == 16;
  requires alignof(SharedArray<D, float, 4, 16>) == 16;
  { dev.template shared<SharedArray<D, float, 4>>() } -> Same<SharedArray<D, float, 4>&>;
  { array.data() } -> Same<Shared<D, float>>;
  { shared + 1 } -> Same<Shared<D, float>>;
  { dev.load(input) } -> Same<float>;
  { dev.load(shared) } -> Same<float>;
  { dev.template load_vec<4>(input) } -> Same<Vec<float, 4>>;
  { dev.template load_vec<4>(shared) } -> Same<Vec<float, 4>>;
  { dev.template load_streaming<4>(input) } -> Same<Vec<float, 4>>;
  dev.store(global, 1.0F);
  dev.store(shared, 1.0F);
  dev.store(global, vec);
  dev.store(shared, vec);
  dev.store_streaming(global, vec);
};

/// Barriers order the memory accesses of those who take part; shuffles and votes do not. `mask` names the lanes that
/// take part: the caller among them, none that has left the kernel, the same mask for all of them. A shuffle reads from
/// lanes of the mask only; shuffle_up and shuffle_down give a lane without a source its own value back.
template <class D>
concept HasWarpOperations = requires(D& dev, typename D::LaneMask mask) {
  requires sizeof(typename D::LaneMask) * 8 == D::kWarpSize;
  requires D::kFullMask == static_cast<typename D::LaneMask>(~static_cast<typename D::LaneMask>(0));
  dev.block_barrier();  // all threads of the block
  dev.warp_barrier(mask);
  { dev.shuffle(mask, 1.0F, 0) } -> Same<float>;
  { dev.shuffle(mask, 1, 0) } -> Same<int>;
  { dev.shuffle_xor(mask, 1.0F, 1) } -> Same<float>;
  { dev.shuffle_up(mask, 1.0F, 1) } -> Same<float>;
  { dev.shuffle_down(mask, 1.0F, 1) } -> Same<float>;
  { dev.ballot(mask, true) } -> Same<typename D::LaneMask>;
  { dev.any(mask, true) } -> Same<bool>;
  { dev.all(mask, true) } -> Same<bool>;
};

/// Global words through which blocks speak to each other, at the scope of the whole device. add_release gives nothing
/// back, which is quicker than fetch_add (acquire and release). `pause` goes into loops that poll.
template <class D>
concept HasDeviceScopeAtomics = requires(D& dev, Global<D, Uint32> word) {
  { dev.load_acquire(word) } -> Same<Uint32>;
  dev.store_release(word, 1U);
  dev.add_release(word, 1U);
  { dev.fetch_add(word, 1U) } -> Same<Uint32>;
  dev.pause();
};

/// Conversions round to nearest even. The functions are fast ones: a few units in the last place of fp32 (tanh: 2^-11).
template <class D>
concept HasMath = requires(D& dev, float x, Bf16 b, Fp16 h) {
  { dev.to_float(x) } -> Same<float>;
  { dev.to_float(b) } -> Same<float>;
  { dev.to_float(h) } -> Same<float>;
  { dev.template from_float<Bf16>(x) } -> Same<Bf16>;
  { dev.template from_float<Fp16>(x) } -> Same<Fp16>;
  { dev.template pack_pair<Bf16>(x, x) } -> Same<Uint32>;  // two conversions into one register
  { dev.fma(x, x, x) } -> Same<float>;
  { dev.exp2(x) } -> Same<float>;
  { dev.log2(x) } -> Same<float>;
  { dev.reciprocal(x) } -> Same<float>;
  { dev.tanh(x) } -> Same<float>;
};

/// c += a b by the whole warp, for the tiles that the device supports; D::kSupports<Tile> says which. Tiles without
/// traffic between lanes (FmaTile) are supported by all.
template <class D, class Tile>
concept HasTile = MatrixTile<Tile> &&
    D::template kSupports<Tile>&& requires(D& dev, Accumulator<Tile>& c, const OperandA<Tile>& a,
                                           const OperandB<Tile>& b) {
  dev.mma(c, a, b);
};

/// Barriers for some warps of the block: `threads` of them take part, a multiple of the warp size, counting those that
/// arrive without waiting. Ids are 1 to 15 (0 is the block barrier's).
template <class D>
concept HasNamedBarriers = requires(D& dev) {
  dev.named_barrier_sync(1, D::kWarpSize);
  dev.named_barrier_arrive(1, D::kWarpSize);
};

/// Copies of 4, 8 or 16 bytes from global to shared memory that run beside the kernel. Bytes past `valid` become zero.
/// commit closes a group; wait<N> waits until at most the N latest groups of this lane are under way. Then this lane
/// sees the bytes, the others after a barrier.
template <class D>
concept HasAsyncCopy = requires(D& dev, Shared<D, float> target, Global<D, const float> source) {
  dev.template copy_async<16>(target, source);
  dev.template copy_async<16>(target, source, 12);
  dev.copy_async_commit();
  dev.template copy_async_wait<1>();
};

/// Counting barriers in shared memory. A phase ends when `count` arrivals and all expected bytes have come.
/// try_wait(parity) is true when the phase of that parity has ended, as PTX defines it; phases count from 0.
template <class D>
concept HasMbarriers = requires(D& dev, Shared<D, typename D::Mbarrier> bar) {
  requires sizeof(typename D::Mbarrier) == 8;
  dev.mbarrier_init(bar, 1);
  dev.mbarrier_init_fence();  // before the barrier that shows the new mbarriers to others
  dev.mbarrier_arrive(bar);
  dev.mbarrier_expect(bar, 16);
  dev.mbarrier_arrive_expect(bar, 16);
  { dev.mbarrier_try_wait(bar, 0U) } -> Same<bool>;
};

/// Blocks that run together and reach each other's shared memory. A peer may be reached only after it has surely
/// started and before it may leave: cluster barriers see to both. store_async (4, 8 or 16 bytes) is seen by those who
/// wait on `bar`, an mbarrier of the same peer, and by nothing else. (PTX ISA, st.async: a weak store whose complete-tx
/// releases at cluster scope.) They may also take it that what the sender read from shared memory before is read; of
/// its writes they know nothing.
template <class D>
concept HasClusters = HasMbarriers<D> &&
    requires(D& dev, Shared<D, float> mine, typename D::template Peer<float> theirs,
             typename D::template Peer<typename D::Mbarrier> bar) {
  { dev.cluster_rank() } -> Same<int>;
  { dev.cluster_size() } -> Same<int>;
  { dev.peer(mine, 0) } -> Same<typename D::template Peer<float>>;
  { dev.load(theirs) } -> Same<float>;
  dev.store(theirs, 1.0F);
  dev.store_async(theirs, 1.0F, bar);
  dev.store_async(theirs, Vec<float, 4>{}, bar);
  dev.mbarrier_arrive(bar);
  dev.cluster_barrier_arrive();
  dev.cluster_barrier_wait();
};

/// ldmatrix: Count 8 x 8 matrices of 16-bit elements. Lane 8 i + r gives the address of row r of matrix i (16 bytes,
/// aligned); the lanes from 8 Count on are not asked. Register i of a lane is its pair of matrix i, as PTX ISA's
/// section on ldmatrix lays it out; with Transposed each matrix is transposed on the way.
template <class D>
concept HasLdmatrix = requires(D& dev, Shared<D, const Bf16> row) {
  { dev.template ldmatrix<1, false>(row) } -> Same<Vec<Uint32, 1>>;
  { dev.template ldmatrix<2, true>(row) } -> Same<Vec<Uint32, 2>>;
  { dev.template ldmatrix<4, false>(row) } -> Same<Vec<Uint32, 4>>;
};

/// stmatrix: the same the other way round, rows and registers as for ldmatrix.
template <class D>
concept HasStmatrix = requires(D& dev, Shared<D, Bf16> row, Vec<Uint32, 1> one, Vec<Uint32, 4> four) {
  dev.template stmatrix<1, true>(row, one);
  dev.template stmatrix<4, false>(row, four);
};

/// A device: everything above that all have, and for the rest a constant that says whether it is there.
template <class D>
concept Device = HasIds<D> && HasMemory<D> && HasWarpOperations<D> && HasDeviceScopeAtomics<D> && HasMath<D> &&
    HasTile<D, FmaTile<float, D::kWarpSize, 8, 2, 2, 1>> &&
    (!D::kHasNamedBarriers || HasNamedBarriers<D>)&&(!D::kHasAsyncCopy || HasAsyncCopy<D>)&&(
        !D::kHasMbarriers || HasMbarriers<D>)&&(!D::kHasClusters ||
                                                HasClusters<D>)&&(!D::kHasLdmatrix ||
                                                                  HasLdmatrix<D>)&&(!D::kHasStmatrix || HasStmatrix<D>);

/// Waits for the end of a phase.
template <class D, class Bar>
FLASHRNN_DEVICE_FN void mbarrier_wait(D& dev, Bar bar, Uint32 parity) {
  while (!dev.mbarrier_try_wait(bar, parity)) dev.pause();
}

template <class D>
FLASHRNN_DEVICE_FN void cluster_barrier(D& dev) {
  dev.cluster_barrier_arrive();
  dev.cluster_barrier_wait();
}

}  // namespace flashrnn::device

// SPDX-License-Identifier: Apache-2.0
// The blocks of a cluster share the units of a head, for 8 rows of the batch. Two warps share the K of eight units.
// Every warp sends its part of h to all blocks by st.async; a step begins when an mbarrier has counted all of h.
#include "prototype.cuh"

__device__ __forceinline__ unsigned address_in(unsigned shared, unsigned block) {
  unsigned r;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(r) : "r"(shared), "r"(block));
  return r;
}
__device__ __forceinline__ void send_16(unsigned to, int4 v, unsigned barrier) {
  asm volatile("st.async.weak.shared::cluster.mbarrier::complete_tx::bytes.v4.b32 [%0], {%1,%2,%3,%4}, [%5];" ::"r"(to),
               "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w), "r"(barrier)
               : "memory");
}
__device__ __forceinline__ void wait_phase(unsigned barrier, unsigned phase) {
  asm volatile(
      "{ .reg .pred done; again: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 done, [%0], %1; @!done bra "
      "again; }" ::"r"(barrier),
      "r"(phase)
      : "memory");
}
__device__ __forceinline__ void expect_bytes(unsigned barrier, unsigned bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
__device__ __forceinline__ void cluster_barrier() {
  asm volatile("barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;" ::: "memory");
}

template <int D, int Cluster, int RegisterK, int Stages>
struct Tile {
  static constexpr int kUnits = D / Cluster, kGroups = kUnits / 8, kWarps = 2 * kGroups, kThreads = 32 * kWarps;
  static constexpr int kTiles = D / 32;  // of K, for each of two warps
  static constexpr int kSharedK = kTiles - RegisterK;
  struct Shared {
    // Matrices of 8 rows x 8 units, 128 bytes in one piece; rows in the order 0 2 4 6 1 3 5 7, so that a warp's four
    // are too.
    bf16 h[2][D / 8][8][8];
    bf16 x[Stages][kWarps][4][4][8];
    float4 partial[2][kGroups][2][32];
    bf16 part[kWarps][4][8];
    uint4 r[kWarps][kSharedK > 0 ? kSharedK : 1][2][32];
    unsigned long long arrived[2];
  };
};

template <int D, int Cluster, int RegisterK, int Stages>
__global__ void __launch_bounds__(Tile<D, Cluster, RegisterK, Stages>::kThreads, 1)
    lstm_cluster(const bf16* Wx, const bf16* R, const float* b, bf16* out, int T, int N) {
  using Config = Tile<D, Cluster, RegisterK, Stages>;
  constexpr int kTiles = Config::kTiles;
  extern __shared__ __align__(128) unsigned char raw[];
  auto& s = *reinterpret_cast<typename Config::Shared*>(raw);
  const int block = blockIdx.x % Cluster, head = blockIdx.x / Cluster, first_row = blockIdx.y * 8;
  const int thread = threadIdx.x, warp = thread / 32, lane = thread % 32, group = warp / 2, half = warp % 2;
  const int unit = block * Config::kUnits + group * 8;

  unsigned r[RegisterK][2][4];
#pragma unroll
  for (int k = 0; k < kTiles; ++k)
#pragma unroll
    for (int tile = 0; tile < 2; ++tile) {
      const int column = (half * kTiles + k) * 16;
      if (k < RegisterK) {
        load_fragment(r[k < RegisterK ? k : 0][tile], R, N, D, head, unit, tile, column);
      } else {
        unsigned a[4];
        load_fragment(a, R, N, D, head, unit, tile, column);
        s.r[warp][k - RegisterK][tile][lane] = make_uint4(a[0], a[1], a[2], a[3]);
      }
    }
  float bias[4], c = 0;
  for (int g = 0; g < 4; ++g) bias[g] = b[(g * N + head) * D + unit + lane / 4];
  for (int i = thread; i < 2 * 8 * D; i += Config::kThreads) (&s.h[0][0][0][0])[i] = __float2bfloat16(0.F);
  constexpr unsigned kStepBytes = 8 * D * sizeof(bf16);
  const unsigned arrived = shared_address(&s.arrived[0]);
  if (thread == 0) {
    for (int i = 0; i < 2; ++i) asm volatile("mbarrier.init.shared.b64 [%0], 1;" ::"r"(arrived + 8 * i) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    for (int i = 0; i < 2; ++i) expect_bytes(arrived + 8 * i, kStepBytes);
  }
  cluster_barrier();

  // A lane's row of the batch is 2 (lane % 4) + half. Wx: 16 lanes bring four gates of four rows.
  const int row = 2 * (lane % 4) + half;
  const bf16* from = Wx + ((std::size_t{1} * (first_row + row) * T * 4 + lane / 4 % 4) * N + head) * D + unit;
  const unsigned to = shared_address(&s.x[0][warp][lane / 4 % 4][lane % 4][0]);
  const auto request = [&](int t) {
    if (t < T && lane < 16) {
      copy_async_16(to + t % Stages * sizeof(s.x[0]), from);
      from += std::size_t{4} * N * D;
    }
    commit_copies();
  };
  for (int t = 0; t < Stages - 1; ++t) request(t);
  const unsigned h_rows = shared_address(&s.h[0][half * kTiles * 2 + lane / 8][(lane & 1) * 4 + (lane & 7) / 2][0]);
  constexpr int kSends = (Cluster + 7) / 8;
  unsigned peer_h[kSends], peer_arrived[kSends];
#pragma unroll
  for (int i = 0; i < kSends; ++i) {
    const unsigned peer = (lane / 4 + 8 * i) % Cluster;
    peer_h[i] = address_in(shared_address(&s.h[0][unit / 8][half * 4 + lane % 4][0]), peer);
    peer_arrived[i] = address_in(arrived, peer);
  }
  bf16* target = out + (std::size_t{1} * (first_row + row) * T * N + head) * D + unit;
  unsigned phases[2] = {0, 0};

  for (int t = 0; t < T; ++t) {
    const int now = t & 1, next = now ^ 1;
    wait_copies<Stages - 2>();
    __syncwarp();
    float x[4];
#pragma unroll
    for (int g = 0; g < 4; ++g) x[g] = __bfloat162float(s.x[t % Stages][warp][g][lane % 4][lane / 4]) + bias[g];
    request(t + Stages - 1);
    if (t > 0) {
      wait_phase(arrived + 8 * now, phases[now]);
      phases[now] ^= 1;
      // Completed only when expected and come, so what comes before this line is safe.
      if (thread == 0 && t + 2 < T) expect_bytes(arrived + 8 * now, kStepBytes);
    }
    float sum[2][4] = {};
#pragma unroll
    for (int k = 0; k < kTiles; k += 2) {
      unsigned operand[4];
      ldmatrix_x4(operand, h_rows + now * sizeof(s.h[0]) + k * 256);
#pragma unroll
      for (int j = 0; j < 2; ++j)
#pragma unroll
        for (int tile = 0; tile < 2; ++tile) {
          if (k + j < RegisterK) {
            mma(sum[tile], r[k + j < RegisterK ? k + j : 0][tile], operand[2 * j], operand[2 * j + 1]);
          } else {
            const uint4 a = s.r[warp][k + j - RegisterK][tile][lane];
            const unsigned fragment[4] = {a.x, a.y, a.z, a.w};
            mma(sum[tile], fragment, operand[2 * j], operand[2 * j + 1]);
          }
        }
    }
    // Each warp of the pair finishes one of the two columns that a lane has, and gives the other away.
    const float(&i0)[4] = sum[0];
    const float(&z0)[4] = sum[1];
    s.partial[now][group][half ^ 1][lane] =
        half == 0 ? make_float4(i0[1], i0[3], z0[1], z0[3]) : make_float4(i0[0], i0[2], z0[0], z0[2]);
    asm volatile("bar.sync %0, 64;" ::"r"(group + 1) : "memory");
    const float4 other = s.partial[now][group][half][lane];
    const float i = sigmoid_approx((half == 0 ? i0[0] : i0[1]) + other.x + x[0]);
    const float f = sigmoid_approx((half == 0 ? i0[2] : i0[3]) + other.y + x[1]);
    const float z = tanh_approx((half == 0 ? z0[0] : z0[1]) + other.z + x[2]);
    const float o = sigmoid_approx((half == 0 ? z0[2] : z0[3]) + other.w + x[3]);
    c = f * c + i * z;
    s.part[warp][lane % 4][lane / 4] = __float2bfloat16(o * tanh_approx(c));
    __syncwarp();
    const int4 part = *reinterpret_cast<const int4*>(&s.part[warp][lane % 4][0]);
    // A peer writes a buffer again only after it has all of this step's h, so after every warp here has read that
    // buffer.
    if (t + 1 < T) {
#pragma unroll
      for (int q = 0; q < kSends; ++q)
        if (Cluster >= 8 || lane / 4 < Cluster)
          send_16(peer_h[q] + next * sizeof(s.h[0]), part, peer_arrived[q] + 8 * next);
    }
    if (lane < 4) *reinterpret_cast<int4*>(target) = part;
    target += std::size_t{1} * N * D;
    __syncwarp();
  }
  cluster_barrier();  // no block leaves while others may still send to it
}

template <int D, int Cluster, int RegisterK, int Stages>
void measure(int N, int B) {
  using Config = Tile<D, Cluster, RegisterK, Stages>;
  const Problem p(B, N, D);
  const auto kernel = lstm_cluster<D, Cluster, RegisterK, Stages>;
  constexpr int kBytes = sizeof(typename Config::Shared);
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes));
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  cudaLaunchAttribute cluster = {};
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim.x = Cluster;
  cluster.val.clusterDim.y = cluster.val.clusterDim.z = 1;
  cudaLaunchConfig_t launch = {};
  launch.gridDim = dim3(N * Cluster, B / 8);
  launch.blockDim = Config::kThreads;
  launch.dynamicSmemBytes = kBytes;
  launch.attrs = &cluster;
  launch.numAttrs = 1;
  const bf16 *Wx = p.Wx, *R = p.R;
  const float* b = p.b;
  const double ms =
      milliseconds([&] { check(cudaLaunchKernelEx(&launch, kernel, Wx, R, b, p.h, int{Problem::kT}, N)); });
  cudaFuncAttributes used = {};
  check(cudaFuncGetAttributes(&used, kernel));
  std::printf(
      "%2d x %-3d B %3d  cluster %2d  warps %2d  k tiles in registers %2d of %2d  registers %3d  shared %6d  %.3f ms  "
      "error %.1e\n",
      N, D, B, Cluster, Config::kWarps, RegisterK, Config::kTiles, used.numRegs, kBytes, ms, p.error());
}

int main() {
  measure<64, 4, 2, 8>(12, 16);
  measure<128, 8, 4, 8>(6, 16);
  measure<256, 8, 8, 8>(1, 16);
  measure<256, 16, 8, 8>(1, 16);
  measure<256, 8, 8, 8>(3, 16);
  measure<512, 16, 16, 8>(1, 16);
  measure<512, 16, 16, 8>(1, 64);
  measure<768, 16, 14, 6>(1, 16);
}

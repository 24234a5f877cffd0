// SPDX-License-Identifier: Apache-2.0
// One block has all units of a head and 8 rows of the batch. R stays in registers as the A operand; the rows of a
// 16-row tile are two gates of eight units, so a lane has all four gates of a unit, for two rows of the batch, in two
// tiles.
#include "prototype.cuh"

template <int D, int Groups, int Stages>
__global__ void __launch_bounds__(D / 8 / Groups * 32, 1)
    lstm_block(const bf16* Wx, const bf16* R, const float* b, bf16* out, int T, int N) {
  constexpr int kThreads = D / 8 / Groups * 32, kTiles = D / 16, kRow = D + 8;  // padded against bank conflicts
  __shared__ __align__(128) bf16 h[2][8][kRow];
  __shared__ __align__(128) bf16 x[Stages][4][8][kRow];
  const int head = blockIdx.x, first_row = blockIdx.y * 8, thread = threadIdx.x, warp = thread / 32, lane = thread % 32;

  unsigned r[Groups][2][kTiles][4];
  float bias[Groups][4], c[Groups][2] = {};
#pragma unroll
  for (int u = 0; u < Groups; ++u) {
    const int unit = (warp * Groups + u) * 8;
#pragma unroll
    for (int tile = 0; tile < 2; ++tile)
#pragma unroll
      for (int k = 0; k < kTiles; ++k) load_fragment(r[u][tile][k], R, N, D, head, unit, tile, k * 16);
    for (int g = 0; g < 4; ++g) bias[u][g] = b[(g * N + head) * D + unit + lane / 4];
  }
  for (int i = thread; i < 2 * 8 * kRow; i += kThreads) (&h[0][0][0])[i] = __float2bfloat16(0.F);

  // Wx by 16-byte pieces; each thread has the same ones in every step.
  constexpr int kPiecesOfRow = D / 8, kPieces = 4 * 8 * kPiecesOfRow, kMine = (kPieces + kThreads - 1) / kThreads;
  constexpr unsigned kStageBytes = sizeof(x[0]);
  const bf16* from[kMine];
  unsigned to[kMine];
#pragma unroll
  for (int i = 0; i < kMine; ++i) {
    const int piece = thread + i * kThreads;
    const int gate = piece / (8 * kPiecesOfRow) % 4, row = piece / kPiecesOfRow % 8, at = piece % kPiecesOfRow * 8;
    from[i] = Wx + ((std::size_t{1} * (first_row + row) * T * 4 + gate) * N + head) * D + at;
    to[i] = shared_address(&x[0][gate][row][at]);
  }
  const auto request = [&](int t) {
    if (t < T) {
#pragma unroll
      for (int i = 0; i < kMine; ++i) {
        if (kPieces % kThreads != 0 && thread + i * kThreads >= kPieces) continue;
        copy_async_16(to[i] + t % Stages * kStageBytes, from[i]);
        from[i] += std::size_t{4} * N * D;
      }
    }
    commit_copies();
  };
  for (int t = 0; t < Stages - 1; ++t) request(t);
  wait_copies<Stages - 2>();
  __syncthreads();

  const unsigned h_rows = shared_address(&h[0][lane % 8][lane / 8 * 8]);
  constexpr unsigned kBufferBytes = sizeof(h[0]);
  unsigned x_rows[Groups], h_target[Groups], wx[Groups][4];
#pragma unroll
  for (int u = 0; u < Groups; ++u) {
    x_rows[u] = shared_address(&x[0][lane / 8][lane % 8][(warp * Groups + u) * 8]);
    h_target[u] = shared_address(&h[0][lane % 8][(warp * Groups + u) * 8]);
    ldmatrix_x4_trans(wx[u], x_rows[u]);
  }
  const int out_row = thread / kPiecesOfRow, out_at = thread % kPiecesOfRow * 8;
  const bool stores = thread < 8 * kPiecesOfRow;
  bf16* target = out + (std::size_t{1} * (first_row + out_row) * T * N + head) * D + out_at;

  for (int t = 0; t < T; ++t) {
    const unsigned now = (t & 1) * kBufferBytes, next = kBufferBytes - now;
    unsigned operand[kTiles][2];
    if constexpr (kTiles == 1) {
      ldmatrix_x2(operand[0][0], operand[0][1], h_rows + now);
    } else {
#pragma unroll
      for (int k = 0; k < kTiles; k += 2) {
        unsigned four[4];
        ldmatrix_x4(four, h_rows + now + k * 32);
        for (int i = 0; i < 4; ++i) operand[k + i / 2][i % 2] = four[i];
      }
    }
    float sum[Groups][2][4];
#pragma unroll
    for (int u = 0; u < Groups; ++u)
#pragma unroll
      for (int g = 0; g < 4; ++g) {
        sum[u][g / 2][g % 2 * 2] = low_bf16(wx[u][g]) + bias[u][g];
        sum[u][g / 2][g % 2 * 2 + 1] = high_bf16(wx[u][g]) + bias[u][g];
      }
#pragma unroll
    for (int k = 0; k < kTiles; ++k)
#pragma unroll
      for (int u = 0; u < Groups; ++u)
#pragma unroll
        for (int tile = 0; tile < 2; ++tile) mma(sum[u][tile], r[u][tile][k], operand[k][0], operand[k][1]);
    request(t + Stages - 1);
    if (t > 0 && stores) {  // the h of the step before
      *reinterpret_cast<int4*>(target) = *reinterpret_cast<const int4*>(&h[t & 1][out_row][out_at]);
      target += std::size_t{1} * N * D;
    }
    wait_copies<Stages - 2>();
#pragma unroll
    for (int u = 0; u < Groups; ++u) {
      float value[2];
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        const float i = sigmoid_approx(sum[u][0][row]), f = sigmoid_approx(sum[u][0][2 + row]);
        const float z = tanh_approx(sum[u][1][row]), o = sigmoid_approx(sum[u][1][2 + row]);
        c[u][row] = f * c[u][row] + i * z;
        value[row] = o * tanh_approx(c[u][row]);
      }
      stmatrix_trans(h_target[u] + next, pack_bf16(value[0], value[1]));
    }
    __syncthreads();
#pragma unroll
    for (int u = 0; u < Groups; ++u)
      if (t + 1 < T) ldmatrix_x4_trans(wx[u], x_rows[u] + (t + 1) % Stages * kStageBytes);
  }
  if (stores) *reinterpret_cast<int4*>(target) = *reinterpret_cast<const int4*>(&h[T & 1][out_row][out_at]);
}

template <int D, int Groups, int Stages>
void measure(int N, int B) {
  const Problem p(B, N, D);
  const double ms = milliseconds([&] {
    lstm_block<D, Groups, Stages><<<dim3(N, B / 8), D / 8 / Groups * 32>>>(p.Wx, p.R, p.b, p.h, Problem::kT, N);
  });
  std::printf("%2d x %-3d B %3d  units a warp %2d  stages %d  %.3f ms  error %.1e\n", N, D, B, 8 * Groups, Stages, ms,
              p.error());
}

int main() {
  measure<16, 1, 4>(48, 16);
  measure<16, 1, 8>(48, 16);
  measure<32, 1, 8>(24, 16);
  measure<64, 1, 8>(12, 16);
  measure<64, 2, 8>(12, 16);
  measure<64, 2, 8>(12, 256);
  measure<128, 1, 8>(6, 16);
  measure<128, 2, 8>(6, 16);
}

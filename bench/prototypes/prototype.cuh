// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cuda_bf16.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

/// What the prototypes share. Layouts are the library's: Wx [B, T, 4, N, D], R [4, N, D, D], b [4, N, D], h [B, T, N,
/// D].
using bf16 = __nv_bfloat16;

inline void check(cudaError_t error) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "%s\n", cudaGetErrorString(error));
  std::exit(1);
}

__device__ __forceinline__ unsigned shared_address(const void* p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
__device__ __forceinline__ float tanh_approx(float x) {
  float y;
  asm("tanh.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float sigmoid_approx(float x) { return fmaf(tanh_approx(0.5F * x), 0.5F, 0.5F); }

/// c += a b: a is 16 gate rows x 16 k, b 16 k x 8 batch rows.
__device__ __forceinline__ void mma(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
__device__ __forceinline__ void ldmatrix_x4(unsigned (&r)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
__device__ __forceinline__ void ldmatrix_x2(unsigned& r0, unsigned& r1, unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r0), "=r"(r1)
               : "r"(address)
               : "memory");
}
__device__ __forceinline__ void ldmatrix_x4_trans(unsigned (&r)[4], unsigned address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(address)
               : "memory");
}
__device__ __forceinline__ void stmatrix_trans(unsigned address, unsigned r) {
  asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(address), "r"(r) : "memory");
}
__device__ __forceinline__ void copy_async_16(unsigned to, const void* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(from) : "memory");
}
__device__ __forceinline__ void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int kPending>
__device__ __forceinline__ void wait_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}
__device__ __forceinline__ float low_bf16(unsigned pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float high_bf16(unsigned pair) { return __uint_as_float(pair & 0xFFFF0000U); }
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  unsigned r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}

/// The fragment of R that a lane holds for 16 x 16: rows 0 to 7 are gate 2 `tile`, rows 8 to 15 gate 2 `tile` + 1, of
/// the eight units from `unit` on.
__device__ __forceinline__ void load_fragment(unsigned (&a)[4], const bf16* R, int N, int D, int head, int unit,
                                              int tile, int k) {
  const int lane = threadIdx.x % 32;
  for (int q = 0; q < 4; ++q) {
    const int gate = tile * 2 + (q & 1);
    const int column = k + lane % 4 * 2 + (q >> 1) * 8;
    const std::size_t row = (std::size_t{1} * gate * N + head) * D + unit + lane / 4;
    a[q] = *reinterpret_cast<const unsigned*>(R + row * D + column);
  }
}

/// One thread a unit, fp32 products of the rounded h.
__global__ void reference(const bf16* Wx, const bf16* R, const float* b, float* out, int T, int N, int D, int steps) {
  extern __shared__ float h[];
  const int n = blockIdx.x, row = blockIdx.y, unit = threadIdx.x;
  float c = 0;
  h[unit] = 0;
  __syncthreads();
  for (int t = 0; t < steps; ++t) {
    float gate[4];
    for (int g = 0; g < 4; ++g) {
      float sum = b[(g * N + n) * D + unit] +
                  __bfloat162float(Wx[(((std::size_t{1} * row * T + t) * 4 + g) * N + n) * D + unit]);
      const bf16* r = R + ((std::size_t{1} * g * N + n) * D + unit) * D;
      for (int k = 0; k < D; ++k) sum += __bfloat162float(r[k]) * h[k];
      gate[g] = sum;
    }
    const auto sigmoid = [](float x) { return 1 / (1 + expf(-x)); };
    c = sigmoid(gate[1]) * c + sigmoid(gate[0]) * tanhf(gate[2]);
    const float next = __bfloat162float(__float2bfloat16(sigmoid(gate[3]) * tanhf(c)));
    __syncthreads();
    h[unit] = next;
    __syncthreads();
    out[((std::size_t{1} * row * steps + t) * N + n) * D + unit] = next;
  }
}

/// Device memory for one problem with random inputs.
struct Problem {
  static constexpr int kT = 1024, kSteps = 48;  // compared
  int B, N, D;
  bf16 *Wx = nullptr, *R = nullptr, *h = nullptr;
  float* b = nullptr;
  std::vector<float> expected;

  Problem(int batch, int heads, int head_dim) : B(batch), N(heads), D(head_dim) {
    unsigned state = 1;
    const auto random = [&] {
      state = state * 1664525U + 1013904223U;
      return (static_cast<float>(state >> 8) / 16777216.F - 0.5F) * 2;
    };
    const auto upload = [&](bf16** to, std::size_t count, float scale) {
      std::vector<bf16> values(count);
      for (bf16& v : values) v = __float2bfloat16(random() * scale);
      check(cudaMalloc(to, count * sizeof(bf16)));
      check(cudaMemcpy(*to, values.data(), count * sizeof(bf16), cudaMemcpyHostToDevice));
    };
    const std::size_t units = std::size_t{1} * N * D;
    upload(&Wx, std::size_t{1} * B * kT * 4 * units, 1);
    upload(&R, 4 * units * D, 1.7F / std::sqrt(static_cast<float>(D)));
    check(cudaMalloc(&h, std::size_t{1} * B * kT * units * sizeof(bf16)));
    std::vector<float> bias(4 * units);
    for (float& v : bias) v = random();
    check(cudaMalloc(&b, bias.size() * 4));
    check(cudaMemcpy(b, bias.data(), bias.size() * 4, cudaMemcpyHostToDevice));
    float* out = nullptr;
    expected.resize(std::size_t{1} * B * kSteps * units);
    check(cudaMalloc(&out, expected.size() * 4));
    reference<<<dim3(N, B), D, D * 4>>>(Wx, R, b, out, kT, N, D, kSteps);
    check(cudaMemcpy(expected.data(), out, expected.size() * 4, cudaMemcpyDeviceToHost));
    check(cudaFree(out));
  }
  Problem(const Problem&) = delete;
  ~Problem() {
    for (void* p : {static_cast<void*>(Wx), static_cast<void*>(R), static_cast<void*>(h), static_cast<void*>(b)})
      cudaFree(p);
  }

  [[nodiscard]] double error() const {
    const std::size_t units = std::size_t{1} * N * D;
    std::vector<bf16> got(std::size_t{1} * B * kT * units);
    check(cudaMemcpy(got.data(), h, got.size() * sizeof(bf16), cudaMemcpyDeviceToHost));
    double difference = 0, size = 0;
    for (std::size_t row = 0; row < static_cast<std::size_t>(B); ++row) {
      for (std::size_t i = 0; i < kSteps * units; ++i) {
        const double x = expected[row * kSteps * units + i];
        const double y = __bfloat162float(got[row * kT * units + i]);
        difference += (x - y) * (x - y);
        size += x * x;
      }
    }
    return std::sqrt(difference / size);
  }
};

/// Median of 15 calls in ms.
template <typename Launch>
double milliseconds(Launch launch) {
  cudaEvent_t start, end;
  check(cudaEventCreate(&start));
  check(cudaEventCreate(&end));
  std::vector<float> all;
  for (int i = 0; i < 15; ++i) {
    check(cudaEventRecord(start));
    launch();
    check(cudaEventRecord(end));
    check(cudaEventSynchronize(end));
    float ms = 0;
    check(cudaEventElapsedTime(&ms, start, end));
    all.push_back(ms);
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

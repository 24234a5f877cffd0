// SPDX-License-Identifier: Apache-2.0
// Measures figures of hw_db/devices/nvidia that no document states. Build and run on the device:
//   nvcc -O3 -std=c++17 -arch=native nvidia_probe.cu -o nvidia_probe && ./nvidia_probe
// Prints one JSON object; rates are per multiprocessor and clock, times medians.
#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  std::fprintf(stderr, "nvidia_probe: %s\n", cudaGetErrorString(status));
  std::exit(1);
}

__global__ void barriers(long long* clocks, int rounds) {
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) __syncthreads();
  if (threadIdx.x == 0) *clocks = clock64() - start;
}

__global__ void nothing() {}

/// Eight independent accumulators a warp: enough to hide one instruction's latency with four warps or more.
struct MmaBf16 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 16;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};
struct MmaF16 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 16;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};
struct MmaTf32 {
  static constexpr double kFlops = 2.0 * 16 * 8 * 8;
  __device__ static void run(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

template <class Mma>
__global__ void products(long long* clocks, float* out, int rounds) {
  float c[8][4] = {};
  const std::uint32_t a[4] = {threadIdx.x, threadIdx.x + 1, threadIdx.x + 2, threadIdx.x + 3};
  const std::uint32_t b[2] = {threadIdx.x + 4, threadIdx.x + 5};
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i)
    for (int j = 0; j < 8; ++j) Mma::run(c[j], a, b);
  __syncthreads();
  if (threadIdx.x == 0) clocks[blockIdx.x] = clock64() - start;
  float sum = 0;
  for (int j = 0; j < 8; ++j)
    for (float x : c[j]) sum += x;
  if (sum == 1.2345F) *out = sum;
}

/// One warp, one accumulator: the latency of a dependent product.
template <class Mma>
__global__ void chain(long long* clocks, float* out, int rounds) {
  float c[4] = {};
  const std::uint32_t a[4] = {threadIdx.x, threadIdx.x + 1, threadIdx.x + 2, threadIdx.x + 3};
  const std::uint32_t b[2] = {threadIdx.x + 4, threadIdx.x + 5};
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) Mma::run(c, a, b);
  if (threadIdx.x == 0) *clocks = clock64() - start;
  if (c[0] == 1.2345F) *out = c[0];
}

enum class Special { kExp2, kTanh };
template <Special kWhich>
__global__ void specials(long long* clocks, float* out, int rounds) {
  float x[8];
  for (int j = 0; j < 8; ++j) x[j] = 0.001F * static_cast<float>(threadIdx.x + j);
  __syncthreads();
  const long long start = clock64();
  for (int i = 0; i < rounds; ++i) {
    for (float& v : x) {
      if constexpr (kWhich == Special::kExp2) asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(v));
      if constexpr (kWhich == Special::kTanh) asm volatile("tanh.approx.f32 %0, %0;" : "+f"(v));
    }
  }
  __syncthreads();
  if (threadIdx.x == 0) clocks[blockIdx.x] = clock64() - start;
  float sum = 0;
  for (float v : x) sum += v;
  if (sum == 1.2345F) *out = sum;
}

__global__ void global_reads(const float4* from, std::size_t count, float* out, int rounds) {
  float s = 0;
  const std::size_t step = std::size_t{gridDim.x} * blockDim.x;
  for (int i = 0; i < rounds; ++i) {
    for (std::size_t k = blockIdx.x * blockDim.x + threadIdx.x; k < count; k += 4 * step) {
      float4 v[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) v[j] = k + j * step < count ? __ldcg(from + k + j * step) : float4{};
#pragma unroll
      for (int j = 0; j < 4; ++j) s += v[j].x + v[j].w;
    }
  }
  if (s == 1.2345F) *out = s;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

class Probe {
 public:
  Probe() {
    check(cudaGetDeviceProperties(&properties_, 0));
    check(cudaMallocManaged(&clocks_, 4096 * sizeof(long long)));
    check(cudaMalloc(&out_, 64));
    int khz = 0;
    check(cudaDeviceGetAttribute(&khz, cudaDevAttrClockRate, 0));
    ghz_ = khz * 1e-6;
  }

  /// Clocks that `launch` reports, the median over blocks and repeats.
  template <class Launch>
  double clocks(int blocks, Launch launch) {
    std::vector<double> all;
    for (int repeat = 0; repeat < 7; ++repeat) {
      launch();
      check(cudaGetLastError());
      check(cudaDeviceSynchronize());
      if (repeat < 2) continue;
      for (int b = 0; b < blocks; ++b) all.push_back(static_cast<double>(clocks_[b]));
    }
    return median(all);
  }

  template <class Mma>
  double product_rate() {
    double best = 0;
    for (const int warps : {4, 8, 16}) {
      const int rounds = 512;
      const int blocks = properties_.multiProcessorCount;
      const double taken = clocks(blocks, [&] { products<Mma><<<blocks, warps * 32>>>(clocks_, out_, rounds); });
      best = std::max(best, Mma::kFlops * 8 * rounds * warps / taken);
    }
    return best;
  }

  template <Special kWhich>
  double special_rate() {
    const int rounds = 256;
    const int blocks = properties_.multiProcessorCount;
    return 8.0 * rounds * 1024 / clocks(blocks, [&] { specials<kWhich><<<blocks, 1024>>>(clocks_, out_, rounds); });
  }

  /// Microseconds a launch, of many that follow one another.
  double launch_us(bool graph) {
    cudaStream_t stream;
    check(cudaStreamCreate(&stream));
    cudaGraphExec_t run = nullptr;
    constexpr int kLaunches = 1000;
    if (graph) {
      cudaGraph_t recorded;
      check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
      for (int i = 0; i < kLaunches; ++i) nothing<<<1, 32, 0, stream>>>();
      check(cudaStreamEndCapture(stream, &recorded));
      check(cudaGraphInstantiate(&run, recorded, 0));
    }
    cudaEvent_t start, end;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    std::vector<double> all;
    for (int repeat = 0; repeat < 9; ++repeat) {
      check(cudaEventRecord(start, stream));
      if (graph) {
        check(cudaGraphLaunch(run, stream));
      } else {
        for (int i = 0; i < kLaunches; ++i) nothing<<<1, 32, 0, stream>>>();
      }
      check(cudaEventRecord(end, stream));
      check(cudaEventSynchronize(end));
      float ms = 0;
      check(cudaEventElapsedTime(&ms, start, end));
      if (repeat >= 2) all.push_back(1e3 * ms / kLaunches);
    }
    return median(all);
  }

  double read_gb_per_s(std::size_t bytes) {
    float4* memory = nullptr;
    check(cudaMalloc(&memory, bytes));
    check(cudaMemset(memory, 0, bytes));
    cudaEvent_t start, end;
    check(cudaEventCreate(&start));
    check(cudaEventCreate(&end));
    const int rounds = std::max<int>(1, static_cast<int>((std::size_t{4} << 30) / bytes));
    std::vector<double> all;
    for (int repeat = 0; repeat < 7; ++repeat) {
      check(cudaEventRecord(start));
      global_reads<<<properties_.multiProcessorCount * 2, 1024>>>(memory, bytes / 16, out_, rounds);
      check(cudaEventRecord(end));
      check(cudaEventSynchronize(end));
      float ms = 0;
      check(cudaEventElapsedTime(&ms, start, end));
      if (repeat >= 2) all.push_back(static_cast<double>(bytes) * rounds / (1e6 * ms));
    }
    check(cudaFree(memory));
    return median(all);
  }

  void run() {
    std::printf("{\"device\": \"%s\", \"clock_mhz\": %.0f, \"compute_units\": %d, \"l2_bytes\": %d,\n",
                properties_.name, 1e3 * ghz_, properties_.multiProcessorCount, properties_.l2CacheSize);
    std::printf(" \"shared_bytes_per_block_max\": %zu, \"shared_bytes_per_compute_unit\": %zu, \"reserved\": %zu,\n",
                properties_.sharedMemPerBlockOptin, properties_.sharedMemPerMultiprocessor,
                properties_.reservedSharedMemPerBlock);
    for (const int threads : {64, 128, 256, 512, 1024}) {
      const double taken = clocks(1, [&] { barriers<<<1, threads>>>(clocks_, 4096); });
      std::printf(" \"block_barrier_ns_%d_threads\": %.2f,\n", threads, taken / 4096 / ghz_);
    }
    std::printf(" \"mma_bf16_flops_per_clock\": %.0f, \"mma_f16_flops_per_clock\": %.0f, ", product_rate<MmaBf16>(),
                product_rate<MmaF16>());
    std::printf("\"mma_tf32_flops_per_clock\": %.0f,\n", product_rate<MmaTf32>());
    std::printf(" \"mma_bf16_latency_clocks\": %.1f, ",
                clocks(1, [&] { chain<MmaBf16><<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    std::printf("\"mma_tf32_latency_clocks\": %.1f,\n",
                clocks(1, [&] { chain<MmaTf32><<<1, 32>>>(clocks_, out_, 4096); }) / 4096);
    std::printf(" \"exp2_per_clock\": %.2f, \"tanh_per_clock\": %.2f,\n", special_rate<Special::kExp2>(),
                special_rate<Special::kTanh>());
    std::printf(" \"launch_us\": %.2f, \"graph_node_us\": %.2f,\n", launch_us(false), launch_us(true));
    std::printf(" \"memory_gb_per_s\": %.0f}\n", read_gb_per_s(std::size_t{1} << 30));
  }

 private:
  cudaDeviceProp properties_;
  long long* clocks_ = nullptr;
  float* out_ = nullptr;
  double ghz_ = 0;
};

}  // namespace

int main() { Probe().run(); }
